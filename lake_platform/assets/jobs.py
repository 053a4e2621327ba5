"""What the two Spark steps share: one job for all partitions with work, and the figures of its report."""

import hashlib
import uuid
from collections.abc import Callable, Mapping, Sequence

import dagster as dg

from glue_jobs.protocol import JobReport, JobRequest, OutputFile, PartitionReport, PartitionWork
from lake_platform.contract.dataset import Column, DatasetContract, Layer
from lake_platform.contract.types import parse_type
from lake_platform.lake.lake import Lake
from lake_platform.lake.layout import data_key
from lake_platform.spark.runner import JobRunner, run_job

MakeRequest = Callable[[str, str], JobRequest]
"""From the job's token and its output folder to the request."""


def run_for(
    contract: DatasetContract,
    layer: Layer,
    *,
    lake: Lake,
    spark: JobRunner,
    work: Sequence[PartitionWork],
    make_request: MakeRequest,
) -> dict[str, PartitionReport]:
    """Runs one job for all partitions with work; a job that was reported under its token before is not run again.

    Returns:
        The report of each partition.
    """
    if not work:
        return {}
    job_token = hashlib.sha256("\n".join(f"{w.partition} {w.token}" for w in work).encode()).hexdigest()
    output = lake.lake.url(data_key(layer, contract.name, job_token, attempt=uuid.uuid4().hex[:12]))
    report: JobReport = run_job(lake.lake, make_request(job_token, output), spark.run)
    return {partition.partition: partition for partition in report.partitions}


def figures(report: PartitionReport) -> dict[str, object]:
    """The counts of a report, as they stand in the document of the layer."""
    return {
        "rows_in": report.rows_in,
        "rows_out": report.rows_out,
        "rows_quarantined": report.rows_quarantined,
        "rows_dropped": report.rows_dropped,
        "rows_unknown": report.rows_unknown,
        "reasons": dict(report.reasons),
    }


def column_schema(columns: Sequence[Column]) -> dg.TableSchema:
    """Columns and types as the asset page shows them, in Redshift's words."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(column.name, parse_type(column.type).redshift, description=column.description or None)
            for column in columns
        ]
    )


def sample_table(rows: Sequence[Mapping[str, object]]) -> dg.MetadataValue:
    """Some rows as a table on the asset page."""
    if not rows:
        return dg.MetadataValue.md("no rows")
    names = list(rows[0])
    lines = [" | ".join(names), " | ".join("---" for _ in names)]
    lines += [" | ".join(_cell(row.get(name)) for name in names) for row in rows]
    return dg.MetadataValue.md("\n".join(f"| {line} |" for line in lines))


def bytes_of(files: Sequence[OutputFile]) -> int:
    """The size of all files together, in bytes."""
    return sum(file.content_length for file in files)


def _cell(value: object) -> str:
    return "" if value is None else str(value).replace("|", "\\|").replace("\n", " ")
