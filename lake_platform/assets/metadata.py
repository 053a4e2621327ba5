"""What an asset page shows of a materialization."""

from collections.abc import Mapping, Sequence

import dagster as dg

from glue_jobs.protocol import PartitionReport
from lake_platform.contract.columns import PlainColumn
from lake_platform.contract.types import parse_type
from lake_platform.warehouse.table import TableSpec

PREFIX = "lake_platform/"


def report_metadata(report: PartitionReport, columns: Sequence[PlainColumn], *, token: str) -> dict[str, object]:
    """Rows, bytes, schema, sample, the metrics of the rules and the run that made it; numbers are plotted over time."""
    metadata: dict[str, object] = {
        "dagster/row_count": report.rows_out,
        "dagster/column_schema": column_schema(columns),
        f"{PREFIX}bytes": sum(file.content_length for file in report.files),
        f"{PREFIX}files": len(report.files),
        f"{PREFIX}rows_quarantined": report.rows_quarantined,
        f"{PREFIX}token": token,
    }
    if report.sample:
        metadata[f"{PREFIX}sample"] = sample_table(report.sample)
    # Of the whole run, `run/partitions` of them: shares would be made up.
    metadata |= {f"run/{name}": _linked(value) for name, value in report.run.items()}
    for rule in report.rules:
        if rule.failed_rows is not None:
            metadata[f"rule/{rule.name}/failed_rows"] = rule.failed_rows
        for name, value in rule.metrics.items():
            metadata[f"rule/{rule.name}" if len(rule.metrics) == 1 else f"rule/{rule.name}/{name}"] = value
    return metadata


def column_schema(columns: Sequence[PlainColumn]) -> dg.TableSchema:
    """Columns and types in Redshift's words."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                column.name,
                parse_type(column.type).redshift,
                description=column.description or None,
                constraints=dg.TableColumnConstraints(nullable=not column.required),
            )
            for column in columns
        ]
    )


def table_schema(spec: TableSpec, columns: Sequence[PlainColumn]) -> dg.TableSchema:
    """All columns of a table in the warehouse, those of its history included, with the contract's descriptions."""
    told = {column.name: column.description or None for column in columns}
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                column.name,
                column.type,
                description=told.get(column.name),
                constraints=dg.TableColumnConstraints(nullable=not column.not_null),
            )
            for column in spec.columns
        ]
    )


def sample_table(rows: Sequence[Mapping[str, object]]) -> dg.MetadataValue:
    """Some rows as a table."""
    names = list(rows[0])
    lines = [" | ".join(names), " | ".join("---" for _ in names)]
    lines += [" | ".join(_cell(row.get(name)) for name in names) for row in rows]
    return dg.MetadataValue.md("\n".join(f"| {line} |" for line in lines))


def _linked(value: object) -> object:
    return dg.MetadataValue.url(value) if isinstance(value, str) and value.startswith("https://") else value


def _cell(value: object) -> str:
    return "" if value is None else str(value).replace("|", "\\|").replace("\n", " ")
