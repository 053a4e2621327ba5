"""The check `table_matches_contract`: the table exists in the warehouse with the columns and types that are declared.

It is one check of the table, not of its partitions, and costs one query a run.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager

import dagster as dg

from lake_platform.assets.results import CheckOutcome, DeclaredCheck, PartitionResult
from lake_platform.assets.step import log_check
from lake_platform.errors import TableColumnError
from lake_platform.warehouse.ddl import TableDifferences, compare_table
from lake_platform.warehouse.redshift import RedshiftResource
from lake_platform.warehouse.table import TableSpec

NAME = "table_matches_contract"
TABLE_CHECK = DeclaredCheck(
    NAME, "The table exists in the warehouse, with the columns and types of the contract.", of_table=True
)


def check_table(
    redshift: RedshiftResource, spec: TableSpec, results: Sequence[PartitionResult], *, query_group: str
) -> CheckOutcome | None:
    """Compares the table with what is declared; None where no partition of it was ever published in this run's span."""
    if not any(result.state in ("published", "unchanged") for result in results):
        return None
    found = redshift.run_autocommit(lambda session: compare_table(session, spec), query_group=query_group)
    return table_outcome(spec, found)


def table_outcome(spec: TableSpec, found: TableDifferences) -> CheckOutcome:
    """An error where a column is missing or another one; columns that nobody declares are only told."""
    told = [*found.wrong, *found.undeclared]
    return CheckOutcome(
        NAME,
        passed=not told,
        error=bool(found.wrong),
        metadata={"table": str(spec.table), "differences": "; ".join(told)},
        description=f"{spec.table}: {'; '.join(told)}" if told else None,
    )


@contextmanager
def wrong_table_told(context: dg.AssetExecutionContext, key: dg.AssetKey) -> Generator[None]:
    """Where a table cannot become what the contract says, the check says so before the step fails.

    Raises:
        TableColumnError: as it came.
    """
    try:
        yield
    except TableColumnError as error:
        metadata = {"table": error.table, "differences": f"{error.column} is {error.found}, not {error.wanted}"}
        log_check(context, key, CheckOutcome(NAME, passed=False, metadata=metadata, description=str(error)))
        raise
