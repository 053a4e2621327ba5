"""What an SCD2 target is made of: its tables, and which column plays which part."""

from dataclasses import dataclass

from lake_platform.warehouse.expressions import same_key
from lake_platform.warehouse.names import TableName, quote
from lake_platform.warehouse.table import (
    PARTITION,
    Declaration,
    TableColumn,
    staging_table,
    target_of,
    target_tables,
    tracked_columns,
)


@dataclass(frozen=True, kw_only=True)
class History:
    """The parts of an SCD2 target that its SQL is written from.

    Attributes:
        events: what was said: of changes every event with its batch; of snapshots, for each key, only the statements
            that differ from that of the snapshot before (`_op` U, A for absent, ? for unknown; A before the first one).
        effective: the column that holds the effective time of a change; None where it is the batch's own.
        absent_closes: whether a key that a closing snapshot does not have is deleted.
        event_columns, columns: all columns of the events and of the dimension, for column lists.
    """

    table: TableName
    events: TableName
    ledger: TableName
    staging: TableName
    keys: tuple[TableColumn, ...]
    attributes: tuple[TableColumn, ...]
    tracked: tuple[TableColumn, ...]
    effective: str | None
    snapshots: bool
    absent_closes: bool
    event_columns: tuple[str, ...]
    columns: tuple[str, ...]

    @property
    def key_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.keys)

    @property
    def attribute_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.attributes)

    @property
    def produced_names(self) -> tuple[str, ...]:
        """Keys first, whatever their place in the contract."""
        return (*self.key_names, *self.attribute_names)

    @property
    def untracked(self) -> tuple[TableColumn, ...]:
        return tuple(column for column in self.attributes if column not in self.tracked)

    def at(self, left: str, right: str) -> str:
        """The join of two relations by business key."""
        return same_key(left, right, self.key_names)

    def some_key(self, alias: str) -> str:
        """A key column of a relation: NULL where an outer join found no row."""
        return f"{alias}.{quote(self.key_names[0])}"


def history_of(contract: Declaration) -> History:
    """From the contract."""
    target = target_of(contract)
    dimension, ledger, events = target_tables(contract)
    produced = {column.name for column in contract.produced}
    attributes = tuple(each for each in dimension.columns if each.name in produced and each.name not in target.keys)
    tracked = tracked_columns(contract)
    by_name = {column.name: column for column in dimension.columns}
    return History(
        table=dimension.table,
        events=events.table,
        ledger=ledger.table,
        staging=staging_table(contract).table,
        keys=tuple(by_name[name] for name in target.keys),
        attributes=attributes,
        tracked=tuple(column for column in attributes if column.name in tracked),
        effective=None if target.effective_at in (None, PARTITION) else target.effective_at,
        snapshots=contract.delivers == "snapshot",
        absent_closes=target.deletes is not None and target.deletes.absent == "close",
        event_columns=events.column_names,
        columns=dimension.column_names,
    )
