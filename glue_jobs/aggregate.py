"""What the job adds to the rows of an aggregate, and the totals by which it is judged."""

from decimal import Decimal

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as fn

from glue_jobs import sql
from glue_jobs.errors import TransformError
from glue_jobs.protocol import JobRequest, Total

NO_FILE = ""
"""`_file` of a row that comes from many files."""
_DIGITS = 38


def with_origin(request: JobRequest, made: DataFrame, *, read: DataFrame) -> DataFrame:
    """The aggregated rows with the meta columns of their one partition.

    `_file` is empty, `_file_time` the time of the newest file that was read, `_row` the number of the row in the order
    of all its columns: the same for the same rows, however Spark cut them.

    Raises:
        TransformError: there are several partitions, so that each would hold a share of the aggregate.
    """
    if len(request.partitions) != 1:
        fault = f"aggregates {len(request.partitions)} partitions, and an aggregate is of one: partition: {{by: none}}"
        raise TransformError(request.transform or "", request.dataset, fault)
    (work,) = request.partitions
    newest = fn.broadcast(read.agg(fn.max("_file_time").alias("_file_time")))
    order = Window.partitionBy("_partition").orderBy(*[fn.col(sql.name(column)) for column in made.columns])
    placed = made.crossJoin(newest).select(
        *[fn.col(sql.name(column)) for column in made.columns],
        fn.lit(work.partition).alias("_partition"),
        fn.lit(NO_FILE).alias("_file"),
        "_file_time",
        fn.lit(work.token).alias("_token"),
    )
    numbered = placed.withColumn("_row", fn.row_number().over(order).cast("bigint"))
    return numbered.select(*made.columns, "_partition", "_file", "_file_time", "_row", "_token")


def compare_totals(request: JobRequest, read: DataFrame, made: DataFrame) -> tuple[Total, ...]:
    """The count of rows and each declared sum, of what was read and of what was made of it; exact, NULL adds nothing.

    Args:
        made: the rows after their casts, so that the totals are those of the table.
    """
    counted = str(request.counted)
    before = read.agg(fn.count(fn.lit(1)).cast(f"decimal({_DIGITS},0)"), *[_sum(read, of) for of in request.sums])
    after = made.agg(_sum(made, counted), *[_sum(made, column) for column in request.sums.values()])
    columns = [(counted, None), *[(column, of) for of, column in request.sums.items()]]
    sides = zip(columns, before.collect()[0], after.collect()[0], strict=True)
    return tuple(Total(column=column, of=of, read=_text(a), made=_text(b)) for (column, of), a, b in sides)


def _sum(rows: DataFrame, column: str) -> Column:
    """In as many digits as there are: a sum that needs more raises, it is never rounded."""
    kind = dict(rows.dtypes)[column]
    scale = int(kind.rstrip(")").rpartition(",")[2]) if kind.startswith("decimal") else 0
    return fn.sum(fn.col(sql.name(column)).cast(f"decimal({_DIGITS},{scale})"))


def _text(value: Decimal | None) -> str:
    return format(value or Decimal(0), "f")
