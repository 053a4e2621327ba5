"""Runs a dataset's transform and holds it to its promise.

A transform is `function(rows, **inputs)`. It sees the contract columns and the meta columns of each row and carries
the meta columns through untouched. An input is the published rows of another dataset, with its produced columns alone.
`rows: same` returns one DataFrame with every row, `rows: expand` one with any number of rows for each, `rows: filter` a
pair: the rows kept, and the rows dropped with a column `_reason`.
Marker rows (`_op` = '?') have only their keys; they and deletes must be kept. `rows: aggregate` returns the produced
columns alone: such a row comes from no one place, so the job says where it stands (`glue_jobs.aggregate`).
"""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as fn

from glue_jobs import sql
from glue_jobs.aggregate import with_origin
from glue_jobs.casts import spark_type
from glue_jobs.errors import TransformError
from glue_jobs.origins import escape_glob
from glue_jobs.protocol import InputTable, JobRequest

REASON = "_reason"


@dataclass(frozen=True)
class Transformed:
    """What a transform returned. Nothing is evaluated yet; `require_conserved` does."""

    request: JobRequest
    rows: DataFrame
    dropped: DataFrame | None
    meta: Sequence[str]

    def require_conserved(self, read: DataFrame) -> None:
        """Every row that was read is in the result, or dropped with a reason, and its meta columns are what they were.

        Not for an aggregate: its totals are compared by who judges the report.

        Raises:
            TransformError: rows or meta columns were lost, changed or made up.
        """
        if self.request.transform is None or self.request.rows == "aggregate":
            return
        before, after = self._digests(read), self._digests(self.rows)
        if self.dropped is not None:
            self._require_droppable(self.dropped)
            after = after.unionByName(self._digests(self.dropped))
        if self.request.rows == "expand":
            after = after.distinct()
        lost = (
            "rows: expand may repeat rows, it may not drop any"
            if self.request.rows == "expand"
            else "each row has to come out once"
        )
        compared = before.withColumn("n", fn.lit(1)).unionByName(after.withColumn("n", fn.lit(-1)))
        wrong = compared.groupBy("_partition", "digest").agg(fn.sum("n").alias("n")).where("n <> 0")
        total = (
            wrong.groupBy(fn.expr("n > 0").alias("lost"))
            .agg(fn.sum(fn.abs("n")).alias("rows"), fn.min("_partition").alias("at"))
            .collect()
        )
        for row in total:
            verb = "loses" if row["lost"] else "makes up or repeats"
            raise self._error(
                f"{verb} {row['rows']} row(s), or changes their meta columns {', '.join(self.meta)} "
                f"(first in partition {row['at']}): {lost}, with its meta columns as they were"
            )

    def _digests(self, rows: DataFrame) -> DataFrame:
        """Rows by what must not change. A struct compares NULLs as equal when grouped."""
        return rows.select("_partition", fn.struct(*self.meta).alias("digest"))

    def _require_droppable(self, dropped: DataFrame) -> None:
        if dropped.where(fn.col(REASON).isNull()).limit(1).count():
            raise self._error(f"drops rows without a {REASON}")
        if "_op" in self.meta and dropped.where("_op <> 'U'").limit(1).count():
            raise self._error(
                "drops rows whose _op is not 'U': deletes and unknown keys have to reach the target; keep them"
            )

    def _error(self, fault: str) -> TransformError:
        return TransformError(self.request.transform or "", self.request.dataset, fault)


def apply_transform(spark: SparkSession, request: JobRequest, rows: DataFrame, *, meta: Sequence[str]) -> Transformed:
    """The transformed rows, columns checked; without a transform the rows as they are.

    Raises:
        TransformError: there is no such function, or its columns are not those that `produces` declares.
    """
    if request.transform is None:
        return Transformed(request, rows, None, meta)
    inputs = {name: _input(spark, table) for name, table in request.inputs.items()}
    returned: Any = _function(request)(rows, **inputs)
    dropped: DataFrame | None = None
    if request.rows == "filter":
        if not (isinstance(returned, tuple) and len(returned) == 2):  # pyright: ignore[reportUnknownArgumentType]
            raise _error(request, f"returns {type(returned).__name__}: rows: filter returns the pair (kept, dropped)")
        returned, dropped = returned
        _require_columns(request, dropped, [REASON, *meta], exact=False)
    produced = [column.name for column in request.produces or request.columns]
    if request.rows == "aggregate":
        _require_columns(request, returned, produced, exact=True)
        return Transformed(request, with_origin(request, returned, read=rows), None, meta)
    _require_columns(request, returned, [*produced, *meta], exact=True)
    return Transformed(request, returned, dropped, meta)


def _input(spark: SparkSession, table: InputTable) -> DataFrame:
    """The rows of a table without marker rows, which stand for keys whose row is in quarantine."""
    names = [sql.name(column.name) for column in table.columns]
    if not table.urls:
        return spark.range(0).select(*[fn.lit(None).cast(spark_type(c)).alias(c.name) for c in table.columns])
    read = spark.read.parquet(*map(escape_glob, table.urls))
    return (read.where("_op <> '?'") if "_op" in read.columns else read).select(*names)


def _function(request: JobRequest) -> Callable[..., Any]:
    if request.rows not in ("same", "filter", "expand", "aggregate"):
        raise _error(request, f"is declared with rows: {request.rows}, which the job does not run")
    module, _, function = str(request.transform).partition(":")
    try:
        found = getattr(importlib.import_module(module), function, None)
    except ModuleNotFoundError as error:
        raise _error(request, f"cannot be imported ({error})") from error
    if not callable(found):
        raise _error(request, f"is not there: module {module} has no function {function!r}")
    return found


def _require_columns(request: JobRequest, made: Any, wanted: Sequence[str], *, exact: bool) -> None:
    if not isinstance(made, DataFrame):
        raise _error(request, f"returns {type(made).__name__}, not a DataFrame")
    missing = [column for column in wanted if column not in made.columns]
    extra = [column for column in made.columns if column not in wanted] if exact else []
    twice = sorted({column for column in made.columns if made.columns.count(column) > 1})
    faults = [("lacks", missing), ("adds", extra), ("repeats", twice)]
    told = "; ".join(f"{verb} {', '.join(map(sql.name, columns))}" for verb, columns in faults if columns)
    if told:
        raise _error(request, f"yields other columns than `produces` declares: it {told}")


def _error(request: JobRequest, fault: str) -> TransformError:
    return TransformError(str(request.transform), request.dataset, fault)
