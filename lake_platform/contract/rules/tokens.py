"""A text to tokens, and a reader that walks over them: for DQDL and for SQL conditions."""

import re
from dataclasses import dataclass

from lake_platform.errors import RuleSyntaxError


@dataclass(frozen=True)
class Token:
    """A piece of the text; `kind` is the name of the group of the pattern that took it."""

    kind: str
    text: str


END = Token("end", "")


def tokenize(text: str, pattern: re.Pattern[str], hint: str) -> list[Token]:
    """Raises `RuleSyntaxError` at the first character that no group of the pattern takes."""
    found: list[Token] = []
    at = 0
    while text[at:].strip():
        match = pattern.match(text, at)
        if match is None:
            raise RuleSyntaxError(f"{text[at:].strip()!r} cannot be read", hint)
        kind = match.lastgroup or ""
        found.append(Token(kind, match[kind]))
        at = match.end()
    return found


class TokenReader:
    """One token after the other, with the words that the grammar looks for."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def next(self) -> Token:
        """The token that `take` would return."""
        return self._tokens[self._at] if self._at < len(self._tokens) else END

    def take(self, what: str) -> Token:
        """Raises `RuleSyntaxError` at the end of the text: `what` is missing there."""
        token = self.next
        if token is END:
            raise RuleSyntaxError(f"the text ends where {what} should stand")
        self._at += 1
        return token

    def accept(self, *texts: str) -> str | None:
        """Takes the next token if it is one of these words or signs."""
        if self.next.kind != "string" and self.next.text in texts:
            return self.take(texts[0]).text
        return None

    def expect(self, text: str) -> None:
        """Raises `RuleSyntaxError` if the next token is another one."""
        if self.accept(text) is None:
            before = f" before {self.next.text!r}" if self.next is not END else " at the end"
            raise RuleSyntaxError(f"{text!r} is missing{before}")

    def end(self) -> None:
        """Raises `RuleSyntaxError` if there is more."""
        if self.next is not END:
            rest = " ".join(token.text for token in self._tokens[self._at :])
            raise RuleSyntaxError(f"{rest!r} is left over at the end")
