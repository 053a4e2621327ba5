"""Whether two warehouses say the same."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

OWN = frozenset({"_file_time", "_token", "_loaded_at"})
"""Columns that say when and how a row came, not what it says: they differ from one lake to the other."""

Table = tuple[Sequence[str], Sequence[Sequence[Any]]]
"""Column names and rows."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """How one table differs; `only_here` and `only_there` count rows, `example` is one of them."""

    table: str
    told: str
    only_here: int = 0
    only_there: int = 0
    example: Mapping[str, object] | None = None


def compare_tables(here: Mapping[str, Table], there: Mapping[str, Table]) -> list[Difference]:
    """What differs, row for row, without the columns of `OWN`; the order of rows does not count."""
    found = [
        Difference(table=name, told="is in one of the two warehouses only")
        for name in sorted(here.keys() ^ there.keys())
    ]
    for name in sorted(here.keys() & there.keys()):
        found += _compared(name, here[name], there[name])
    return found


def _compared(name: str, here: Table, there: Table) -> list[Difference]:
    if list(here[0]) != list(there[0]):
        return [Difference(table=name, told=f"has other columns: {list(here[0])} and {list(there[0])}")]
    kept = [column for column in here[0] if column not in OWN]
    mine, other = _rows(here, kept), _rows(there, kept)
    only_here, only_there = mine - other, other - mine
    if not only_here and not only_there:
        return []
    row = next(iter(only_here or only_there))
    return [
        Difference(
            table=name,
            told="has other rows",
            only_here=only_here.total(),
            only_there=only_there.total(),
            example=dict(zip(kept, row, strict=True)),
        )
    ]


def _rows(table: Table, kept: Sequence[str]) -> Counter[tuple[Any, ...]]:
    places = [list(table[0]).index(column) for column in kept]
    return Counter(tuple(row[place] for place in places) for row in table[1])
