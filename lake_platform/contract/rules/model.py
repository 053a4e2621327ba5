"""A parsed DQDL rule. `str` of a rule is its canonical text: equal rules have equal texts, and Deequ's parser reads it."""

from dataclasses import dataclass
from typing import Literal

Operator = Literal["=", "!=", "<", "<=", ">", ">=", "between", "not between", "in", "not in", "matches", "not matches"]
ValueKind = Literal["string", "number", "keyword", "now", "duration"]
KEYWORDS = ("NULL", "EMPTY", "WHITESPACES_ONLY")


@dataclass(frozen=True)
class Value:
    """One value as it is meant, without quotes.

    A keyword is NULL, EMPTY or WHITESPACES_ONLY. `now` is `now()` and days to add, as text. A duration is `24 hours`.
    """

    text: str
    kind: ValueKind

    def __str__(self) -> str:
        if self.kind == "now":
            days = int(self.text)
            return "now()" if not days else f"(now() {'-' if days < 0 else '+'} {abs(days)} days)"
        return quoted(self.text, escape_backslash=True) if self.kind == "string" else self.text


@dataclass(frozen=True)
class Condition:
    """`in ["A","I"]`: an operator and its values."""

    operator: Operator
    values: tuple[Value, ...]

    def __str__(self) -> str:
        if self.operator.endswith("in"):
            return f"{self.operator} [{','.join(str(value) for value in self.values)}]"
        if self.operator.endswith("matches"):
            return f"{self.operator} {quoted(self.values[0].text)}"
        return f"{self.operator} {' and '.join(str(value) for value in self.values)}"


@dataclass(frozen=True)
class Simple:
    """One rule: its type, its columns, its condition, and the SQL condition of the rows that it is about."""

    kind: str
    columns: tuple[str, ...]
    condition: Condition | None = None
    where: str | None = None

    def __str__(self) -> str:
        parts = [self.kind, *(quoted(name) for name in self.columns)]
        parts += [str(self.condition)] if self.condition else []
        parts += [f"where {quoted(self.where)}"] if self.where is not None else []
        return " ".join(parts)


@dataclass(frozen=True)
class Composite:
    """`(rule) AND (rule)`, `(rule) OR (rule)`."""

    operator: Literal["and", "or"]
    parts: tuple["Rule", ...]

    def __str__(self) -> str:
        return f" {self.operator.upper()} ".join(f"({part})" for part in self.parts)


Rule = Simple | Composite


def quoted(text: str, *, escape_backslash: bool = False) -> str:
    """A text in DQDL's quotes. A backslash stands for itself in patterns and conditions, and is doubled in values."""
    escaped = text.replace("\\", "\\\\") if escape_backslash else text
    return '"' + escaped.replace('"', '\\"') + '"'


def simple_rules(rule: Rule) -> list[Simple]:
    """The simple rules that a rule is made of."""
    if isinstance(rule, Simple):
        return [rule]
    return [simple for part in rule.parts for simple in simple_rules(part)]
