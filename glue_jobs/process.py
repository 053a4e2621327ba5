"""The `process` job: validated rows through the dataset's transform to the exact columns of the tables."""

import datetime as dt
import decimal
import sys
import time
from collections.abc import Mapping, Sequence

from pyspark import StorageLevel
from pyspark.sql import DataFrame, Row, SparkSession, Window
from pyspark.sql import functions as fn

from glue_jobs import sql
from glue_jobs.aggregate import compare_totals
from glue_jobs.casts import cast_text, fits_text, is_text, spark_type
from glue_jobs.errors import CastAfterTransformError
from glue_jobs.formats import TextFormat
from glue_jobs.origins import escape_glob, lookup_table
from glue_jobs.pii import hash_personal
from glue_jobs.protocol import ColumnSpec, JobReport, JobRequest, PartitionReport, RowRuleSpec, RuleOutcome
from glue_jobs.quarantine import ORIGIN
from glue_jobs.row_rules import row_rule_outcomes
from glue_jobs.session import prepare_session
from glue_jobs.transform import apply_transform
from glue_jobs.writers import cuts_by_size, write_partitions

SAMPLE_ROWS = 10


def run(spark: SparkSession, request: JobRequest) -> JobReport:
    """Processes all partitions of a request.

    Raises:
        JobError: the transform breaks its promise, or a value does not fit the column it is declared for.
    """
    started = time.monotonic()
    # What a transform computes is right or raises: no silent NULL for an overflow.
    prepare_session(spark, ansi=True)
    read = _validated(spark, request)
    transformed = apply_transform(spark, request, read, meta=meta_columns(request))
    made = _judged(request, _exact(request, transformed.rows)).persist(StorageLevel.MEMORY_AND_DISK)
    try:
        transformed.require_conserved(read)
        partitions = _publish(spark, request, read, made=made, dropped=transformed.dropped)
    finally:
        made.unpersist()
    return JobReport(
        job="process",
        dataset=request.dataset,
        token=request.token,
        seconds=round(time.monotonic() - started, 3),
        partitions=partitions,
    )


def main(argv: Sequence[str]) -> int:
    """`--request s3://…/request.json`: the way in for Glue and spark-submit."""
    from glue_jobs.command import run_from_command

    return run_from_command(argv, run)


def meta_columns(request: JobRequest) -> list[str]:
    """The columns after the declared ones, in this order."""
    return [*(["_op"] if request.delivers in ("changes", "snapshot") else []), *ORIGIN]


def _validated(spark: SparkSession, request: JobRequest) -> DataFrame:
    """The rows of all partitions with the token of what is made of them."""
    urls = [escape_glob(file.url) for work in request.partitions for file in work.files]
    meta = meta_columns(request)
    if not urls:
        columns = [fn.lit(None).cast(spark_type(c)).alias(c.name) for c in request.columns]
        stand_ins = {"_file_time": "timestamp", "_row": "bigint"}
        return spark.range(0).select(*columns, *[fn.lit(None).cast(stand_ins.get(m, "string")).alias(m) for m in meta])
    rows = spark.read.parquet(*urls).select(*[sql.name(c.name) for c in request.columns], *meta)
    table: list[dict[str, object]] = [{"_p": work.partition, "_new": work.token} for work in request.partitions]
    tokens = fn.broadcast(lookup_table(spark, table, "_p string, _new string"))
    renewed = rows.join(tokens, rows["_partition"] == tokens["_p"]).withColumn("_token", fn.col("_new"))
    return renewed.select(*rows.columns)


def _exact(request: JobRequest, rows: DataFrame) -> DataFrame:
    """Declared columns in DDL order with exact types, the tests whether each value fitted, then meta columns."""
    produced = request.produces or request.columns
    hashed = hash_personal(rows, request, produced)
    types = dict(hashed.dtypes)
    values = {column.name: _value(column, types) for column in produced}
    return hashed.select(
        *[fn.expr(value).alias(name) for name, value in values.items()],
        *[fn.expr(f"{sql.name(n)} IS NOT NULL AND ({value}) IS NULL").alias(_bad(n)) for n, value in values.items()],
        *meta_columns(request),
    )


def _judged(request: JobRequest, rows: DataFrame) -> DataFrame:
    """With a column for each rule: whether the row breaks it. Marker rows stand for rows that are not there."""
    real = "_op <> '?'" if "_op" in meta_columns(request) else "true"
    tests = [
        fn.expr(f"{real} AND NOT coalesce({rule.predicate}, false)").alias(_broken(rule)) for rule in request.row_rules
    ]
    return rows.select("*", *tests)


def _broken(rule: RowRuleSpec) -> str:
    return f"_broken_{rule.name}"


def _bad(column: str) -> str:
    return f"_bad_{column}"


def _value(column: ColumnSpec, types: Mapping[str, str]) -> str:
    """The value in its declared type; NULL where that would change it."""
    at = sql.name(column.name)
    if is_text(column):
        text = f"cast({at} AS string)"
        return f"if({fits_text(column, text)}, {text}, NULL)"
    found = types[column.name]
    if found == column.type:
        return at
    if found == "string":
        return cast_text(column, at, TextFormat())
    # A cast that rounds or cuts is no fit: the value has to come back as it was.
    cast = f"try_cast({at} AS {column.type})"
    return f"if(try_cast({cast} AS {found}) = {at}, {cast}, NULL)"


def _publish(
    spark: SparkSession, request: JobRequest, read: DataFrame, *, made: DataFrame, dropped: DataFrame | None
) -> tuple[PartitionReport, ...]:
    produced = request.produces or request.columns
    before = _count(read, request)
    after = _count(made, request, produced, request.row_rules)
    reasons = _count_dropped(dropped)
    totals = compare_totals(request, read, made) if request.rows == "aggregate" else ()
    for work in request.partitions:
        _require_fit(request, work.partition, after.get(work.partition), produced)
    held = {
        work.partition: _rows(after, work.partition) + _unknown(after, work.partition) for work in request.partitions
    }
    rows = made.select(*[sql.name(column.name) for column in produced], *meta_columns(request))
    kept = write_partitions(spark, rows, folder=f"{request.output}/rows", counts=held, files=cuts_by_size(request))
    samples = _samples(made, request, produced)
    return tuple(
        PartitionReport(
            partition=work.partition,
            token=work.token,
            rows_in=_rows(before, work.partition),
            rows_out=_rows(after, work.partition),
            rows_dropped=sum(reasons.get(work.partition, {}).values()),
            rows_unknown=_unknown(after, work.partition),
            files=kept[work.partition],
            reasons=reasons.get(work.partition, {}),
            sample=tuple(samples.get(work.partition, ())),
            totals=totals,
            rules=tuple(_outcomes(request, after.get(work.partition))),
        )
        for work in request.partitions
    )


def _count(
    rows: DataFrame, request: JobRequest, tested: Sequence[ColumnSpec] = (), rules: Sequence[RowRuleSpec] = ()
) -> dict[str, Row]:
    """By partition: rows, marker rows, values that did not fit, and rows that break each rule."""
    marker = "_op = '?'" if "_op" in meta_columns(request) else "false"
    counts = rows.groupBy("_partition").agg(
        fn.sum(fn.expr(f"int(NOT {marker})")).alias("rows"),
        fn.sum(fn.expr(f"int({marker})")).alias("unknown"),
        *[fn.sum(fn.col(sql.name(_bad(c.name))).cast("int")).alias(_bad(c.name)) for c in tested],
        *[fn.sum(fn.col(sql.name(_broken(rule))).cast("int")).alias(_broken(rule)) for rule in rules],
    )
    return {row["_partition"]: row for row in counts.collect()}


def _rows(counts: Mapping[str, Row], partition: str) -> int:
    return int(counts[partition]["rows"]) if partition in counts else 0


def _unknown(counts: Mapping[str, Row], partition: str) -> int:
    return int(counts[partition]["unknown"]) if partition in counts else 0


def _outcomes(request: JobRequest, counts: Row | None) -> list[RuleOutcome]:
    rows = int(counts["rows"]) if counts is not None else 0
    failed = {rule.name: int(counts[_broken(rule)]) for rule in request.row_rules} if counts is not None else {}
    return row_rule_outcomes(request.row_rules, judged={rule.name: rows for rule in request.row_rules}, failed=failed)


def _require_fit(request: JobRequest, partition: str, counts: Row | None, produced: Sequence[ColumnSpec]) -> None:
    for column in produced:
        if counts is not None and counts[_bad(column.name)]:
            bad = int(counts[_bad(column.name)])
            limit = f"varchar({column.max_bytes})" if column.max_bytes else column.type
            raise CastAfterTransformError(request.dataset, column.name, type_=limit, rows=bad, partition=partition)


def _count_dropped(dropped: DataFrame | None) -> dict[str, dict[str, int]]:
    """By partition: reason -> rows."""
    found: dict[str, dict[str, int]] = {}
    if dropped is not None:
        for row in dropped.groupBy("_partition", "_reason").count().orderBy("_partition", "_reason").collect():
            found.setdefault(row["_partition"], {})[str(row["_reason"])] = row["count"]
    return found


def _samples(
    made: DataFrame, request: JobRequest, produced: Sequence[ColumnSpec]
) -> dict[str, list[dict[str, object]]]:
    """The first rows of each partition, as values that JSON has."""
    rows = made.where("_op <> '?'") if "_op" in meta_columns(request) else made
    order = Window.partitionBy("_partition").orderBy("_file_time", "_file", "_row")
    first = rows.withColumn("_n", fn.row_number().over(order)).where(fn.col("_n") <= SAMPLE_ROWS)
    found: dict[str, list[dict[str, object]]] = {}
    for row in first.select("_partition", *[sql.name(c.name) for c in produced]).orderBy("_partition", "_n").collect():
        found.setdefault(row["_partition"], []).append({c.name: _shown(row[c.name]) for c in produced})
    return found


def _shown(value: object) -> object:
    return str(value) if isinstance(value, decimal.Decimal | dt.date) else value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
