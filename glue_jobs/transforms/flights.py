"""The transform of the flights pipeline."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as fn

PRODUCED = (
    *("carrier", "dep_airport", "arr_airport", "dep_city", "arr_city", "dep_state", "arr_state"),
    *("dep_delay", "arr_delay", "flight_date"),
)


def with_airports(flights: DataFrame, airports: DataFrame) -> DataFrame:
    """Each flight with the airports that it left and reached, and its date.

    Two passes over the list of airports, each a left join: a flight of an airport that is not in the list stays, with
    the airport's number in place of its name and no city. Nothing is made distinct: flights carry no number here, so
    equal rows are different flights.
    """
    from_origin = _joined(flights, airports, key="origin_airport_id", side="dep")
    both = _joined(from_origin, airports, key="dest_airport_id", side="arr")
    meta = [name for name in flights.columns if name.startswith("_")]
    made: dict[str, Column] = {
        "dep_airport": fn.coalesce("dep_airport", fn.col("origin_airport_id").cast("string")),
        "arr_airport": fn.coalesce("arr_airport", fn.col("dest_airport_id").cast("string")),
        "flight_date": fn.to_date("_partition"),
    }
    return both.select(*[made.get(name, fn.col(name)).alias(name) for name in PRODUCED], *meta)


def _joined(flights: DataFrame, airports: DataFrame, *, key: str, side: str) -> DataFrame:
    """The flights with `<side>_airport`, `<side>_city` and `<side>_state`; NULL where the list lacks the airport."""
    known = airports.select(
        fn.col("airport_id").alias(key),
        fn.col("name").alias(f"{side}_airport"),
        fn.col("city").alias(f"{side}_city"),
        fn.col("state").alias(f"{side}_state"),
    )
    return flights.join(fn.broadcast(known), key, "left")
