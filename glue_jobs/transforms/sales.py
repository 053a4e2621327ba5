"""The transforms of the sales pipeline."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as fn

NAMES = ("region", "country", "item_type")
GROUP = ("region", "country", "year", "quarter")


def spell_names(rows: DataFrame) -> DataFrame:
    """One spelling of each region, country and item: without outer blanks, with single blanks inside."""
    return rows.withColumns({name: _single_blanks(name) for name in NAMES})


def total_by_quarter(rows: DataFrame) -> DataFrame:
    """Orders, units and amounts of each region, country, year and quarter; decimals stay decimals."""
    dated = spell_names(rows).withColumns({"year": fn.year("order_date"), "quarter": fn.quarter("order_date")})
    return dated.groupBy(*GROUP).agg(
        fn.count(fn.lit(1)).alias("orders"),
        fn.sum("units_sold").alias("units"),
        fn.sum("total_revenue").alias("revenue"),
        fn.sum("total_cost").alias("cost"),
        fn.sum("total_profit").alias("profit"),
    )


def _single_blanks(name: str) -> Column:
    return fn.trim(fn.regexp_replace(name, r"\s+", " "))
