"""Redshift's SQL as tokens, and tokens as text that PostgreSQL reads in exactly the same way.

Strings are decoded as Redshift does (a backslash escapes) and written again in standard form, quoted names are folded to
lower case, comments are dropped: whatever follows, both parsers agree on where a string, a name or a comment ends.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from lake_platform.local.redshift.refusal import NotSupportedError, RedshiftError

Kind = Literal["word", "name", "string", "number", "parameter", "sign"]
LONGEST_NAME = 63
"""Bytes of an identifier in PostgreSQL; Redshift takes 127."""
OPERATORS = ("::", "<=", ">=", "<>", "!=", "||", "!~", "<<", ">>", *"+-*/%^=<>~.,();&|#:[]")
_SIGNS = "|".join(re.escape(each).replace(r"\#", "[#]") for each in OPERATORS)
_LEXEMES = re.compile(
    r"""(?P<gap>\s+|--[^\n]*)
    |(?P<comment>/\*)
    |(?P<prefixed>(?:[uU]&|[eEbBxXnN])['"])
    |(?P<string>'(?:[^'\\]|''|\\.)*')
    |(?P<dollar>\$(?:[A-Za-z_]\w*)?\$)
    |(?P<name>"(?:[^"]|"")*")
    |(?P<parameter>\$\d+)
    |(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w]))
    |(?P<word>[A-Za-z_\x80-\U0010ffff][\w$]*)
    |(?P<sign>"""
    + _SIGNS
    + ")",
    re.S | re.X,
)
_ESCAPE = re.compile(r"''|\\([0-7]{1,3})|\\(.)", re.S)
_CONTROL = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True)
class Token:
    """One token.

    Attributes:
        kind: what it is.
        text: its meaning: a string without quotes, a name as it is stored, a word as it was written.
        spaced: whether white space or a comment stood before it.
    """

    kind: Kind
    text: str
    spaced: bool = True

    @property
    def word(self) -> str:
        """The keyword in upper case; a sign as it is; nothing for other kinds."""
        return self.text.upper() if self.kind in ("word", "sign") else ""

    @property
    def identifier(self) -> str:
        """The name as the catalog stores it."""
        return _folded(self.text) if self.kind in ("word", "name") else ""

    def __str__(self) -> str:
        if self.kind == "string":
            return "'" + self.text.replace("'", "''") + "'"
        if self.kind == "name":
            return '"' + self.text.replace('"', '""') + '"'
        return self.text


def tokenize(sql: str) -> list[Token]:
    """The tokens of a text; a text that cannot be read raises a syntax error."""
    tokens: list[Token] = []
    position, spaced = 0, False
    while position < len(sql):
        match = _LEXEMES.match(sql, position)
        if match is None:
            raise NotSupportedError(f'"{sql[position]}" is not supported at position {position + 1}')
        position = match.end()
        if match.lastgroup == "comment":
            position, spaced = _after_comment(sql, position), True
        elif match.lastgroup == "gap":
            spaced = True
        else:
            tokens.append(_token(match, spaced))
            spaced = False
    return tokens


def render(tokens: Iterable[Token]) -> str:
    """The text of tokens."""
    written = ""
    parts: list[str] = []
    for token in tokens:
        before, written = written[-1:], str(token)
        # Tokens that a rewriting brought together must not grow into one.
        apart = token.spaced or (_is_wordy(before) and _is_wordy(written[:1]))
        parts.append(" " + written if apart and parts else written)
    return "".join(parts)


def raw(text: str) -> Token:
    """A piece of finished PostgreSQL text as a token."""
    return Token("sign", text)


def closing(tokens: Sequence[Token], opening: int) -> int:
    """The index of the parenthesis that closes the one at an index."""
    depth = 0
    for index in range(opening, len(tokens)):
        sign = tokens[index].text if tokens[index].kind == "sign" else ""
        depth += (sign == "(") - (sign == ")")
        if depth == 0:
            return index
    raise RedshiftError("syntax error at end of input")


def split_at(tokens: Sequence[Token], sign: str) -> list[list[Token]]:
    """The parts of a token list between signs outside parentheses."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        text = token.text if token.kind == "sign" else ""
        depth += (text == "(") - (text == ")")
        if text == sign and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


class Reader:
    """Tokens read one after another."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._position = 0

    @property
    def word(self) -> str:
        """The next token as an upper-case keyword or sign; empty at the end."""
        return self._tokens[self._position].word if not self.done else ""

    @property
    def done(self) -> bool:
        return self._position >= len(self._tokens)

    def ahead(self, count: int) -> str:
        """The keyword that many tokens ahead."""
        index = self._position + count
        return self._tokens[index].word if index < len(self._tokens) else ""

    def take(self) -> Token:
        """The next token."""
        if self.done:
            raise RedshiftError("syntax error at end of input")
        self._position += 1
        return self._tokens[self._position - 1]

    def accept(self, *words: str) -> bool:
        """Take these keywords if they come next, all of them or none."""
        if all(self.ahead(index) == word for index, word in enumerate(words)):
            self._position += len(words)
            return True
        return False

    def expect(self, *words: str) -> None:
        """Take these keywords; anything else is a syntax error."""
        for word in words:
            if not self.accept(word):
                raise self.unexpected()

    def name(self) -> str:
        """Take one identifier, written for PostgreSQL."""
        token = self.take()
        if token.kind not in ("word", "name"):
            self._position -= 1
            raise self.unexpected()
        return quoted(token.identifier)

    def qualified(self) -> str:
        """Take a name with up to two qualifiers, written for PostgreSQL."""
        parts = [self.name()]
        while self.accept("."):
            parts.append(self.name())
        if len(parts) == 3:
            if parts[0] != '"dev"':
                raise NotSupportedError(
                    f"cross-database reference to {parts[0]}: the local endpoint has one database, dev"
                )
            parts = parts[1:]
        if len(parts) > 3:
            raise RedshiftError(f"improper qualified name (too many dotted names): {'.'.join(parts)}")
        return ".".join(parts)

    def group(self) -> list[Token]:
        """Take what stands in parentheses, without them."""
        if self.word != "(":
            raise self.unexpected()
        end = closing(self._tokens, self._position)
        inside = self._tokens[self._position + 1 : end]
        self._position = end + 1
        return list(inside)

    def rest(self) -> list[Token]:
        """Take everything that is left."""
        left = self._tokens[self._position :]
        self._position = len(self._tokens)
        return list(left)

    def end(self) -> None:
        """Nothing may follow."""
        if not self.done:
            raise self.unexpected()

    def unexpected(self) -> RedshiftError:
        """The error for the next token."""
        if self.done:
            return RedshiftError("syntax error at end of input")
        return NotSupportedError(f'"{self._tokens[self._position].text}" is not supported at this place')


def quoted(identifier: str) -> str:
    """An identifier as PostgreSQL reads it back unchanged."""
    return '"' + identifier.replace('"', '""') + '"'


def _token(match: re.Match[str], spaced: bool) -> Token:
    text = match.group()
    if match.lastgroup == "string":
        return Token("string", _ESCAPE.sub(_decoded, text[1:-1]), spaced)
    if match.lastgroup in ("word", "name"):
        name = text if match.lastgroup == "word" else _folded(text[1:-1].replace('""', '"'))
        if len(name.encode()) > LONGEST_NAME:
            raise NotSupportedError(f'identifier "{name}" is too long: the local endpoint takes {LONGEST_NAME} bytes')
        return Token("word" if match.lastgroup == "word" else "name", name, spaced)
    if match.lastgroup == "number":
        return Token("number", text, spaced)
    if match.lastgroup == "parameter":
        return Token("parameter", text, spaced)
    if match.lastgroup == "sign":
        return Token("sign", text, spaced)
    raise NotSupportedError(
        f"string or name that begins with {text} is not supported: write it as a plain '…' or \"…\""
    )


def _decoded(match: re.Match[str]) -> str:
    octal, letter = match.groups()
    if octal is not None:
        return chr(int(octal, 8) & 0xFF)
    return "'" if letter is None else _CONTROL.get(letter, letter)


def _is_wordy(letter: str) -> bool:
    return letter.isalnum() or (letter != "" and letter in "_$'\"")


def _folded(name: str) -> str:
    return "".join(letter.lower() if letter.isascii() else letter for letter in name)


def _after_comment(sql: str, position: int) -> int:
    depth = 1
    for match in re.compile(r"/\*|\*/").finditer(sql, position):
        depth += 1 if match.group() == "/*" else -1
        if depth == 0:
            return match.end()
    raise RedshiftError("unterminated /* comment")
