"""The `validate` job: files to valid rows and quarantine, with the figures of each partition.

One pass reads, casts and judges the rows of all partitions; they are kept, counted, and written once per kind,
quarantine first. The batch rules judge the files that were written.
"""

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as fn

from glue_jobs import sql
from glue_jobs.batch_rules import evaluate_batch_rules
from glue_jobs.casts import spark_type
from glue_jobs.origins import Origin, lookup_table, origins
from glue_jobs.protocol import JobReport, JobRequest, OutputFile, PartitionReport, PartitionWork, RuleOutcome
from glue_jobs.quarantine import ORIGIN, operation, split_quarantined, split_valid, unknown_keys
from glue_jobs.readers import read_files
from glue_jobs.row_rules import WARNED, apply_row_rules, row_rule_outcomes
from glue_jobs.session import prepare_session
from glue_jobs.writers import cuts_by_size, write_partitions


@dataclass
class _Figures:
    """What was counted in one partition."""

    rows: int = 0
    bad: int = 0
    unknown: int = 0
    unreadable: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    warned: dict[str, int] = field(default_factory=dict)
    by_file: dict[int, int] = field(default_factory=dict)


def run(spark: SparkSession, request: JobRequest) -> JobReport:
    """Validates all partitions of a request.

    Raises:
        JobError: the request cannot be carried out as it stands.
    """
    started = time.monotonic()
    # Casts that cannot be are reasons here, not exceptions.
    prepare_session(spark, ansi=False)
    files = origins(request)
    rows = _judged(spark, request, files).persist(StorageLevel.MEMORY_AND_DISK)
    try:
        figures = _count(rows, request, files)
        partitions = _publish(spark, request, rows, figures=figures, files=files)
    finally:
        rows.unpersist()
    return JobReport(
        job="validate",
        dataset=request.dataset,
        token=request.token,
        seconds=round(time.monotonic() - started, 3),
        partitions=partitions,
    )


def main(argv: Sequence[str]) -> int:
    """`--request s3://…/request.json`: the way in for Glue and spark-submit."""
    from glue_jobs.command import run_from_command

    return run_from_command(argv, run)


def _judged(spark: SparkSession, request: JobRequest, files: Sequence[Origin]) -> DataFrame:
    read = read_files(spark, request, files)
    table: list[dict[str, object]] = [
        {"_no": o.number, "_partition": o.partition, "_file": o.file.key, "_file_time": o.file.time, "_token": o.token}
        for o in files
    ]
    schema = "_no int, _partition string, _file string, _file_time timestamp, _token string"
    known = read.join(fn.broadcast(lookup_table(spark, table, schema)), fn.col("_file_no") == fn.col("_no")).drop("_no")
    return apply_row_rules(known, request.row_rules)


def _count(rows: DataFrame, request: JobRequest, files: Sequence[Origin]) -> dict[str, _Figures]:
    figures = {work.partition: _Figures() for work in request.partitions}
    by_number = {o.number: o.partition for o in files}
    counted = rows.groupBy("_file_no").agg(
        fn.count("*").alias("rows"),
        fn.sum(fn.expr("int(size(_reasons) > 0)")).alias("bad"),
        fn.sum(fn.expr("int(size(_reasons) > 0 AND _keys IS NULL)")).alias("unreadable"),
        fn.sum(fn.size(WARNED)).alias("warned"),
    )
    noted = 0
    for row in counted.collect():
        figure = figures[by_number[row["_file_no"]]]
        figure.rows += row["rows"]
        figure.bad += row["bad"]
        figure.unreadable += row["unreadable"] if request.keys else 0
        figure.by_file[row["_file_no"]] = row["rows"]
        noted += row["bad"] + row["warned"]
    if noted:
        _count_reasons(rows, figures)
    return figures


def _count_reasons(rows: DataFrame, figures: dict[str, _Figures]) -> None:
    noted = rows.select(
        "_partition",
        fn.explode(fn.expr(f"concat(_reasons, transform({WARNED}, w -> concat('warned:', w)))")).alias("r"),
    )
    for row in noted.groupBy("_partition", "r").count().collect():
        figure, reason = figures[row["_partition"]], str(row["r"])
        if reason.startswith("warned:"):
            figure.warned[reason.removeprefix("warned:")] = row["count"]
        else:
            figure.reasons[reason] = row["count"]


def _publish(
    spark: SparkSession, request: JobRequest, rows: DataFrame, *, figures: dict[str, _Figures], files: Sequence[Origin]
) -> tuple[PartitionReport, ...]:
    cuts = cuts_by_size(request)
    aside = _set_aside(spark, request, rows, figures=figures, cuts=cuts)
    valid = _valid_rows(rows, request)
    counts = {partition: figure.rows - figure.bad for partition, figure in figures.items()}
    if request.delivers == "snapshot" and request.keys and any(f.bad > f.unreadable for f in figures.values()):
        markers = unknown_keys(rows, request)
        for row in markers.groupBy("_partition").count().collect():
            figures[row["_partition"]].unknown = row["count"]
        valid = valid.unionByName(markers)
    held = {partition: count + figures[partition].unknown for partition, count in counts.items()}
    kept = write_partitions(spark, valid, folder=f"{request.output}/rows", counts=held, files=cuts)
    outcomes = _batch_outcomes(spark, request, kept, counts)
    return tuple(
        _report(work, request, figures[work.partition], files=files, kept=kept, aside=aside, outcomes=outcomes)
        for work in request.partitions
    )


def _set_aside(
    spark: SparkSession, request: JobRequest, rows: DataFrame, *, figures: dict[str, _Figures], cuts: Mapping[str, int]
) -> Mapping[str, tuple[OutputFile, ...]]:
    """Writes the invalid rows, where the dataset declares a quarantine."""
    if not request.sets_aside:
        return dict.fromkeys(figures, ())
    return write_partitions(
        spark,
        split_quarantined(rows),
        folder=request.quarantine_output or f"{request.output}/quarantine",
        counts={partition: figure.bad for partition, figure in figures.items()},
        files=cuts,
    )


def _valid_rows(rows: DataFrame, request: JobRequest) -> DataFrame:
    op = operation(request)
    columns = [fn.col(sql.name(column.name)) for column in request.columns]
    return split_valid(rows).select(*columns, *([] if op is None else [op]), *ORIGIN)


def _batch_outcomes(
    spark: SparkSession, request: JobRequest, kept: Mapping[str, tuple[OutputFile, ...]], counts: Mapping[str, int]
) -> dict[str, list[RuleOutcome]]:
    if not request.batch_rules:
        return {partition: [] for partition in counts}
    return evaluate_batch_rules(spark, _survivors(spark, request, kept), request.batch_rules, counts=counts)


def _survivors(spark: SparkSession, request: JobRequest, kept: Mapping[str, tuple[OutputFile, ...]]) -> DataFrame:
    """What was written, without marker rows: only contract columns and `_partition`, so that no rule meets another."""
    columns = [sql.name(column.name) for column in request.columns] + ["_partition"]
    urls = [file.url for files in kept.values() for file in files]
    if not urls:
        typed = [fn.lit(None).cast(spark_type(c)).alias(c.name) for c in request.columns]
        return spark.range(0).select(*typed, fn.lit("").alias("_partition"))
    written = spark.read.parquet(*urls)
    return (written.where("_op <> '?'") if "_op" in written.columns else written).select(*columns)


def _report(
    work: PartitionWork,
    request: JobRequest,
    figures: _Figures,
    *,
    files: Sequence[Origin],
    kept: Mapping[str, tuple[OutputFile, ...]],
    aside: Mapping[str, tuple[OutputFile, ...]],
    outcomes: Mapping[str, list[RuleOutcome]],
) -> PartitionReport:
    return PartitionReport(
        partition=work.partition,
        token=work.token,
        rows_in=figures.rows,
        rows_out=figures.rows - figures.bad,
        rows_quarantined=figures.bad,
        rows_unknown=figures.unknown,
        files=kept[work.partition],
        quarantine_files=aside[work.partition],
        reasons=dict(sorted(figures.reasons.items())),
        rules=(*_row_outcomes(request, figures), *outcomes[work.partition]),
        unreadable_keys=figures.unreadable,
        problem=_miscounted([o for o in files if o.partition == work.partition], figures),
    )


def _row_outcomes(request: JobRequest, figures: _Figures) -> list[RuleOutcome]:
    judged: dict[str, int] = {}
    failed: dict[str, int] = {}
    for rule in request.row_rules:
        quarantines = rule.otherwise == "quarantine"
        failed[rule.name] = (
            figures.reasons.get(f"rule:{rule.name}", 0) if quarantines else figures.warned.get(rule.name, 0)
        )
        judged[rule.name] = figures.rows - (figures.reasons.get("malformed", 0) if quarantines else figures.bad)
    return row_rule_outcomes(request.row_rules, judged=judged, failed=failed)


def _miscounted(files: Sequence[Origin], figures: _Figures) -> str | None:
    """An independent count of each file against the rows that Spark read."""
    for origin in files:
        counted, read = origin.file.records, figures.by_file.get(origin.number, 0)
        if counted is not None and counted != read:
            return f"file {origin.file.key}: {counted} records were counted, but Spark read {read}"
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
