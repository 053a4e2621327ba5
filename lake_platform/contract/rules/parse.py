"""DQDL text to a rule: the subset that Deequ 2.1 evaluates rightly."""

import re
from dataclasses import dataclass
from typing import cast

from lake_platform.contract.rules.model import (
    BATCH_RULES,
    REFUSED_RULES,
    ROW_RULES,
    Composite,
    Condition,
    Operator,
    Rule,
    RuleSyntaxError,
    Simple,
    Value,
)

TOKEN = re.compile(
    r'\s*(?:(?P<string>"(?:[^"\\]|\\.)*")|(?P<number>-?\d+(?:\.\d+)?)|(?P<operator>!=|<=|>=|=|<|>)'
    r"|(?P<punctuation>[()\[\],])|(?P<word>[A-Za-z_]\w*))"
)
KEYWORDS = ("NULL", "EMPTY", "WHITESPACES_ONLY")


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


def parse_rule(text: str) -> Rule:
    """One rule.

    Raises:
        RuleSyntaxError: it is no DQDL, or of a type that is not supported.
    """
    reader = _Reader(text)
    rule = reader.rule()
    reader.end()
    return rule


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._at = 0

    def rule(self) -> Rule:
        start = self._at
        parts = [self._part()]
        operators: list[str] = []
        while self._word() in ("and", "or"):
            operators.append(self._next().text.lower())
            parts.append(self._part())
        if not operators:
            return parts[0]
        if len(set(operators)) > 1:
            raise RuleSyntaxError("and and or stand side by side; put parentheses around one of them")
        return Composite("and" if operators[0] == "and" else "or", tuple(parts), self._since(start))

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise RuleSyntaxError(
                f"{self._since(self._at)!r} is left over after the rule; column names and strings stand in double quotes"
            )

    def _part(self) -> Rule:
        if self._peek("("):
            self._next()
            rule = self.rule()
            self._expect(")")
            return rule
        return self._simple()

    def _simple(self) -> Simple:
        start = self._at
        kind = self._next().text if self._word() else ""
        if kind in REFUSED_RULES:
            raise RuleSyntaxError(f"the rule type {kind} is not supported: {REFUSED_RULES[kind]}")
        if kind not in ROW_RULES and kind not in BATCH_RULES:
            known = ", ".join((*ROW_RULES, *BATCH_RULES))
            raise RuleSyntaxError(f"{kind or self._since(start)!r} is no supported rule type; there are: {known}")
        columns: list[str] = []
        while self._kind() == "string":
            columns.append(_unquote(self._next().text))
        condition = self._condition()
        where = self._where()
        if self._word() == "with":
            raise RuleSyntaxError("`with threshold` is not supported: Deequ ignores it for most rules")
        return Simple(kind, tuple(columns), condition, where, self._since(start))

    def _condition(self) -> Condition | None:
        if self._kind() == "operator":
            return Condition(cast("Operator", self._next().text), (self._value(),))
        negated = self._word() == "not"
        if negated:
            self._next()
        word = self._word()
        if word not in ("in", "between", "matches"):
            if negated:
                raise RuleSyntaxError("after not comes in, between or matches")
            return None
        self._next()
        operator = cast("Operator", f"not {word}" if negated else word)
        return Condition(operator, self._values(word))

    def _values(self, word: str) -> tuple[Value, ...]:
        if word == "matches":
            return (self._value(),)
        if word == "between":
            low = self._value()
            if self._word() != "and":
                raise RuleSyntaxError("between takes two values with and between them")
            self._next()
            return (low, self._value())
        self._expect("[")
        values = [self._value()]
        while self._peek(","):
            self._next()
            values.append(self._value())
        self._expect("]")
        return tuple(values)

    def _where(self) -> str | None:
        if self._word() != "where":
            return None
        self._next()
        if self._kind() != "string":
            raise RuleSyntaxError('where takes its condition in quotes: where "amount > 0"')
        return _unquote(self._next().text)

    def _value(self) -> Value:
        if self._at >= len(self._tokens):
            raise RuleSyntaxError("a value is missing at the end")
        token = self._next()
        if token.kind == "string":
            return Value(_unquote(token.text), "string")
        if token.kind == "number":
            return Value(token.text, "number")
        if token.text in KEYWORDS:
            return Value(token.text, "keyword")
        raise RuleSyntaxError(f"{token.text!r} is no value; strings stand in double quotes")

    def _next(self) -> _Token:
        if self._at >= len(self._tokens):
            raise RuleSyntaxError("the rule ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _expect(self, text: str) -> None:
        if not self._peek(text):
            raise RuleSyntaxError(
                f"{text!r} is missing" + (f" before {self._since(self._at)!r}" if self._kind() else "")
            )
        self._next()

    def _peek(self, text: str) -> bool:
        return self._at < len(self._tokens) and self._tokens[self._at].text == text

    def _kind(self) -> str:
        return self._tokens[self._at].kind if self._at < len(self._tokens) else ""

    def _word(self) -> str:
        if self._kind() != "word":
            return ""
        text = self._tokens[self._at].text
        return (
            text.lower() if text.lower() in ("and", "or", "not", "in", "between", "matches", "where", "with") else text
        )

    def _since(self, start: int) -> str:
        if start >= len(self._tokens):
            return ""
        last = max(start, self._at - 1) if self._at > start else len(self._tokens) - 1
        return self._text[self._tokens[start].start : self._tokens[last].end]


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    while text[at:].strip():
        match = TOKEN.match(text, at)
        if match is None:
            raise RuleSyntaxError(
                f"{text[at:].strip()!r} cannot be read; column names and strings stand in double quotes"
            )
        kind = match.lastgroup or ""
        found.append(_Token(kind, match[kind], match.start(kind), match.end(kind)))
        at = match.end()
    return found


def _unquote(text: str) -> str:
    return text[1:-1].replace('\\"', '"')
