"""JSON lines and JSON arrays to texts.

Spark reads the first object of a line and drops the rest, and its text of a number goes through a double: so each
document is parsed once more as a whole, and decimals are parsed as decimals.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Union

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as fn

from glue_jobs import sql
from glue_jobs.casts import is_text, null_text
from glue_jobs.errors import PathConflictError
from glue_jobs.formats import TextFormat
from glue_jobs.headers import match_columns
from glue_jobs.origins import SOURCE, Origin, attach_origin, escape_glob, with_source
from glue_jobs.protocol import ColumnSpec
from glue_jobs.records import BYTE_ORDER_MARK, read_records

_END = "\\u0001end"
"""A sentinel behind the document, in JSON's own spelling: it is found only if the document ended where the text did."""

Tree = dict[str, Union["Tree", str]]

_NOTHING: Tree = {"\x01": "string"}


@dataclass
class _Paths:
    """Where the texts of the columns are: a tree for the schema and the spellings of each column."""

    tree: Tree = field(default_factory=dict)
    spellings: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)


def read_json(
    spark: SparkSession, columns: Sequence[ColumnSpec], form: TextFormat, *, files: Sequence[Origin]
) -> Iterator[DataFrame]:
    """The texts of the contract columns, one frame for files of lines and one for files that are an array.

    Raises:
        HeaderError: two names of a file are equally good for one column.
    """

    def spelled(origin: Origin) -> tuple[ColumnSpec, ...]:
        return tuple(_as_spelled(column, origin) for column in columns)

    for names, group in groupby(sorted(files, key=lambda o: str(spelled(o))), key=spelled):
        yield from _read_group(spark, names, form, files=list(group))


def _as_spelled(column: ColumnSpec, origin: Origin) -> ColumnSpec:
    """The column with the name that this file has for it, where that differs in case or outer spaces only."""
    if column.path is not None:
        return column
    found = match_columns(origin.file.header, [column], key=origin.file.key)
    spelled = origin.file.header[found[column.name]] if found else column.name
    return column if spelled in (column.name, *column.aliases) else replace(column, aliases=(*column.aliases, spelled))


def _read_group(
    spark: SparkSession, columns: Sequence[ColumnSpec], form: TextFormat, *, files: Sequence[Origin]
) -> Iterator[DataFrame]:
    arrays = _arrays(spark, form, files) if form.multiline else set[int]()
    lines = [o for o in files if o.number not in arrays]
    if lines:
        records = read_records(spark, form, files=lines, header=False, quoted=False)
        # The record may be any JSON value; the sentinel behind it makes two elements of exactly one document.
        whole = fn.from_json(fn.expr(f"concat('[', _raw, ',\"{_sql_end()}\"]')"), "array<string>")
        intact = records.withColumn("_whole", whole)
        intact = intact.withColumn(
            "_broken",
            fn.expr(
                "NOT coalesce(size(_whole) = 2 AND _whole[1] = '\\u0001end' AND _raw RLIKE '^[ \\\\t]*[{]', false)"
            ),
        )
        yield _columns(intact, columns, form)
    members = [o for o in files if o.number in arrays]
    if members:
        yield _columns(_elements(spark, columns, form, files=members), columns, form)


def _sql_end() -> str:
    return _END.replace("\\", "\\\\")


def _arrays(spark: SparkSession, form: TextFormat, files: Sequence[Origin]) -> set[int]:
    """The files whose first character that is no space opens an array or an object that spans lines."""
    records = read_records(spark, form, files=files, header=False, quoted=False)
    first = records.where("_row = 1").select(
        "_file_no", fn.expr("substring(ltrim(' \\t', _raw), 1, 1)").alias("c"), "_raw"
    )
    opens = fn.expr("c = '[' OR (c = '{' AND _raw RLIKE '^[ \\\\t]*[{][ \\\\t]*$')")
    return {row["_file_no"] for row in first.where(opens).select("_file_no").collect()}


def _elements(
    spark: SparkSession, columns: Sequence[ColumnSpec], form: TextFormat, *, files: Sequence[Origin]
) -> DataFrame:
    """One row per element of the array. A file that is no intact array is one broken record."""
    scan = with_source(spark.read.text([escape_glob(o.file.url) for o in files], wholetext=True))
    text = fn.decode(fn.col("value").cast("binary"), form.charset)
    documents = attach_origin(
        spark, scan.select(SOURCE, fn.ltrim(fn.regexp_replace(text, f"^{BYTE_ORDER_MARK}", "")).alias("_doc")), files
    )
    listed = documents.withColumn("_list", fn.expr("if(_doc RLIKE '^\\\\s*[{]', concat('[', _doc, ']'), _doc)"))
    checked = fn.from_json(fn.expr(f"concat('[', _list, ',[\"{_sql_end()}\"]]')"), "array<array<string>>")
    listed = listed.withColumn("_whole", checked)
    intact = "coalesce(size(_whole) = 2 AND _whole[1][0] = '\\u0001end', false)"
    listed = listed.withColumn("_intact", fn.expr(intact))
    parts = fn.expr("if(_intact, _whole[0], array(_doc))")
    # The text of an element has its numbers through a double; its decimals come from the document itself.
    exact = fn.from_json("_list", f"array<{_type(_decimal_tree(columns))}>")
    listed = listed.withColumn("_exact", exact)
    rows = listed.select("_file_no", "_intact", fn.posexplode(parts).alias("_at", "_raw"), "_exact")
    return rows.select(
        "_file_no",
        (fn.col("_at") + 1).cast("bigint").alias("_row"),
        "_raw",
        fn.expr("NOT (_intact AND coalesce(_raw RLIKE '^\\\\s*[{]', false))").alias("_broken"),
        fn.expr("if(_intact, _exact[_at], NULL)").alias("_d"),
    )


def _columns(records: DataFrame, columns: Sequence[ColumnSpec], form: TextFormat) -> DataFrame:
    paths = _paths(columns)
    parsed = records.withColumn("_j", fn.from_json("_raw", _schema(paths.tree)))
    if "_d" not in records.columns:
        parsed = parsed.withColumn("_d", fn.from_json("_raw", _schema(_decimal_tree(columns))))
    texts = ", ".join(f"{null_text(_text(c, paths), form, is_text=is_text(c))} AS {sql.name(c.name)}" for c in columns)
    return parsed.select(
        "_file_no",
        "_row",
        "_raw",
        "_broken",
        fn.lit(False).alias("_ragged"),
        fn.lit(False).alias("_followed"),
        fn.expr(f"struct({texts})").alias("_text"),
    )


def _paths(columns: Sequence[ColumnSpec], leaf: str = "string") -> _Paths:
    paths = _Paths()
    for column in columns:
        paths.spellings[column.name] = list(_spellings(column))
        for steps in paths.spellings[column.name]:
            _plant(paths.tree, steps, column=column, leaf=leaf)
    return paths


def _spellings(column: ColumnSpec) -> Iterator[tuple[str, ...]]:
    if column.path is not None:
        yield tuple(column.path.removeprefix("$.").split("."))
        return
    for spelled in (column.name, *column.aliases):
        yield (spelled,)


def _plant(tree: Tree, steps: tuple[str, ...], *, column: ColumnSpec, leaf: str) -> None:
    node = tree
    for step in steps[:-1]:
        below = node.setdefault(step, {})
        if isinstance(below, str):
            raise PathConflictError(column.name, ".".join(steps))
        node = below
    if isinstance(node.setdefault(steps[-1], leaf), dict):
        raise PathConflictError(column.name, ".".join(steps))


def _decimal_tree(columns: Sequence[ColumnSpec]) -> Tree:
    """Decimals with all the fraction digits that 38 allow, so that too many are seen and not rounded away."""
    tree: Tree = {}
    for column in (c for c in columns if c.type.startswith("decimal")):
        precision, scale = (int(n) for n in column.type.removeprefix("decimal(").rstrip(")").split(","))
        for steps in _spellings(column):
            _plant(tree, steps, column=column, leaf=f"decimal(38,{38 - (precision - scale)})")
    return tree


def _schema(tree: Tree) -> str:
    """Without any column there is still a struct, of a key that no document has."""
    return ", ".join(f"{sql.name(key)} {_type(node)}" for key, node in (tree or _NOTHING).items())


def _type(node: Tree | str) -> str:
    if isinstance(node, str):
        return node
    return "struct<" + ", ".join(f"{sql.name(key)}: {_type(below)}" for key, below in (node or _NOTHING).items()) + ">"


def _text(column: ColumnSpec, paths: _Paths) -> str:
    found: list[str] = []
    for steps in paths.spellings[column.name]:
        at = ".".join(map(sql.name, steps))
        if column.type.startswith("decimal"):
            found.append(f"cast(_d.{at} AS string)")
        found.append(f"_j.{at}")
    return f"coalesce({', '.join(found)})" if len(found) > 1 else found[0]
