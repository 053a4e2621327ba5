"""A lake of one test with what the jobs are asked, and what they wrote, read without Spark."""

import gzip
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from glue_jobs.protocol import (
    ColumnSpec,
    InputFile,
    JobReport,
    JobRequest,
    OutputFile,
    PartitionReport,
    PartitionWork,
)
from lake_platform.spark.local import LocalSparkResource

PARTITION = "2024-01-01"
TIME = "2024-01-02T03:04:05.678901Z"


@dataclass
class Bench:
    """Puts files into the raw zone, asks for jobs, reads what they wrote."""

    home: Path
    spark: LocalSparkResource
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def file(
        self,
        content: str | bytes,
        *,
        header: Sequence[str] | None = None,
        records: int | None = None,
        key: str | None = None,
        name: str | None = None,
        time: str = TIME,
        zipped: bool = False,
    ) -> InputFile:
        """A raw object; the header is the first line's fields unless given."""
        number = next(self.numbers)
        data = content.encode() if isinstance(content, str) else content
        if header is None and isinstance(content, str):
            header = content.splitlines()[0].split(",") if content else ()
        key = key or f"t/file{number}.csv"
        path = f"raw/t/{PARTITION}/" + (name or f"{number:064x}") + (".gz" if zipped else "")
        target = self.home / "s3" / "lake" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(gzip.compress(data) if zipped else data)
        return InputFile(
            url=f"s3://lake/{path}", key=key, time=time, size=len(data), header=tuple(header or ()), records=records
        )

    def request(
        self,
        partitions: "dict[str, Sequence[InputFile]] | Sequence[InputFile]",
        columns: str | Sequence[ColumnSpec],
        **fields: Any,
    ) -> JobRequest:
        given = partitions if isinstance(partitions, dict) else {PARTITION: partitions}
        works = tuple(
            PartitionWork(partition=partition, token=f"raw-{partition}", files=tuple(files))
            for partition, files in given.items()
        )
        job = fields.pop("job", "validate")
        settings = {"kind": "csv", **fields.pop("format", {})}
        return JobRequest(
            job=job,
            dataset="t",
            token="job",
            output=f"s3://lake/out/{next(self.numbers)}",
            partitions=works,
            columns=specs(columns) if isinstance(columns, str) else tuple(columns),
            format=settings,
            **fields,
        )

    def validate(self, partitions: Any, columns: str | Sequence[ColumnSpec], **fields: Any) -> "Result":
        return Result(self, self.spark.run(self.request(partitions, columns, **fields)))

    def process(self, validated: "Result", columns: str | Sequence[ColumnSpec], **fields: Any) -> "Result":
        parts = {
            p.partition: [InputFile(url=f.url, key="", time="", size=f.content_length) for f in p.files]
            for p in validated.report.partitions
        }
        return Result(self, self.spark.run(self.request(parts, columns, job="process", **fields)))

    def rows(self, files: Sequence[OutputFile]) -> list[dict[str, Any]]:
        read: list[dict[str, Any]] = []
        for file in files:
            read += pq.ParquetFile(self.path(file.url)).read().to_pylist()
        return read

    def path(self, url: str) -> Path:
        return self.home / "s3" / url.removeprefix("s3://")


@dataclass
class Result:
    """A report with what its files hold."""

    bench: Bench
    report: JobReport

    @property
    def partition(self) -> PartitionReport:
        (only,) = self.report.partitions
        return only

    @property
    def valid(self) -> list[dict[str, Any]]:
        return self.bench.rows([file for partition in self.report.partitions for file in partition.files])

    @property
    def aside(self) -> list[dict[str, Any]]:
        return self.bench.rows([file for partition in self.report.partitions for file in partition.quarantine_files])

    def values(self, *columns: str) -> list[Any]:
        """The valid rows in the order of their origin: single values, or tuples."""
        rows = sorted(self.valid, key=lambda row: (row["_file_time"], row["_file"], row["_row"]))
        return [row[columns[0]] if len(columns) == 1 else tuple(row[c] for c in columns) for row in rows]

    def reasons(self) -> dict[int, list[str]]:
        return {row["_row"]: row["_reasons"] for row in self.aside}


def specs(text: str) -> tuple[ColumnSpec, ...]:
    """`id bigint!, name varchar(9), amount decimal(18,2)`: the exclamation mark is `required`."""
    made: list[ColumnSpec] = []
    for part in text.replace(", ", "\n").splitlines():
        name, _, kind = part.strip().partition(" ")
        required, kind = kind.endswith("!"), kind.removesuffix("!")
        limit = int(kind[kind.index("(") + 1 : -1]) if kind.startswith(("varchar", "char")) else None
        made.append(ColumnSpec(name=name, type="string" if limit else kind, required=required, max_bytes=limit))
    return tuple(made)


@pytest.fixture
def bench(lake_home: Path, spark_resource: LocalSparkResource) -> Bench:
    return Bench(lake_home, spark_resource)
