"""What stands in lake and warehouse, in numbers: one table of datasets, one of published tables."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tabulate import tabulate

from lake_platform.cli.names import Chosen
from lake_platform.cli.warehouse import read_table
from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.table_inputs import BoundTable
from lake_platform.lake.lake import Lake
from lake_platform.warehouse.names import TableName


@dataclass(frozen=True, kw_only=True)
class DatasetFigures:
    """Counts over the newest document of every partition.

    Attributes:
        reasons: why rows are in quarantine; a row may have several.
    """

    dataset: str
    partitions: int
    files: int
    duplicates: int
    rows: int
    valid: int
    quarantined: int
    reasons: Counter[str]


@dataclass(frozen=True)
class PublishedTable:
    """A table that has been published at least once; one with `versions` is SCD2."""

    name: str
    versions: bool


def dataset_figures(contract: DatasetContract, lake: Lake) -> DatasetFigures:
    """The figures of one dataset."""
    raw = lake.log(contract.name, "raw").latest_documents().values()
    validated = lake.log(contract.name, "validated").latest_documents().values()
    reasons: Counter[str] = Counter()
    for document in validated:
        reasons.update(document.body["reasons"])
    return DatasetFigures(
        dataset=contract.name,
        partitions=len(raw),
        files=sum(document.body["counts"]["accepted"] for document in raw),
        duplicates=sum(document.body["counts"]["duplicate"] for document in raw),
        rows=sum(document.body["rows_in"] for document in validated),
        valid=sum(document.body["rows_out"] for document in validated),
        quarantined=sum(document.body["rows_quarantined"] for document in validated),
        reasons=reasons,
    )


def published_tables(members: Chosen, lake: Lake) -> list[PublishedTable]:
    """The targets of these datasets and these tables, as far as there are any yet."""
    targets = [
        PublishedTable(contract.target.table, versions=contract.target.write == "scd2")
        for contract in members.datasets
        if contract.target is not None and lake.log(contract.name, "target").latest_numbers()
    ]
    made = [
        PublishedTable(table.contract.table, versions=table.contract.write == "scd2")
        for table in members.tables
        if isinstance(table, BoundTable) and lake.table_log(table.contract.key).latest_numbers()
    ]
    return targets + made


def render_datasets(figures: Sequence[DatasetFigures]) -> str:
    """A line a dataset, then what is in quarantine and why."""
    headers = ["dataset", "partitions", "files", "duplicates", "rows", "valid", "quarantined"]
    rows = [
        [each.dataset, each.partitions, each.files, each.duplicates, each.rows, each.valid, each.quarantined]
        for each in figures
    ]
    told = [
        f"{each.dataset}, in quarantine: " + ", ".join(f"{why} {n}" for why, n in sorted(each.reasons.items()))
        for each in figures
        if each.reasons
    ]
    return "\n".join([tabulate(rows, headers=headers), *told])


def render_tables(tables: Sequence[PublishedTable]) -> str:
    """A line a table: its rows, or versions and how many of them are current."""
    rows = [[table.name, *_counts(table)] for table in tables]
    return tabulate(rows, headers=["table", "rows", "versions", "current"])


def _counts(table: PublishedTable) -> list[object]:
    current = "sum(CASE WHEN is_current THEN 1 ELSE 0 END)" if table.versions else "0"
    ((rows, now),) = read_table(f"SELECT count(*), {current} FROM {TableName.parse(table.name).sql}")[1]
    return ["", rows, now] if table.versions else [rows, "", ""]
