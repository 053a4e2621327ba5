"""Types of the Glue Data Catalog, which are Hive's, as types of the contract."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lake_platform.contract.types import MAX_VARCHAR

GUESSED_BYTES = 256
_PLAIN = {
    "tinyint": "smallint",
    "smallint": "smallint",
    "short": "smallint",
    "int": "integer",
    "integer": "integer",
    "bigint": "bigint",
    "long": "bigint",
    "float": "real",
    "double": "double precision",
    "double precision": "double precision",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
}
_BYTES_OF_A_CHARACTER = 4


@dataclass(frozen=True)
class Leaf:
    """A value of a column: the column itself, or what lies in its structs at `path`."""

    path: tuple[str, ...]
    hive: str


@dataclass(frozen=True)
class TypeFound:
    """The type in the contract's words; `guess` says what Hive's type leaves open."""

    type: str
    guess: str | None = None


def leaves(name: str, hive: str) -> Iterator[Leaf]:
    """The values of a column, those of structs one by one."""
    yield from _leaves((name,), hive.strip())


def contract_type(hive: str) -> TypeFound | None:
    """The type of a value; None for one that no column can hold."""
    told = re.sub(r"\s+", "", hive.lower()) if "<" not in hive else hive.lower()
    if told in _PLAIN:
        return TypeFound(_PLAIN[told])
    if told == "string":
        return TypeFound(f"varchar({GUESSED_BYTES})", "a string has no length in Hive; say how many bytes it may take")
    if match := re.fullmatch(r"decimal(?:\((\d+)(?:,(\d+))?\))?", told):
        # Hive's own default is decimal(10,0).
        return TypeFound(f"decimal({match[1] or 10},{match[2] or 0})")
    if match := re.fullmatch(r"(?:var)?char\((\d+)\)", told):
        size = min(int(match[1]) * _BYTES_OF_A_CHARACTER, MAX_VARCHAR)
        return TypeFound(f"varchar({size})", f"{told} counts characters in Hive; here bytes count, four for each")
    if told.startswith(("array<", "map<")):
        return TypeFound(f"varchar({MAX_VARCHAR})", f"{hive} is read as text")
    return None


def _leaves(path: tuple[str, ...], hive: str) -> Iterator[Leaf]:
    inner = re.fullmatch(r"struct<(.*)>", hive, re.IGNORECASE | re.DOTALL)
    if inner is None:
        yield Leaf(path, hive)
        return
    for field in _split(inner[1]):
        name, _, kind = field.partition(":")
        yield from _leaves((*path, name.strip()), kind.strip())


def _split(fields: str) -> Iterator[str]:
    """At the commas outside of any brackets."""
    depth, start = 0, 0
    for at, sign in enumerate(fields):
        depth += (sign in "<(") - (sign in ">)")
        if sign == "," and depth == 0:
            yield fields[start:at]
            start = at + 1
    if fields[start:].strip():
        yield fields[start:]
