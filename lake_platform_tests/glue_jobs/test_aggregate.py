"""`rows: aggregate`: the totals on both sides, exact, and where an aggregated row stands."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as fn

from glue_jobs.protocol import InputFile, Total
from lake_platform.errors import SparkJobRefusedError
from lake_platform_tests.glue_jobs.conftest import Bench, Result, specs

pytestmark = pytest.mark.spark

COLUMNS = "place varchar(9), amount decimal(20,2), n int"
PRODUCES = specs("place varchar(9), orders bigint, total decimal(30,2), items bigint")
HERE = __name__
OLD, NEW = "2024-01-02T00:00:00Z", "2024-01-03T00:00:00Z"
LARGE = "90071992547409.93"
"""2 ** 53 cents and one: the first amount that a double cannot hold to the cent."""


def grouped(rows: DataFrame, **sums: Column) -> DataFrame:
    usual = {"orders": fn.count(fn.lit(1)), "total": fn.sum("amount"), "items": fn.sum("n")}
    return rows.groupBy("place").agg(*[made.alias(name) for name, made in {**usual, **sums}.items()])


def by_place(rows: DataFrame) -> DataFrame:
    return grouped(rows)


def aggregate(bench: Bench, files: Sequence[InputFile], function: str = "by_place", **fields: Any) -> Result:
    settings = {
        "transform": f"{HERE}:{function}",
        "rows": "aggregate",
        "produces": PRODUCES,
        "counted": "orders",
        "sums": {"amount": "total", "n": "items"},
    }
    return bench.process(bench.validate({"all": files}, COLUMNS), COLUMNS, **{**settings, **fields})


def two_files(bench: Bench) -> list[InputFile]:
    newer = bench.file("place,amount,n\nb,0.10,1\na,0.20,\n,5.00,2\n", key="t/a.csv", time=NEW)
    older = bench.file("place,amount,n\na,0.10,4\na,,1\n", key="t/z.csv", time=OLD)
    return [older, newer]


def test_totals_are_those_of_all_files(bench: Bench) -> None:
    result = aggregate(bench, two_files(bench))

    assert sorted(result.values("place", "orders", "total", "items"), key=str) == [
        ("a", 3, Decimal("0.30"), 5),
        ("b", 1, Decimal("0.10"), 1),
        (None, 1, Decimal("5.00"), 2),
    ]
    assert (result.partition.rows_in, result.partition.rows_out, result.partition.rows_dropped) == (5, 3, 0)
    assert result.partition.totals == (
        Total(column="orders", of=None, read="5", made="5"),
        Total(column="total", of="amount", read="5.40", made="5.40"),
        Total(column="items", of="n", read="8", made="8"),
    )


def test_an_aggregated_row_stands_in_no_file_and_is_as_new_as_the_newest(bench: Bench) -> None:
    result = aggregate(bench, two_files(bench))

    assert [list(row)[4:] for row in result.valid] == [["_partition", "_file", "_file_time", "_row", "_token"]] * 3
    found = {(r["_partition"], r["_file"], r["_file_time"].replace(tzinfo=None), r["_token"]) for r in result.valid}
    assert found == {("all", "", dt.datetime(2024, 1, 3), "raw-all")}
    # Rows are numbered in the order of their values, NULL first.
    assert result.values("_row", "place") == [(1, None), (2, "a"), (3, "b")]
    assert [row["place"] for row in result.partition.sample] == [None, "a", "b"]


def loses_null(rows: DataFrame) -> DataFrame:
    return grouped(rows.where("place IS NOT NULL"))


def counts_twice(rows: DataFrame) -> DataFrame:
    return grouped(rows.unionByName(rows.where("place = 'b'")))


def counts_values(rows: DataFrame) -> DataFrame:
    return grouped(rows, orders=fn.count("amount"))


def cents_off(rows: DataFrame) -> DataFrame:
    return grouped(rows, total=(fn.sum("amount") + fn.lit(Decimal("0.01"))).cast("decimal(30,2)"))


@pytest.mark.parametrize(
    ("function", "wrong"),
    [
        ("loses_null", {"orders": ("5", "4"), "total": ("5.40", "0.40"), "items": ("8", "6")}),
        ("counts_twice", {"orders": ("5", "6"), "total": ("5.40", "5.50"), "items": ("8", "9")}),
        ("counts_values", {"orders": ("5", "4")}),
        ("cents_off", {"total": ("5.40", "5.43")}),
    ],
)
def test_what_is_lost_or_made_up_shows_in_the_totals(
    bench: Bench, function: str, wrong: dict[str, tuple[str, str]]
) -> None:
    result = aggregate(bench, two_files(bench), function)

    differing = {
        total.column: (total.read, total.made) for total in result.partition.totals if total.read != total.made
    }
    assert differing == wrong


def as_doubles(rows: DataFrame) -> DataFrame:
    return grouped(rows, total=fn.sum(fn.col("amount").cast("double")))


def as_rounded_doubles(rows: DataFrame) -> DataFrame:
    return grouped(rows, total=fn.round(fn.sum(fn.col("amount").cast("double")), 2).cast("decimal(30,2)"))


def test_doubles_that_drift_from_exact_sums_are_refused(bench: Bench) -> None:
    """Ten cents ten times is 0.9999999999999999 in doubles."""
    file = bench.file("place,amount,n\n" + "a,0.10,1\n" * 10)

    with pytest.raises(SparkJobRefusedError, match=r"all: 1 value\(s\) of column total do not fit decimal\(30,2\)"):
        aggregate(bench, [file], "as_doubles")


def test_doubles_that_are_rounded_to_cents_differ_in_the_totals(bench: Bench) -> None:
    file = bench.file(f"place,amount,n\na,{LARGE},1\na,{LARGE},1\na,{LARGE},1\n")

    drifted, exact = aggregate(bench, [file], "as_rounded_doubles"), aggregate(bench, [file])

    assert (exact.partition.totals[1].read, exact.partition.totals[1].made) == ("270215977642229.79",) * 2
    assert drifted.partition.totals[1].read == "270215977642229.79" != drifted.partition.totals[1].made


def test_a_sum_beyond_all_digits_raises(bench: Bench) -> None:
    columns, most = "place varchar(9), amount decimal(38,0), n int", "9" * 38
    validated = bench.validate({"all": [bench.file(f"place,amount,n\na,{most},1\nb,{most},1\n")]}, columns)

    with pytest.raises(Exception, match=r"ARITHMETIC_OVERFLOW|NUMERIC_VALUE_OUT_OF_RANGE"):
        bench.process(
            validated,
            columns,
            transform=f"{HERE}:by_place",
            rows="aggregate",
            produces=specs("place varchar(9), orders bigint, total decimal(38,0), items bigint"),
            counted="orders",
            sums={"amount": "total"},
        )


def with_meta(rows: DataFrame) -> DataFrame:
    return grouped(rows).withColumn("_file", fn.lit("x"))


def test_a_transform_does_not_say_where_its_rows_stand(bench: Bench) -> None:
    with pytest.raises(SparkJobRefusedError, match="it adds `_file`"):
        aggregate(bench, two_files(bench), "with_meta")


def test_an_aggregate_of_two_partitions_is_refused(bench: Bench) -> None:
    days = {
        "2024-01-01": [bench.file("place,amount,n\na,1,1\n")],
        "2024-01-02": [bench.file("place,amount,n\na,2,1\n")],
    }

    with pytest.raises(SparkJobRefusedError, match=r"aggregates 2 partitions, and an aggregate is of one"):
        bench.process(
            bench.validate(days, COLUMNS),
            COLUMNS,
            transform=f"{HERE}:by_place",
            rows="aggregate",
            produces=PRODUCES,
            counted="orders",
        )
