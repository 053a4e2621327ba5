"""Errors of the warehouse and its tables."""

from collections.abc import Mapping, Sequence
from typing import Any

from lake_platform.errors.base import TerminalError, TransientError


class WarehouseStatementError(TerminalError):
    """The warehouse refused a statement, and would again."""

    def __init__(self, sql: str, *, code: str, message: str) -> None:
        super().__init__(
            f"The warehouse refused a statement ({code or 'no code'}): {message}\nThe statement begins: {sql[:400]}"
        )
        self.code, self.sql = code, sql


class WarehouseConflictError(TransientError):
    """Another transaction was in the way: serializable isolation (1023), a deadlock, a table that was just made."""

    def __init__(self, sql: str, *, code: str, message: str) -> None:
        super().__init__(
            f"Another transaction of the warehouse was in the way ({code}): {message} "
            "Nothing of this transaction was kept; it is tried again."
        )
        self.code, self.sql = code, sql


class WarehouseConnectionError(TransientError):
    """The connection to the warehouse broke or could not be made."""

    def __init__(self, detail: str) -> None:
        super().__init__(
            f"The connection to the warehouse is gone or could not be made: {detail}. Check host, port and network if it stays so."
        )


class WarehouseAccessError(TerminalError):
    """The warehouse does not let us in."""

    def __init__(self, detail: str) -> None:
        super().__init__(
            f"The warehouse does not let us in: {detail}. Check user, password, IAM role and TLS settings."
        )


class TableColumnError(TerminalError):
    """A column of an existing table cannot become what the contract says."""

    def __init__(self, table: str, column: str, *, found: str, wanted: str) -> None:
        super().__init__(
            f"{table}: the column {column} is {found}, the contract wants {wanted}. Only new columns and longer VARCHARs "
            f"are changed in place. Give the column a new name, or drop {table} and publish its partitions again."
        )
        self.table, self.column, self.found, self.wanted = table, column, found, wanted


class TargetDeclarationError(TerminalError):
    """The target of a contract says something that the warehouse cannot do."""

    def __init__(self, dataset: str, problem: str) -> None:
        super().__init__(f"{dataset}: target {problem}")


class StagingCountError(TerminalError):
    """COPY loaded another number of rows than the manifests say."""

    def __init__(self, table: str, what: str, *, expected: int, found: int) -> None:
        super().__init__(
            f"{table}: {what} has {found} rows after COPY, the manifests say {expected}. Nothing was kept. "
            "Look for files that changed after they were written, then process the partition again."
        )
        self.expected, self.found = expected, found


class NotStagedError(TransientError):
    """Staging does not hold what is to be published."""

    def __init__(self, table: str, partitions: Sequence[str]) -> None:
        super().__init__(
            f"{table} does not hold {', '.join(partitions)} with the token that is to be published: load it again first."
        )
        self.partitions = tuple(partitions)


class SupersededError(TransientError):
    """A newer document of the same partition was published meanwhile."""

    def __init__(self, table: str, partition: str, *, number: int, published: int) -> None:
        super().__init__(
            f"{table}: document {number} of {partition} is older than document {published}, which is in the table already. "
            "Nothing was changed; this run starts over from what is there now."
        )


class TableRulesError(TerminalError):
    """A rule about a table as a whole does not hold; what was written is rolled back."""

    def __init__(self, table: str, judged: Sequence[Any]) -> None:
        broken = ", ".join(rule.rule for rule in judged if rule.otherwise == "block" and not rule.passed)
        super().__init__(f"{table}: {broken} does not hold. Nothing was changed, the last good table stays.")
        self.judged = tuple(judged)


class StrayRowsError(TerminalError):
    """The SELECT of a table yields rows of partitions that it was not asked for."""

    def __init__(self, table: str, rows: Mapping[str, int]) -> None:
        told = ", ".join(f"{partition!r} ({count})" for partition, count in sorted(rows.items())[:10])
        super().__init__(
            f"{table}: the SELECT yields rows whose _partition is none of the input's: {told}. Nothing was changed. "
            "Yield the _partition of the input that `partition` names, as it is; of a LEFT JOIN it may be NULL."
        )
        self.rows = dict(rows)


class MissingKeyError(TerminalError):
    """Rows without a business key or an effective time reached the warehouse."""

    def __init__(self, table: str, *, rows: int, columns: Sequence[str]) -> None:
        super().__init__(
            f"{table}: {rows} rows to be published have NULL in one of {', '.join(columns)}. "
            "Declare these columns `required: true`, so that such rows go to quarantine."
        )
