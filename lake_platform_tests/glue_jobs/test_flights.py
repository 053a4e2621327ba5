"""The transform of the flights pipeline, and rules about what a transform makes."""

import datetime as dt

import pytest

from glue_jobs.protocol import InputTable, RowRuleSpec
from glue_jobs.transforms.flights import PRODUCED
from lake_platform_tests.glue_jobs.conftest import Bench, Result, specs

pytestmark = pytest.mark.spark

AIRPORTS = "airport_id int, city varchar(100), state varchar(64), name varchar(200)"
FLIGHTS = "carrier varchar(8), origin_airport_id int, dest_airport_id int, dep_delay int, arr_delay int"
MADE = (
    "carrier varchar(8), dep_airport varchar(200), arr_airport varchar(200), dep_city varchar(100), "
    "arr_city varchar(100), dep_state varchar(64), arr_state varchar(64), dep_delay int, arr_delay int, flight_date date"
)
HEADER = "carrier,origin_airport_id,dest_airport_id,dep_delay,arr_delay"
KNOWN = tuple(
    RowRuleSpec(name=f"{side}_city_is_complete", rule="", predicate=f"{side}_city IS NOT NULL", otherwise="warn")
    for side in ("dep", "arr")
)


@pytest.fixture
def made(bench: Bench) -> Result:
    """Four flights of two days; the airport 9 is in no list, two airports are in one city."""
    listed = bench.validate(
        [bench.file("airport_id,city,state,name\n1,Chicago,IL,O'Hare\n2,Chicago,IL,Midway\n3,Rome,XX,Rome\n")], AIRPORTS
    )
    days = {
        "2024-02-01": [bench.file(f"{HEADER}\nAA,1,2,5,-3\nAA,1,2,5,-3\nDL,9,3,,\n")],
        "2024-02-02": [bench.file(f"{HEADER}\nDL,3,9,0,\n")],
    }
    flights = bench.validate(days, FLIGHTS)
    table = InputTable(columns=specs(AIRPORTS), urls=tuple(file.url for file in listed.partition.files))
    return bench.process(
        flights,
        FLIGHTS,
        transform="glue_jobs.transforms.flights:with_airports",
        inputs={"airports": table},
        produces=specs(MADE),
        row_rules=KNOWN,
    )


def test_each_flight_has_both_airports_and_its_date(made: Result) -> None:
    day = dt.date(2024, 2, 1)
    flight = ("AA", "O'Hare", "Midway", "Chicago", "Chicago", "IL", "IL", 5, -3, day)

    assert sorted(made.values(*PRODUCED), key=str) == [
        flight,
        flight,
        ("DL", "9", "Rome", None, "Rome", None, "XX", None, None, day),
        ("DL", "Rome", "9", "Rome", None, "XX", None, 0, None, dt.date(2024, 2, 2)),
    ]
    assert [part.rows_in == part.rows_out for part in made.report.partitions] == [True, True]


def test_flights_of_unknown_airports_are_counted_day_by_day(made: Result) -> None:
    told = {
        (part.partition, rule.name): (rule.passed, rule.failed_rows, rule.metrics, rule.reason)
        for part in made.report.partitions
        for rule in part.rules
    }

    assert told == {
        ("2024-02-01", "dep_city_is_complete"): (False, 1, {"share_of_rows": 2 / 3}, "1 of 3 rows break it"),
        ("2024-02-01", "arr_city_is_complete"): (True, 0, {"share_of_rows": 1.0}, None),
        ("2024-02-02", "dep_city_is_complete"): (True, 0, {"share_of_rows": 1.0}, None),
        ("2024-02-02", "arr_city_is_complete"): (False, 1, {"share_of_rows": 0.0}, "1 of 1 rows break it"),
    }


def test_an_airport_that_is_listed_twice_doubles_no_flight(bench: Bench) -> None:
    """The list's own rule refuses it; if it came through, the promise of the transform would break."""
    from lake_platform.errors import SparkJobRefusedError

    listed = bench.validate([bench.file("airport_id,city,state,name\n1,A,B,C\n1,A,B,D\n")], AIRPORTS)
    flights = bench.validate([bench.file(f"{HEADER}\nAA,1,1,5,-3\n")], FLIGHTS)
    table = InputTable(columns=specs(AIRPORTS), urls=tuple(file.url for file in listed.partition.files))

    with pytest.raises(SparkJobRefusedError, match="makes up or repeats"):
        bench.process(
            flights,
            FLIGHTS,
            transform="glue_jobs.transforms.flights:with_airports",
            inputs={"airports": table},
            produces=specs(MADE),
        )


def test_marker_rows_break_no_rule_about_what_was_made(bench: Bench) -> None:
    good = RowRuleSpec(name="good", rule="", predicate="name <> 'X'", otherwise="quarantine")
    given = bench.validate(
        [bench.file("id,name\n1,a\n2,X\n")], "id int!, name varchar(9)", delivers="snapshot", keys=("id",), row_rules=(good,)
    )  # fmt: skip
    named = RowRuleSpec(name="named", rule="", predicate="name IS NOT NULL", otherwise="warn")

    result = bench.process(given, "id int!, name varchar(9)", delivers="snapshot", keys=("id",), row_rules=(named,))

    (rule,) = result.partition.rules
    assert (result.partition.rows_unknown, rule.failed_rows, rule.passed) == (1, 0, True)
