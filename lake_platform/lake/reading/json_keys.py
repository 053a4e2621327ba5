"""The names at the top of the records of a JSON file: what a header is in CSV."""

import json
from collections.abc import Sequence
from typing import Any, cast

from lake_platform.contract.columns import Column
from lake_platform.lake.reading.drift import fold

LOOKED = 1000
"""So many records are looked into at least; further ones only until each column of the contract was seen once."""


class JsonKeys:
    """Collects names until the records say no more. Records that are no objects are left to the reader."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._names: dict[str, None] = {}
        self._left = LOOKED
        self._unseen = [top_names(column) for column in columns]

    @property
    def names(self) -> tuple[str, ...]:
        """In the order in which they appeared."""
        return tuple(self._names)

    @property
    def wants_more(self) -> bool:
        """Whether a further record could say something."""
        return self._left > 0 or bool(self._unseen)

    def see_text(self, text: str) -> None:
        """One record as it stands in a file of lines."""
        try:
            self.see(json.loads(text))
        except (ValueError, RecursionError):
            self._left -= 1

    def see(self, record: object) -> None:
        """One record."""
        self._left -= 1
        if not isinstance(record, dict):
            return
        fresh = [name for name in cast("dict[str, Any]", record) if name not in self._names]
        if fresh:
            self._names.update(dict.fromkeys(fresh))
            folded = {fold(name) for name in fresh}
            self._unseen = [names for names in self._unseen if not names & folded]


def top_names(column: Column) -> frozenset[str]:
    """The names, folded, under which a column stands at the top of a record."""
    if column.path is not None:
        return frozenset({fold(column.path.removeprefix("$.").partition(".")[0])})
    return frozenset(fold(name) for name in (column.name, *column.aliases))
