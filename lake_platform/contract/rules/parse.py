"""DQDL text to a rule, for the rule types that are supported."""

import re
from dataclasses import dataclass
from typing import Literal, cast

from lake_platform.contract.rules.kinds import OF_DATASETS, Vocabulary
from lake_platform.contract.rules.model import (
    KEYWORDS,
    Composite,
    Condition,
    Operator,
    Rule,
    Simple,
    Value,
)
from lake_platform.contract.rules.tokens import TokenReader, tokenize
from lake_platform.errors import RuleSyntaxError

_TOKEN = re.compile(
    r'\s*(?:(?P<string>"(?:[^"\\]|\\.)*")|(?P<number>-?[0-9]+(?:\.[0-9]+)?(?![\w.]))|(?P<operator>!=|<=|>=|=|<|>)'
    r"|(?P<sign>[()\[\],+-])|(?P<word>[A-Za-z_]\w*))",
    re.DOTALL,
)
_HINT = "column names and texts stand in double quotes, conditions behind the columns"
_UNITS = ("days", "hours", "minutes")
_MAX_DEPTH = 20


def parse_rule(text: str, vocabulary: Vocabulary = OF_DATASETS) -> Rule:
    """One rule, of the types that the vocabulary has.

    Raises:
        RuleSyntaxError: it is no DQDL, or of a type that is not supported.
    """
    reader = TokenReader(tokenize(text, _TOKEN, _HINT))
    rule = _either(reader, vocabulary, 0)
    reader.end()
    return rule


@dataclass(frozen=True)
class _Part:
    """A rule, and whether it stood in parentheses: in a composite all parts must."""

    rule: Rule
    enclosed: bool


def _either(reader: TokenReader, vocabulary: Vocabulary, depth: int) -> Rule:
    """Rules joined by `and` and `or`; `and` binds closer, as in Deequ."""
    groups = [[_part(reader, vocabulary, depth)]]
    while word := reader.accept("and", "AND", "or", "OR"):
        groups += [[]] if word in ("or", "OR") else []
        groups[-1].append(_part(reader, vocabulary, depth))
    parts = [part for group in groups for part in group]
    if len(parts) > 1 and not all(part.enclosed for part in parts):
        raise RuleSyntaxError("rules joined by and, or stand in parentheses", '(IsComplete "a") and (IsComplete "b")')
    return _joined("or", [_joined("and", [part.rule for part in group]) for group in groups])


def _joined(operator: Literal["and", "or"], parts: list[Rule]) -> Rule:
    return parts[0] if len(parts) == 1 else Composite(operator, tuple(parts))


def _part(reader: TokenReader, vocabulary: Vocabulary, depth: int) -> _Part:
    if depth > _MAX_DEPTH:
        raise RuleSyntaxError(f"more than {_MAX_DEPTH} parentheses stand in each other")
    if reader.accept("(") is None:
        return _Part(_simple(reader, vocabulary), enclosed=False)
    rule = _either(reader, vocabulary, depth + 1)
    reader.expect(")")
    return _Part(rule, enclosed=True)


def _simple(reader: TokenReader, vocabulary: Vocabulary) -> Simple:
    kind = _kind(reader, vocabulary)
    columns: list[str] = []
    while reader.next.kind == "string" or (reader.next.kind == "word" and reader.next.text not in _AFTER_COLUMNS):
        token = reader.take("a column")
        columns.append(_unquoted(token.text) if token.kind == "string" else token.text)
    condition = _condition(reader, is_duration=vocabulary.kinds[kind].compared == "duration")
    where = _where(reader)
    if reader.accept("with"):
        raise RuleSyntaxError(
            "`with threshold` is not supported: Deequ ignores it for most rules",
            'use a share of rows: Completeness "x" > 0.9, or quarantine.block_above',
        )
    return Simple(kind, tuple(columns), condition, where)


_AFTER_COLUMNS = ("in", "not", "between", "matches", "where", "with", "and", "or", "AND", "OR", "IN", "NOT", "BETWEEN")


def _kind(reader: TokenReader, vocabulary: Vocabulary) -> str:
    token, kinds = reader.take("a rule type"), vocabulary.kinds
    if token.text in vocabulary.refused:
        raise RuleSyntaxError(f"the rule type {token.text} is not supported: {vocabulary.refused[token.text]}")
    if token.kind != "word" or token.text not in kinds:
        close = next((kind for kind in kinds if kind.lower() == token.text.lower()), None)
        known = f"did you mean {close}?" if close else f"there are: {', '.join(kinds)}"
        raise RuleSyntaxError(f"{token.text!r} is no rule type", known)
    return token.text


def _condition(reader: TokenReader, *, is_duration: bool) -> Condition | None:
    if reader.next.kind == "operator":
        operator = reader.take("an operator").text
        return Condition(cast("Operator", operator), (_value(reader, is_duration=is_duration),))
    if (upper := reader.next.text) in ("IN", "NOT", "BETWEEN", "MATCHES"):
        raise RuleSyntaxError(f"{upper!r} stands in small letters in DQDL: {upper.lower()}")
    negated = reader.accept("not") is not None
    word = reader.accept("in", "between", "matches")
    if word is None:
        if negated:
            raise RuleSyntaxError("after `not` comes in, between or matches")
        return None
    operator = cast("Operator", f"not {word}" if negated else word)
    return Condition(operator, _values(reader, word, is_duration=is_duration))


def _values(reader: TokenReader, word: str, *, is_duration: bool) -> tuple[Value, ...]:
    if word == "matches":
        token = reader.take("a pattern")
        if token.kind != "string":
            raise RuleSyntaxError(f"the pattern {token.text!r} stands in double quotes")
        return (Value(_unquoted(token.text), "string"),)
    if word == "between":
        low = _value(reader, is_duration=is_duration)
        reader.expect("and")
        return (low, _value(reader, is_duration=is_duration))
    reader.expect("[")
    values = [_value(reader, is_duration=is_duration)]
    while reader.accept(","):
        values.append(_value(reader, is_duration=is_duration))
    reader.expect("]")
    return tuple(values)


def _where(reader: TokenReader) -> str | None:
    if reader.accept("where") is None:
        return None
    token = reader.take("a condition")
    if token.kind != "string":
        raise RuleSyntaxError("`where` takes its condition in double quotes", 'where "amount > 0"')
    return _unquoted(token.text)


def _value(reader: TokenReader, *, is_duration: bool) -> Value:
    if reader.next.text in ("now", "("):
        return _now(reader)
    token = reader.take("a value")
    if token.kind == "string":
        return Value(_value_text(token.text), "string")
    if token.kind == "number":
        if not is_duration:
            return Value(token.text, "number")
        unit = reader.take("days, hours or minutes").text
        if unit not in _UNITS:
            raise RuleSyntaxError(f"{unit!r} is no unit of time", f"there are: {', '.join(_UNITS)}")
        return Value(f"{token.text} {unit}", "duration")
    if token.text in KEYWORDS:
        return Value(token.text, "keyword")
    raise RuleSyntaxError(
        f"{token.text!r} is no value", "texts stand in double quotes; there are NULL, EMPTY, WHITESPACES_ONLY and now()"
    )


def _now(reader: TokenReader) -> Value:
    """`now()` or `(now() - 3 days)`."""
    inside = reader.accept("(") is not None
    for text in ("now", "(", ")"):
        reader.expect(text)
    if not inside:
        return Value("0", "now")
    days = 0
    if reader.next.kind == "number" and reader.next.text.startswith("-"):
        days = int(float(reader.take("a number").text))
    elif sign := reader.accept("+", "-"):
        token = reader.take("a number of days")
        if not token.text.isdecimal():
            raise RuleSyntaxError(f"{token.text!r} is no number of days")
        days = int(f"{sign}{token.text}")
    if days and (unit := reader.take("days").text) != "days":
        raise RuleSyntaxError(f"{unit!r} behind now(): ColumnValues compares dates", "use days")
    reader.expect(")")
    return Value(str(days), "now")


def _unquoted(text: str) -> str:
    return text[1:-1].replace('\\"', '"')


def _value_text(text: str) -> str:
    inside = text[1:-1]
    if re.search(r'(?<!\\)(?:\\\\)*\\[^\\"]', inside):
        raise RuleSyntaxError(f"{text} holds a single backslash", "write two for one")
    return re.sub(r'\\([\\"])', r"\1", inside)
