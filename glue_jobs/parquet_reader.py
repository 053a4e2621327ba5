"""Parquet files to contract columns: a column of the declared type is taken as it is, any other goes through its text."""

from collections.abc import Iterator, Sequence

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as fn

from glue_jobs import sql
from glue_jobs.casts import spark_type
from glue_jobs.formats import TextFormat
from glue_jobs.headers import match_columns
from glue_jobs.origins import SOURCE, Origin, attach_origin, escape_glob
from glue_jobs.protocol import ColumnSpec


def read_parquet(
    spark: SparkSession, columns: Sequence[ColumnSpec], form: TextFormat, *, files: Sequence[Origin]
) -> Iterator[DataFrame]:
    """The contract columns of files with an equal header; one frame where their types agree too, else one per file."""
    try:
        yield _read(spark, columns, files)
    except (PySparkException, Py4JJavaError):
        if len(files) == 1:
            raise
        for file in files:
            yield _read(spark, columns, [file])


def _read(spark: SparkSession, columns: Sequence[ColumnSpec], files: Sequence[Origin]) -> DataFrame:
    # pandas writes nanoseconds, which Spark reads as plain integers or not at all.
    spark.conf.set("spark.sql.legacy.parquet.nanosAsLong", "true")
    scan = spark.read.option("mergeSchema", len(files) > 1).parquet(*[escape_glob(o.file.url) for o in files])
    positions = match_columns(scan.columns, columns, key=files[0].file.key)
    types = dict(scan.dtypes)
    cells: list[str] = []
    for column in columns:
        found = scan.columns[positions[column.name]] if column.name in positions else None
        at = column.path if column.path is not None else found and sql.name(found)
        cells.append(_cell(column, at, types.get(found) if found else None) + f" AS {sql.name(column.name)}")
    rows = scan.select(
        fn.col("_metadata.file_path").alias(SOURCE),
        (fn.col("_metadata.row_index") + 1).alias("_row"),
        fn.to_json(fn.struct(*[fn.col(sql.name(name)) for name in scan.columns])).alias("_raw"),
        fn.lit(False).alias("_broken"),
        fn.lit(False).alias("_ragged"),
        fn.lit(False).alias("_followed"),
        fn.expr(f"struct({', '.join(cells)})").alias("_text"),
    )
    return attach_origin(spark, rows, files)


def _cell(column: ColumnSpec, at: str | None, type_: str | None) -> str:
    if at is None:
        return "cast(null as string)"
    if type_ == spark_type(column) and type_ != "string":
        return at
    if type_ == "timestamp_ntz" and column.type == "timestamp":
        return f"cast({at} AS timestamp)"
    if type_ == "bigint" and column.type == "timestamp":
        # Nanoseconds; what micros cannot hold stays text and so becomes a cast error.
        return f"if({at} % 1000 = 0, cast(timestamp_micros({at} div 1000) AS string), cast({at} AS string))"
    if type_ in ("double", "float") and not column.type.startswith(("double", "float", "string")):
        # pandas has no integer with NULL: 5.0 is the integer 5.
        plain = f"cast(cast({at} AS decimal(38,18)) AS string)"
        return f"coalesce(regexp_replace({plain}, '[.]?0+$', ''), cast({at} AS string))"
    return f"cast({at} AS string)"
