"""What is published, and what became of it."""

import datetime as dt
from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A partition of changes or events, or one snapshot, as staging holds it.

    Attributes:
        token: what the ledger knows the batch by; the same token is never applied twice.
        staged_token: what its rows in staging carry, where that is not `token` itself: a target that is declared
            anew publishes the same rows once more.
        as_of: the logical date, naive UTC: the effective time where rows have none of their own.
        number: of the processed document; a lower one than the ledger's comes from a slow writer.
        closes: snapshots: whether a key that is absent is gone; False where a quarantined key could not be read.
        rows: rows in staging, marker rows included.
        withdrawn: the partition has no file any more; all that it said is taken back. No rows then.
    """

    partition: str
    token: str
    number: int
    rows: int
    as_of: dt.datetime | None = None
    closes: bool = True
    withdrawn: bool = False
    staged_token: str | None = None


@dataclass(frozen=True, kw_only=True)
class WriteCounts:
    """What one batch did to the table.

    In a dimension these are version rows: `closed` of open ones that ended, `updated` of other changes in place,
    `deleted` of versions that a correction removed. Where several batches of changes are applied at once, what
    happens to a key is counted for the newest batch that has an event of it.

    Attributes:
        unchanged: rows (a dimension: keys) of the batch for which the table said the same, or something newer, already.
        replayed: the token was applied before; the counts are those of then, nothing was written now.
    """

    rows: int = 0
    inserted: int = 0
    updated: int = 0
    closed: int = 0
    deleted: int = 0
    unchanged: int = 0
    replayed: bool = False

    def plus(self, *, inserted: int = 0, updated: int = 0, closed: int = 0, deleted: int = 0) -> "WriteCounts":
        """With these added."""
        return replace(
            self,
            inserted=self.inserted + inserted,
            updated=self.updated + updated,
            closed=self.closed + closed,
            deleted=self.deleted + deleted,
        )
