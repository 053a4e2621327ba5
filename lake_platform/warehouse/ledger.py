"""The ledger of a target: which batch was applied last under which token. Its lock makes writers take turns."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from lake_platform.errors import SupersededError
from lake_platform.warehouse.batches import Batch, WriteCounts
from lake_platform.warehouse.names import TableName
from lake_platform.warehouse.session import Session


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One batch as the table holds it."""

    partition: str
    token: str
    number: int
    as_of: dt.datetime | None
    closes: bool
    withdrawn: bool
    counts: WriteCounts


class Ledger:
    """The ledger inside one transaction, whose first statement is `Ledger.open`'s LOCK."""

    def __init__(self, session: Session, target: TableName, entries: Sequence[Entry]) -> None:
        self._session = session
        self._target = target
        self.table = target.beside("ledger")
        self._entries = {entry.partition: entry for entry in entries}

    @classmethod
    def open(cls, session: Session, target: TableName) -> "Ledger":
        """Locks the ledger and reads it.

        The lock comes before any other statement: Redshift takes the transaction's snapshot with the first one that
        reads, and what the writer before us committed must be in it. Readers of the table itself do not wait.
        """
        session.execute(f"LOCK TABLE {target.beside('ledger').sql}")
        rows = session.query(
            "SELECT _partition, token, number, as_of, closes, withdrawn, "
            f"rows_in, inserted, updated, closed, deleted, unchanged\nFROM {target.beside('ledger').sql}"
        )
        return cls(session, target, [_entry(*row) for row in rows])

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(self._entries.values())

    def snapshots(self) -> list[Entry]:
        """The snapshots that count, by their logical date."""
        dated = [(entry.as_of, entry) for entry in self.entries if entry.as_of is not None and not entry.withdrawn]
        return [entry for _, entry in sorted(dated, key=lambda pair: pair[0])]

    def pending(self, batches: Sequence[Batch]) -> list[Batch]:
        """The batches that are to be applied; those with the ledger's token are left out.

        Raises:
            SupersededError: a batch is older than the ledger's. Nothing was changed.
        """
        for batch in batches:
            known = self._entries.get(batch.partition)
            if known and batch.number < known.number and batch.token != known.token:
                raise SupersededError(str(self._target), batch.partition, number=batch.number, published=known.number)
        return [batch for batch in batches if not self._holds(batch)]

    def replayed(self, batch: Batch) -> WriteCounts:
        """The counts of a batch that was applied before.

        A later document may carry the token again (a file was changed and changed back, and the document between never
        got here): its number is kept, so that the one between stays out.
        """
        entry = self._entries[batch.partition]
        if batch.number > entry.number:
            self._session.execute(
                f"UPDATE {self.table.sql}\nSET number = %s\nWHERE _partition = %s", (batch.number, batch.partition)
            )
        return entry.counts

    def record(self, batch: Batch) -> None:
        """Puts a batch in, in the place of what was there of its partition."""
        self._session.execute(f"DELETE FROM {self.table.sql}\nWHERE _partition = %s", (batch.partition,))
        self._session.execute(
            f"INSERT INTO {self.table.sql} "
            "(_partition, token, number, as_of, closes, withdrawn, rows_in, applied_at)\n"
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            (
                *(batch.partition, batch.token, batch.number, batch.as_of, batch.closes, batch.withdrawn, batch.rows),
                dt.datetime.now(dt.UTC).replace(tzinfo=None),
            ),
        )
        self._entries[batch.partition] = Entry(
            partition=batch.partition,
            token=batch.token,
            number=batch.number,
            as_of=batch.as_of,
            closes=batch.closes,
            withdrawn=batch.withdrawn,
            counts=WriteCounts(rows=batch.rows),
        )

    def count(self, partition: str, counts: WriteCounts) -> None:
        """Notes what a batch did."""
        self._session.execute(
            f"UPDATE {self.table.sql}\n"
            "SET inserted = %s, updated = %s, closed = %s, deleted = %s, unchanged = %s\nWHERE _partition = %s",
            (counts.inserted, counts.updated, counts.closed, counts.deleted, counts.unchanged, partition),
        )

    def _holds(self, batch: Batch) -> bool:
        known = self._entries.get(batch.partition)
        return known is not None and known.token == batch.token and known.withdrawn == batch.withdrawn


def _entry(
    partition: str,
    token: str,
    number: int,
    as_of: dt.datetime | None,
    closes: bool,
    withdrawn: bool,
    *counts: int | None,
) -> Entry:
    rows, inserted, updated, closed, deleted, unchanged = (value or 0 for value in counts)
    return Entry(
        partition=partition,
        token=token,
        number=number,
        as_of=as_of,
        closes=closes,
        withdrawn=withdrawn,
        counts=WriteCounts(
            rows=rows,
            inserted=inserted,
            updated=updated,
            closed=closed,
            deleted=deleted,
            unchanged=unchanged,
            replayed=True,
        ),
    )
