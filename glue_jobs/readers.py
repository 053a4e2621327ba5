"""Files to one DataFrame: `_file_no`, `_row`, `_raw`, `_malformed`, `_keys`, `_reasons` and the typed contract columns.

Files of one partition may have their columns in another order or under other names; each group of files with an
equal header is read in one scan.
"""

from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import groupby

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as fn

from glue_jobs import sql
from glue_jobs.casts import cast_text, is_text, null_text, spark_type
from glue_jobs.errors import HeaderError
from glue_jobs.formats import TextFormat
from glue_jobs.headers import match_columns
from glue_jobs.json_reader import read_json
from glue_jobs.origins import Origin
from glue_jobs.parquet_reader import read_parquet
from glue_jobs.patterns import CsvPatterns
from glue_jobs.protocol import ColumnSpec, JobRequest
from glue_jobs.reasons import names_where
from glue_jobs.records import read_records

LONGEST_RAW = 65_535
"""Characters of raw text that are kept of a row that is set aside."""

_NO_VALUE = "\x00null"
"""Stands for an empty field without quotes while Spark parses; no file holds it."""


def read_files(spark: SparkSession, request: JobRequest, files: Sequence[Origin]) -> DataFrame:
    """The rows of all files, typed. A value that does not fit is NULL and named in `_reasons`.

    Raises:
        JobError: the format, a header or a type is not one that can be read.
    """
    form = TextFormat.of(request.format)
    if not files:
        return _typed(_no_texts(spark, request), request, form)
    texts = list(_read_groups(spark, request, form, files))
    return reduce(DataFrame.unionByName, [_typed(text, request, form) for text in texts])


def _read_groups(
    spark: SparkSession, request: JobRequest, form: TextFormat, files: Sequence[Origin]
) -> Iterator[DataFrame]:
    if form.kind == "json":
        yield from read_json(spark, request.columns, form, files=files)
        return

    def header(origin: Origin) -> tuple[str, ...]:
        return origin.file.header

    for names, group in groupby(sorted(files, key=header), key=header):
        members = list(group)
        if form.kind == "parquet":
            yield from read_parquet(spark, request.columns, form, files=members)
        else:
            yield _read_csv(spark, request, form, files=members, names=names)


def _read_csv(
    spark: SparkSession, request: JobRequest, form: TextFormat, *, files: Sequence[Origin], names: tuple[str, ...]
) -> DataFrame:
    """`_file_no`, `_row`, `_raw`, `_broken`, `_ragged`, `_followed` and `_text`: the text of each contract column."""
    columns = request.columns
    if form.header and not names:
        raise HeaderError(files[0].file.key, "its header is not known")
    header = names or tuple(column.name for column in columns)
    positions = match_columns(header, columns, key=files[0].file.key)
    records = read_records(spark, form, files=files, header=form.header, quoted=form.multiline)
    fields = [f"f{at}" for at in range(len(header))]
    schema = ", ".join(f"{field} string" for field in fields) + ", _corrupt string"
    parsed = records.withColumn("_p", fn.from_csv("_raw", schema, _parser_options(form)))
    if form.escape != form.quote:
        parsed = parsed.withColumn("_p", fn.expr(_with_odd_escapes(fields, form)))
    strict = fn.when(fn.col("_raw").contains(form.quote), fn.col("_raw").rlike(CsvPatterns.of(form).strict)).otherwise(
        True
    )
    # An empty field comes as NULL; it is a text where the format does not say that it is NULL.
    empty = "_p.f{}" if "" in form.nulls else "coalesce(_p.f{}, '')"
    texts = [
        null_text(empty.format(positions[c.name]), form, is_text=is_text(c))
        if c.name in positions
        else "cast(NULL AS string)"
        for c in columns
    ]
    return parsed.withColumn("_ragged", fn.col("_p._corrupt").isNotNull()).select(
        "_file_no",
        "_row",
        "_raw",
        (~strict).alias("_broken"),
        "_ragged",
        fn.expr(_keys_followed(request.keys, positions, fields)).alias("_followed"),
        _struct(columns, texts).alias("_text"),
    )


def _with_odd_escapes(fields: Sequence[str], form: TextFormat) -> str:
    """Spark's parser takes the escape character away before a quote only; here it goes before any character in quotes."""
    patterns, quote = CsvPatterns.of(form), sql.text(form.quote)
    inside = f"regexp_replace(substring(x, 2, length(x) - 2), {sql.text(patterns.escaped)}, '$1')"
    found = f"regexp_extract_all(concat({sql.text(form.delimiter)}, _raw), {sql.text(patterns.field)}, 1)"
    texts = f"transform({found}, x -> if(startswith(x, {quote}), {inside}, if(x = '', NULL, x)))"
    named = ", ".join(f"get(_f, {at}) AS {field}" for at, field in enumerate(fields))
    corrupt = f"if(size(_f) = {len(fields)}, cast(NULL AS string), _raw) AS _corrupt"
    whole = f"transform(array({texts}), _f -> struct({named}, {corrupt}))[0]"
    return f"if(contains(_raw, {sql.text(form.escape)}) AND _raw RLIKE {sql.text(patterns.odd_escape)}, {whole}, _p)"


def _keys_followed(keys: Sequence[str], positions: dict[str, int], fields: Sequence[str]) -> str:
    """Whether a field after the key holds something, so that a cut did not hit the key itself."""
    last = max((positions.get(key, len(fields)) for key in keys), default=len(fields))
    later = ", ".join(f"_p.{field}" for field in fields[last + 1 :])
    return f"coalesce({later}) IS NOT NULL" if later else "false"


def _parser_options(form: TextFormat) -> dict[str, str]:
    return {
        "sep": form.delimiter,
        "quote": form.quote,
        "escape": form.escape,
        "nullValue": _NO_VALUE,
        "emptyValue": "",
        "mode": "PERMISSIVE",
        "columnNameOfCorruptRecord": "_corrupt",
        "ignoreLeadingWhiteSpace": "false",
        "ignoreTrailingWhiteSpace": "false",
        "maxColumns": "20480",
    }


def _struct(columns: Sequence[ColumnSpec], texts: Sequence[str]) -> Column:
    named = ", ".join(f"{text} AS {sql.name(column.name)}" for column, text in zip(columns, texts, strict=True))
    return fn.expr(f"struct({named})")


def _typed(read: DataFrame, request: JobRequest, form: TextFormat) -> DataFrame:
    """Casts, and the reasons that the reading alone gives: malformed, cast, required."""
    columns, cells = request.columns, {column.name: f"_text.{sql.name(column.name)}" for column in request.columns}
    # Parquet columns that are of their type already come typed; everything else is text.
    types = dict(read.select("_text.*").dtypes)
    kinds = {column.name: types[column.name] == "string" for column in columns}
    values = [cast_text(c, cells[c.name], form) if kinds[c.name] else cells[c.name] for c in columns]
    read = read.withColumn("_value", _struct(columns, values))
    malformed = fn.expr("_broken OR _ragged")
    tests = [(f"{cells[c.name]} IS NOT NULL AND _value.{sql.name(c.name)} IS NULL", f"cast:{c.name}") for c in columns]
    tests += [(f"{cells[c.name]} IS NULL", f"required:{c.name}") for c in columns if c.required]
    found = f"if(_broken OR _ragged, array('malformed'), {names_where(tests)})"
    types_now = [f"if(_broken OR _ragged, NULL, _value.{sql.name(c.name)})" for c in columns]
    return read.select(
        "_file_no",
        fn.col("_row").cast("bigint").alias("_row"),
        fn.expr(f"substring(_raw, 1, {LONGEST_RAW})").alias("_raw"),
        malformed.alias("_malformed"),
        fn.expr(_readable_keys(request)).alias("_keys"),
        fn.expr(found).alias("_reasons"),
        *[fn.expr(now).cast(spark_type(c)).alias(c.name) for c, now in zip(columns, types_now, strict=True)],
    )


def _readable_keys(request: JobRequest) -> str:
    """The business key as a struct, NULL where it cannot be read.

    Of a ragged record the fields before the fault are believed, if something follows them; of a broken one nothing.
    """
    if not request.keys:
        return "cast(null as struct<none: string>)"
    keys = [sql.name(key) for key in request.keys]
    known = " AND ".join(f"_value.{key} IS NOT NULL" for key in keys)
    return f"if(NOT _broken AND (NOT _ragged OR _followed) AND {known}, struct({', '.join(f'_value.{key} AS {key}' for key in keys)}), NULL)"


def _no_texts(spark: SparkSession, request: JobRequest) -> DataFrame:
    empty = spark.range(0).selectExpr(
        "0 AS _file_no", "id AS _row", "'' AS _raw", "false AS _broken", "false AS _ragged"
    )
    return empty.select(
        "*",
        fn.lit(False).alias("_followed"),
        _struct(request.columns, ["''"] * len(request.columns)).alias("_text"),
    )
