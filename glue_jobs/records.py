"""From the lines of text files to records with a number that no split of the files can change.

Spark's own multi-line CSV reader reads a file in one task, detects one kind of line end for all of it, keeps no raw
text and takes broken quotes for data. Here lines are read (each file may be split), and only files that do have a
line that ends inside quotes are put together by a window over their lines.

A record is a line, or several lines joined with LF where a quoted field spans them. Lines that hold nothing but
spaces and tabs are no records, neither are comments. `_row` counts from 1 after the header.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as fn

from glue_jobs import sql
from glue_jobs.formats import TextFormat
from glue_jobs.origins import SOURCE, Origin, attach_origin, escape_glob, lookup_table, reported_path, with_source
from glue_jobs.patterns import CsvPatterns

BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True)
class Chunk:
    """The lines of one file that one task reads: how many they are and the id of the first."""

    path: str
    task: int
    lines: int
    first: int
    opens: bool


def read_records(
    spark: SparkSession, form: TextFormat, *, files: Sequence[Origin], header: bool, quoted: bool
) -> DataFrame:
    """`_file_no`, `_row`, `_raw`: the records of these files after skipped lines and header, before the footer.

    Args:
        header: the first record of each file names the columns.
        quoted: a line end inside quotes is part of a value.
    """
    lines = _significant(_lines(spark, form, files), form)
    chunks = _survey(lines, form, quoted=quoted)
    spanning = {chunk.path for chunk in chunks if chunk.opens}
    whole = [o for o in files if reported_path(spark, o.file.url) not in spanning]
    parts: list[DataFrame] = []
    if whole or not files:
        parts.append(
            _one_line_records(spark, lines, chunks=[c for c in chunks if c.path not in spanning], header=header)
        )
    if spanning:
        torn = [o for o in files if reported_path(spark, o.file.url) in spanning]
        parts.append(_joined_records(_lines(spark, form, torn), form, header=header))
    records = parts[0] if len(parts) == 1 else parts[0].unionByName(parts[1])
    if form.footer:
        records = _without_footer(spark, records, form)
    return attach_origin(spark, records.where("_row >= 1"), files).select("_file_no", "_row", "_raw")


def _lines(spark: SparkSession, form: TextFormat, files: Sequence[Origin]) -> DataFrame:
    """`_source`, `_raw`, `_at`: all lines but the skipped ones; `_at` grows within a file."""
    urls = [escape_glob(o.file.url) for o in files]
    if form.splits_at_bytes:
        scan = with_source(spark.read.text(urls))
        line = fn.col("value") if form.charset == "utf-8" else fn.decode(fn.col("value").cast("binary"), form.charset)
        lines = scan.select(SOURCE, line.alias("_raw"), fn.monotonically_increasing_id().alias("_at"))
    else:
        scan = with_source(spark.read.text(urls, wholetext=True))
        decoded = fn.decode(fn.col("value").cast("binary"), form.charset)
        split = fn.split(fn.regexp_replace(decoded, f"^{BYTE_ORDER_MARK}|(?:\r\n|\n|\r)$", ""), "\r\n|\n|\r")
        lines = scan.select(SOURCE, fn.posexplode(split).alias("_line", "_raw"))
        lines = lines.select(SOURCE, "_raw", fn.monotonically_increasing_id().alias("_at"))
    return _without_skipped(spark, lines, form) if form.skip else lines


def _without_skipped(spark: SparkSession, lines: DataFrame, form: TextFormat) -> DataFrame:
    """Spark orders the splits of a file, so the smallest id of a file is its first line."""
    first = lines.groupBy(SOURCE).agg(fn.min("_at").alias("first")).collect()
    rows: list[dict[str, object]] = [{"at": row[SOURCE], "start": row["first"] + form.skip} for row in first]
    table = fn.broadcast(lookup_table(spark, rows, "at string, start bigint"))
    kept = lines.join(table, (lines[SOURCE] == table["at"]) & (lines["_at"] >= table["start"]))
    return kept.select(SOURCE, "_raw", "_at")


def _without_footer(spark: SparkSession, records: DataFrame, form: TextFormat) -> DataFrame:
    last = records.groupBy(SOURCE).agg(fn.max("_row").alias("last")).collect()
    rows: list[dict[str, object]] = [{"at": row[SOURCE], "stop": row["last"] - form.footer} for row in last]
    table = fn.broadcast(lookup_table(spark, rows, "at string, stop bigint"))
    kept = records.join(table, (records[SOURCE] == table["at"]) & (records["_row"] <= table["stop"]))
    return kept.select(SOURCE, "_row", "_raw")


def _significant(lines: DataFrame, form: TextFormat) -> DataFrame:
    kept = lines.where(~_is_no_record(fn.col("_raw"), form))
    return kept.select(SOURCE, "_raw", fn.monotonically_increasing_id().alias("_at"))


def _is_no_record(line: Column, form: TextFormat) -> Column:
    blanks = " \t".replace(form.delimiter, "")
    blank = fn.expr(f"trim(BOTH {sql.text(blanks)} FROM _raw) = ''") if blanks else line == ""
    return blank | line.startswith(form.comment) if form.comment else blank


def _survey(lines: DataFrame, form: TextFormat, *, quoted: bool) -> list[Chunk]:
    """Counts lines for each file and task; the ids of one task are consecutive."""
    opens = fn.lit(False)
    if quoted:
        pattern = CsvPatterns.of(form).open_after_closed
        opens = fn.when(fn.col("_raw").contains(form.quote), fn.col("_raw").rlike(pattern)).otherwise(False)
    task = fn.shiftright("_at", 33)
    counted = lines.groupBy(SOURCE, task.alias("task")).agg(
        fn.count("*").alias("lines"), fn.min("_at").alias("first"), fn.max(opens).alias("opens")
    )
    return [Chunk(r[SOURCE], r["task"], r["lines"], r["first"], bool(r["opens"])) for r in counted.collect()]


def _one_line_records(spark: SparkSession, lines: DataFrame, *, chunks: Sequence[Chunk], header: bool) -> DataFrame:
    rows: list[dict[str, object]] = []
    before: dict[str, int] = {}
    for chunk in sorted(chunks, key=lambda c: c.first):
        start = before.get(chunk.path, 0)
        rows.append({"at": chunk.path, "task": chunk.task, "shift": start + (0 if header else 1) - chunk.first})
        before[chunk.path] = start + chunk.lines
    table = fn.broadcast(lookup_table(spark, rows, "at string, task bigint, shift bigint"))
    placed = lines.join(table, (lines[SOURCE] == table["at"]) & (fn.shiftright(lines["_at"], 33) == table["task"]))
    return placed.select(SOURCE, (fn.col("_at") + fn.col("shift")).alias("_row"), "_raw")


def _joined_records(lines: DataFrame, form: TextFormat, *, header: bool) -> DataFrame:
    """Each line is a function of "inside quotes or not"; their composition along the file is two running sums."""
    patterns = CsvPatterns.of(form)
    has_quote = fn.col("_raw").contains(form.quote)
    from_closed = fn.when(has_quote, fn.col("_raw").rlike(patterns.open_after_closed)).otherwise(False)
    from_closed = fn.when(_is_comment(form), False).otherwise(from_closed)
    from_open = fn.when(
        has_quote | fn.lit(form.escape != form.quote), fn.col("_raw").rlike(patterns.open_after_open)
    ).otherwise(True)
    order = Window.partitionBy(SOURCE).orderBy("_at")
    running = order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    flips = lines.select("*", from_closed.alias("c"), from_open.alias("o")).withColumn(
        "flips", fn.sum(fn.expr("int(c and not o)")).over(running)
    )
    known = fn.last(fn.expr("if(c = o, struct(int(c) as state, flips as flips), null)"), ignorenulls=True).over(running)
    after = fn.expr("pmod(coalesce(known.state, 0) + flips - coalesce(known.flips, 0), 2)")
    states = flips.withColumn("known", known).withColumn("after", after)
    starts = states.withColumn("starts", fn.coalesce(fn.lag("after").over(order), fn.lit(0)) == 0)
    alone = fn.col("starts") & _is_no_record(fn.col("_raw"), form)
    counted = starts.withColumn("blank", alone).withColumn(
        "_row", fn.sum(fn.expr("int(starts and not blank)")).over(running)
    )
    joined = (
        counted.where("not blank")
        .groupBy(SOURCE, "_row")
        .agg(fn.sort_array(fn.collect_list(fn.struct("_at", "_raw"))).alias("lines"))
    )
    raw = fn.array_join(fn.col("lines._raw"), "\n")
    return joined.select(SOURCE, (fn.col("_row") - (1 if header else 0)).alias("_row"), raw.alias("_raw"))


def _is_comment(form: TextFormat) -> Column:
    return fn.col("_raw").startswith(form.comment) if form.comment else fn.lit(False)
