"""The transform of the customers pipeline."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as fn

PRODUCED = ("customer_id", "name", "region", "address", "status", "email", "amount", "event_timestamp")


def standardise(rows: DataFrame) -> DataFrame:
    """One spelling for each value, so that a change of spaces or case is no change of a customer."""
    spelled: dict[str, Column] = {
        "name": _trimmed("name"),
        "region": fn.initcap(_trimmed("region")),
        "address": _trimmed("address"),
        "status": fn.upper(_trimmed("status")),
        "email": fn.lower(_trimmed("email")),
    }
    meta = [name for name in rows.columns if name.startswith("_")]
    return rows.select(*[spelled.get(name, fn.col(name)).alias(name) for name in PRODUCED], *meta)


def _trimmed(column: str) -> Column:
    """Spaces at the ends removed, runs of them made one; nothing left is NULL."""
    text = fn.trim(fn.regexp_replace(column, r"\s+", " "))
    return fn.when(text != "", text)
