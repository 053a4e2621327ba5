"""SQL conditions on one row, as in `where` and `deletes.when`: a small part of SQL that means the same in Spark and Redshift.

There are columns, texts in single quotes (a quote inside is doubled), numbers, `date '2024-01-01'`, true, false and
null; =, <>, !=, <, <=, >, >=, in, between, like, is null, is true, is false, and, or, not, +, -, *; and the functions of
`FUNCTIONS`. There is no division (Redshift cuts integers, Spark does not), no clock, no other table.
"""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from lake_platform.contract.rules.tokens import TokenReader, tokenize
from lake_platform.contract.types import NUMERIC, ColumnType, Family
from lake_platform.errors import RuleSyntaxError

Types = Mapping[str, ColumnType | None]
"""The types of the columns there are; None where a type is not known because its declaration is faulty."""
Sort = Literal["number", "string", "date", "boolean", "any"]
"""What may be compared with what."""

FUNCTIONS: dict[str, tuple[Sort, Sort]] = {
    "lower": ("string", "string"),
    "upper": ("string", "string"),
    "trim": ("string", "string"),
    "length": ("string", "number"),
    "abs": ("number", "number"),
}
"""Name to what it takes and what it gives."""

_TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:[^']|'')*')|(?P<number>[0-9]+(?:\.[0-9]+)?(?![\w.]))"
    r"|(?P<sign><>|!=|<=|>=|=|<|>|[(),+*-])|(?P<word>[A-Za-z_]\w*))"
)
_HINT = "a condition is written as in SQL, with texts in single quotes: op = 'D'"
_WORDS = ("and", "or", "not", "in", "between", "like", "is", "null", "true", "false", "date")
_COMPARISONS = {"=": "=", "<>": "<>", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


@dataclass(frozen=True)
class Node:
    """A part of a condition. `name` is an operator, a function, or of a leaf its kind; `text` what a leaf says."""

    name: str
    parts: tuple["Node", ...] = ()
    text: str = ""
    sort: Sort = "boolean"

    def columns(self) -> tuple[str, ...]:
        """The columns that are read, each once."""
        if self.name == "column":
            return (self.text,)
        return tuple(dict.fromkeys(name for part in self.parts for name in part.columns()))


def parse_condition(text: str, types: Types) -> Node:
    """The tree of a condition.

    Raises:
        RuleSyntaxError: it cannot be read, names a column that is not there, or compares what cannot be compared.
    """
    return _parse(text, tuple(types.items()))


@cache
def _parse(text: str, types: tuple[tuple[str, ColumnType | None], ...]) -> Node:
    tokens = tokenize(text, _TOKEN, _HINT)
    if not tokens:
        raise RuleSyntaxError("the condition is empty", _HINT)
    parser = _Parser(TokenReader(tokens), dict(types))
    tree = parser.either()
    parser.reader.end()
    if tree.sort not in ("boolean", "any"):
        raise RuleSyntaxError(f"{text!r} is no condition: it is neither true nor false", _HINT)
    return tree


class _Parser:
    def __init__(self, reader: TokenReader, types: Types) -> None:
        self.reader = reader
        self._types = types
        self._depth = 0

    def either(self) -> Node:
        node = self._both()
        while self._word("or"):
            node = Node("or", (self._true_or_false(node), self._true_or_false(self._both())))
        return node

    def _both(self) -> Node:
        node = self._negated()
        while self._word("and"):
            node = Node("and", (self._true_or_false(node), self._true_or_false(self._negated())))
        return node

    def _negated(self) -> Node:
        return Node("not", (self._true_or_false(self._negated()),)) if self._word("not") else self._predicate()

    def _predicate(self) -> Node:
        left = self._sum()
        if self.reader.next.text in _COMPARISONS and self.reader.next.kind == "sign":
            operator = _COMPARISONS[self.reader.take("an operator").text]
            return self._compared(operator, left, self._sum())
        if self._word("is"):
            return self._is(left)
        negated = self._word("not")
        node = self._listed(left)
        if node is None and negated:
            raise RuleSyntaxError("after `not` comes in, between or like")
        return Node("not", (node,)) if node is not None and negated else node or left

    def _listed(self, left: Node) -> Node | None:
        if self._word("between"):
            low = self._sum()
            if not self._word("and"):
                raise RuleSyntaxError("`between` takes two values with `and` between them")
            return self._compared("between", left, low, self._sum())
        if self._word("like"):
            return self._compared("like", self._of("string", left), self._of("string", self._sum()))
        if not self._word("in"):
            return None
        self.reader.expect("(")
        values = [self._sum()]
        while self.reader.accept(","):
            values.append(self._sum())
        self.reader.expect(")")
        return self._compared("in", left, *values)

    def _is(self, left: Node) -> Node:
        negated = self._word("not")
        word = self.reader.take("null, true or false").text.lower()
        if word not in ("null", "true", "false"):
            raise RuleSyntaxError(f"after `is` comes null, true or false, not {word!r}")
        node = Node(f"is {word}", (left if word == "null" else self._true_or_false(left),))
        return Node("not", (node,)) if negated else node

    def _sum(self) -> Node:
        node = self._product()
        while sign := self.reader.accept("+", "-"):
            node = Node(sign, (self._of("number", node), self._of("number", self._product())), sort="number")
        return node

    def _product(self) -> Node:
        node = self._operand()
        while self.reader.accept("*"):
            node = Node("*", (self._of("number", node), self._of("number", self._operand())), sort="number")
        return node

    def _operand(self) -> Node:
        if self.reader.accept("-"):
            return Node("negative", (self._of("number", self._operand()),), sort="number")
        if self.reader.accept("("):
            return self._enclosed()
        token = self.reader.take("a column or a value")
        word = token.text.lower()
        if token.kind == "string":
            return Node("string", text=_unquoted(token.text), sort="string")
        if token.kind == "number":
            return Node("number", text=token.text, sort="number")
        if token.kind == "word" and word == "date" and self.reader.next.kind == "string":
            return _date(_unquoted(self.reader.take("a date").text))
        if word in ("select", "exists"):
            raise RuleSyntaxError("a condition reads the row only, no other table", _HINT)
        if token.kind == "word" and word in ("true", "false"):
            return Node(word)
        if token.kind != "word" or word in _WORDS[:-1]:
            raise RuleSyntaxError(f"{token.text!r} stands where a column or a value should be", _HINT)
        return self._function(word) if self.reader.next.text == "(" else self._column(word)

    def _enclosed(self) -> Node:
        self._depth += 1
        if self._depth > 20:
            raise RuleSyntaxError("more than 20 parentheses stand in each other")
        node = self.either()
        self.reader.expect(")")
        self._depth -= 1
        return Node("()", (node,), sort=node.sort)

    def _function(self, name: str) -> Node:
        if name not in FUNCTIONS:
            raise RuleSyntaxError(f"the function {name!r} is not supported", f"there are: {', '.join(FUNCTIONS)}")
        taken, given = FUNCTIONS[name]
        self.reader.expect("(")
        argument = self._of(taken, self._sum())
        self.reader.expect(")")
        return Node(name, (argument,), sort=given)

    def _column(self, name: str) -> Node:
        kind = known_type(name, self._types)
        return Node("column", text=name, sort=_sort(kind.family) if kind else "any")

    def _compared(self, operator: str, left: Node, *right: Node) -> Node:
        """Texts beside dates are read as dates."""
        sides = (left, *right)
        if any(side.sort == "date" for side in sides):
            sides = tuple(_date(side.text) if side.name == "string" else side for side in sides)
        sorts = {side.sort for side in sides} - {"any"}
        if len(sorts) > 1:
            told = " with ".join(sorted(sorts))
            raise RuleSyntaxError(f"`{operator}` compares a {told}", _HINT)
        return Node(operator, sides)

    def _of(self, sort: Sort, node: Node) -> Node:
        if node.sort not in (sort, "any"):
            raise RuleSyntaxError(f"a {sort} is needed, here is a {node.sort}: {node.text or node.name!r}")
        return node

    def _true_or_false(self, node: Node) -> Node:
        return self._of("boolean", node)

    def _word(self, word: str) -> bool:
        token = self.reader.next
        if token.kind != "word" or token.text.lower() != word:
            return False
        self.reader.take(word)
        return True


def known_type(name: str, types: Types) -> ColumnType | None:
    """The type of a column.

    Raises:
        RuleSyntaxError: there is no such column.
    """
    if name not in types:
        raise RuleSyntaxError(f"there is no column {name!r}", f"the columns are {', '.join(types)}")
    return types[name]


def _sort(family: Family) -> Sort:
    if family in NUMERIC:
        return "number"
    return "date" if family in ("date", "timestamp") else "boolean" if family == "boolean" else "string"


def _date(text: str) -> Node:
    """`2024-01-01`, or with a time of day."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo or not re.fullmatch(r"\d{4}-\d{2}-\d{2}([ T][\d:.]+)?", text, re.ASCII):
        raise RuleSyntaxError(f"{text!r} is no date", "write '2024-01-31' or '2024-01-31 12:00:00'")
    whole = len(text) == len("2024-01-31")
    return Node("date", text=text if whole else moment.isoformat(sep=" "), sort="date")


def _unquoted(text: str) -> str:
    return text[1:-1].replace("''", "'")
