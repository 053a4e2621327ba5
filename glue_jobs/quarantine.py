"""What is set aside, and what a snapshot can then not say."""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as fn

from glue_jobs import sql
from glue_jobs.casts import spark_type
from glue_jobs.protocol import ColumnSpec, JobRequest

ORIGIN = ("_partition", "_file", "_file_time", "_row", "_token")
"""Where a row comes from; the last columns of every table of rows."""


def split_valid(rows: DataFrame) -> DataFrame:
    return rows.where(fn.size("_reasons") == 0)


def split_quarantined(rows: DataFrame) -> DataFrame:
    """Rows with all their reasons, their raw text and their origin."""
    return rows.where(fn.size("_reasons") > 0).select("_reasons", "_raw", *ORIGIN)


def operation(request: JobRequest) -> Column | None:
    """`_op` of a valid row; None where rows are events."""
    if request.delivers == "changes" and request.delete_when:
        return fn.expr(f"if(coalesce({request.delete_when}, false), 'D', 'U')").alias("_op")
    return fn.lit("U").alias("_op") if request.delivers in ("changes", "snapshot") else None


def unknown_keys(rows: DataFrame, request: JobRequest) -> DataFrame:
    """Marker rows (`_op` = '?'): keys that a snapshot holds in quarantine only. Such a key is unknown, not absent."""
    keys = [fn.col(f"_keys.{sql.name(key)}").alias(key) for key in request.keys]
    bad = rows.where((fn.size("_reasons") > 0) & fn.col("_keys").isNotNull()).select("_partition", *keys, *ORIGIN[1:])
    by_key = ["_partition", *request.keys]
    # The first row of the key stands for all of it.
    first = bad.groupBy(*by_key).agg(fn.min(fn.struct("_file_time", "_file", "_row", "_token")).alias("_o"))
    valid = split_valid(rows).select(*by_key)
    return first.join(valid, by_key, "left_anti").select(
        *_marker_columns(request.columns, request.keys),
        fn.lit("?").alias("_op"),
        "_partition",
        *[fn.col(f"_o.{name}").alias(name) for name in ORIGIN[1:]],
    )


def _marker_columns(columns: Sequence[ColumnSpec], keys: Sequence[str]) -> list[Column]:
    return [
        fn.col(sql.name(c.name)) if c.name in keys else fn.lit(None).cast(spark_type(c)).alias(c.name) for c in columns
    ]
