"""What differs between two versions of a schema."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol


class SchemaColumn(Protocol):
    """What is compared of a column."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def aliases(self) -> Sequence[str]: ...


@dataclass(frozen=True, kw_only=True)
class SchemaChanges:
    """Differences from one version to the next, as short texts.

    Attributes:
        added: `name TYPE`.
        removed: `name TYPE`.
        retyped: `name: OLD to NEW`.
        renamed: `old to new`: a column that went and one that came and has the old name as an alias.
        reordered: whether the columns that both versions have stand in another order.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    retyped: tuple[str, ...] = ()
    renamed: tuple[str, ...] = ()
    reordered: bool = False

    def __bool__(self) -> bool:
        return any(self.lines())

    def lines(self) -> Iterator[str]:
        """One line for each kind of difference that there is."""
        for kind in ("added", "removed", "retyped", "renamed"):
            told: tuple[str, ...] = getattr(self, kind)
            if told:
                yield f"{kind}: {', '.join(told)}"
        if self.reordered:
            yield "reordered"


def schema_changes(old: Sequence[SchemaColumn], new: Sequence[SchemaColumn]) -> SchemaChanges:
    """Compares by name; of what is left, a new column that has an old one's name as an alias is that one, renamed."""
    before, after = {column.name: column for column in old}, {column.name: column for column in new}
    gone = {name: column for name, column in before.items() if name not in after}
    came = {name: column for name, column in after.items() if name not in before}
    renamed: dict[str, str] = {}
    for name, column in came.items():
        former = next((alias for alias in column.aliases if alias in gone and alias not in renamed), None)
        if former is not None:
            renamed[former] = name
    pairs = [(before[name], after[renamed.get(name, name)]) for name in before if renamed.get(name, name) in after]
    order = [column.name for column in new]
    places = [order.index(column.name) for _, column in pairs]
    return SchemaChanges(
        added=tuple(f"{name} {column.type}" for name, column in came.items() if name not in renamed.values()),
        removed=tuple(f"{name} {column.type}" for name, column in gone.items() if name not in renamed),
        retyped=tuple(f"{new.name}: {old.type} to {new.type}" for old, new in pairs if old.type != new.type),
        renamed=tuple(f"{former} to {name}" for former, name in renamed.items()),
        reordered=places != sorted(places),
    )
