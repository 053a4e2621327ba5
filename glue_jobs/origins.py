"""Which file a row of a DataFrame comes from, without joins on raw paths and without globs."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as fn

from glue_jobs.protocol import InputFile, JobRequest

SOURCE = "_source"
"""The column with the path that Spark reports for a row (URL-encoded)."""

_PLAIN_PATH = re.compile(r"[A-Za-z0-9_./:=-]+")
_GLOB = re.compile(r"([\[\]{}*?\\])")


@dataclass(frozen=True)
class Origin:
    """One input file of a job with the partition it belongs to."""

    number: int
    partition: str
    token: str
    file: InputFile


def origins(request: JobRequest) -> list[Origin]:
    """All input files of a request, numbered in the order of its partitions."""
    pairs = [(work, file) for work in request.partitions for file in work.files]
    return [Origin(number, work.partition, work.token, file) for number, (work, file) in enumerate(pairs)]


def escape_glob(url: str) -> str:
    """A path for Spark's readers, which would take `[`, `*` and the like as patterns."""
    return _GLOB.sub(r"\\\1", url)


def reported_path(spark: SparkSession, url: str) -> str:
    """The path as `_metadata.file_path` spells it."""
    if _PLAIN_PATH.fullmatch(url):
        return url
    jvm: Any = spark._jvm  # pyright: ignore[reportPrivateUsage] there is no public way to Hadoop's own encoding
    return str(jvm.org.apache.hadoop.fs.Path(url).toUri().toString())


def with_source(frame: DataFrame) -> DataFrame:
    """Adds the path of each row; only directly on a file scan."""
    return frame.select(fn.col("_metadata.file_path").alias(SOURCE), *[fn.col(name) for name in frame.columns])


def lookup_table(spark: SparkSession, rows: Sequence[dict[str, object]], schema: str) -> DataFrame:
    """A small table made of literals, so that no Python worker and no extra job is needed for a join."""
    document = spark.range(1).select(fn.from_json(fn.lit(json.dumps(rows)), f"array<struct<{schema}>>").alias("rows"))
    return document.select(fn.inline("rows"))


def attach_origin(spark: SparkSession, frame: DataFrame, files: Iterable[Origin]) -> DataFrame:
    """Replaces the path by the file's number."""
    rows: list[dict[str, object]] = [{"at": reported_path(spark, o.file.url), "_file_no": o.number} for o in files]
    table = fn.broadcast(lookup_table(spark, rows, "at string, _file_no int"))
    return frame.join(table, frame[SOURCE] == table["at"]).drop("at", SOURCE)
