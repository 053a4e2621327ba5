"""The faults of the usual flights pipeline, each shown not to happen here. One story: the package's own datasets."""

import shutil
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from lake_platform.cli.tick import TickSummary
from lake_platform.definitions import DEFS
from lake_platform_tests.e2e.house import House, csv_of
from lake_platform_tests.e2e.recorded import Recorded, recorded

pytestmark = [pytest.mark.spark, pytest.mark.warehouse, pytest.mark.e2e]

D1, D2, D3 = "2024-02-01", "2024-02-02", "2024-02-03"
AIRPORTS = [(1, "Chicago", "IL", "O'Hare"), (2, "Chicago", "IL", "Midway"), (3, "Rome", "IT", "Rome")]
UNKNOWN = 9
MORNING = [("AA", 1, 2, 5, -3), ("AA", 1, 2, 5, -3), ("DL", UNKNOWN, 3, None, None)]
EVENING = [("DL", 3, 1, 70, None)]
FLIGHT_HEADER = "Carrier,OriginAirportID,DestAirportID,DepDelay,ArrDelay"
COUNT = "SELECT flight_date, COUNT(*), SUM(dep_delay) FROM airlines.daily_flights_processed GROUP BY 1 ORDER BY 1"


def drop_flights(house: House, day: str, file: str, rows: list[tuple[object, ...]]) -> None:
    house.drop(f"flights/dt={day}/{file}.csv", csv_of(FLIGHT_HEADER, rows))


def drop_airports(house: House, *more: tuple[object, ...]) -> None:
    house.drop("airports/airports.csv", csv_of("airport_id,city,state,name", [*AIRPORTS, *more]))


def facts(house: House) -> list[tuple[Any, ...]]:
    """Day, flights, sum of the delays at departure."""
    return [(str(day), count, delay) for day, count, delay in house.rows(COUNT)]


class Story:
    """What happened, tick by tick; the tests look at its pages."""

    def __init__(self, house: House) -> None:
        self.house = house
        drop_flights(house, D1, "morning", MORNING)
        drop_flights(house, D1, "evening", EVENING)
        drop_flights(house, D2, "morning", EVENING)
        self.waiting = dict(house.look("flights").held)
        self.without_airports = house.tick("flights")
        drop_airports(house)
        self.first = house.tick()
        self.after_first = facts(house)
        drop_flights(house, D1, "morning", MORNING)
        drop_flights(house, D1, "morning (1)", MORNING)
        drop_flights(house, D3, "morning", EVENING)
        self.again = house.tick()
        self.after_again = facts(house)
        drop_airports(house, (UNKNOWN, "Oslo", "NO", "Oslo"))
        self.newer_airports = house.tick()

    def run_of(self, tick: TickSummary, dataset: str) -> Recorded:
        (run,) = [run for run in tick.runs if run.dataset == dataset]
        return recorded(run.run_id)


@pytest.fixture(scope="module")
def story(shared_house: House) -> Story:
    assert shared_house.settings.defs is not None
    for name in ("airports", "flights"):
        folder: Path = shared_house.settings.defs / name
        shutil.copytree(DEFS / "flights" / name, folder)
    return Story(shared_house)


def test_flights_that_come_before_their_airports_wait_and_are_not_lost(story: Story) -> None:
    assert story.waiting == dict.fromkeys((D1, D2), "waits for airports: nothing of it is published yet")
    assert story.without_airports.runs == []
    assert [(run.dataset, run.status, run.partitions) for run in story.first.runs] == [
        ("airports", "success", ("all",)),
        ("flights", "success", (D1, D2)),
    ]
    assert story.after_first == [(D1, 4, 80), (D2, 1, 70)]


def test_an_unknown_airport_drops_no_flight_and_is_counted(story: Story) -> None:
    """An inner join drops every flight of it, and nobody hears of it."""
    rows = story.house.rows(
        "SELECT carrier, arr_airport, dep_city, dep_state, dep_delay FROM airlines.daily_flights_processed "
        f"WHERE dep_airport = '{UNKNOWN}'"
    )
    told = story.run_of(story.first, "flights")

    assert rows == [("DL", "Rome", None, None, None)]
    assert told.checks["processed", "arr_city_is_complete"] == (True, "WARN")
    assert ("processed", "dep_city_is_complete") in told.checks
    assert story.house.rows("SELECT COUNT(*) FROM airlines.daily_flights_processed WHERE dep_city IS NULL") == [(1,)]


def test_equal_rows_are_different_flights(story: Story) -> None:
    """DISTINCT drops legitimate flights: they carry no number here."""
    rows = story.house.rows(
        f"SELECT COUNT(*), MIN(_row), MAX(_row) FROM airlines.daily_flights_processed WHERE flight_date = '{D1}' "
        "AND carrier = 'AA' AND dep_airport = 'O''Hare' AND arr_airport = 'Midway' AND dep_delay = 5 AND arr_delay = -3"
    )

    assert rows == [(2, 1, 2)]


def test_a_city_with_two_airports_is_one_city(story: Story) -> None:
    rows = story.house.rows(
        f"SELECT DISTINCT dep_airport, dep_city, arr_airport, arr_city FROM airlines.daily_flights_processed "
        f"WHERE flight_date = '{D1}' AND carrier = 'AA'"
    )

    assert rows == [("O'Hare", "Chicago", "Midway", "Chicago")]


def test_files_that_come_again_under_their_own_and_another_name_double_nothing(story: Story) -> None:
    """A bookmark that was reset takes every file once more; a renamed file is new to it anyway."""
    assert story.after_again == [*story.after_first, (D3, 1, 70)]
    assert {key: status for key, (status, _) in story.house.files("flights", D1).items()} == {
        f"flights/dt={D1}/morning.csv": "accepted",
        f"flights/dt={D1}/evening.csv": "accepted",
        f"flights/dt={D1}/morning (1).csv": "duplicate",
    }


def test_only_new_files_are_taken(story: Story) -> None:
    told = story.run_of(story.again, "flights")

    assert [run.partitions for run in story.again.runs] == [(D1, D3)]
    assert [partition for layer, partition in told.materialized if layer == "validated"] == [D3]
    assert [partition for layer, partition in told.materialized if layer == "target"] == [D3]
    assert D2 not in {partition for _, partition in told.materialized}


def test_a_dimension_file_does_not_trigger_the_job_of_the_fact(story: Story) -> None:
    assert [(run.dataset, run.status) for run in story.newer_airports.runs] == [("airports", "success")]
    assert story.house.rows("SELECT COUNT(*) FROM airlines.dim_airport_codes") == [(4,)]
    assert facts(story.house) == story.after_again
    assert story.house.rows("SELECT COUNT(*) FROM airlines.daily_flights_processed WHERE dep_city = 'Oslo'") == [(0,)]


def test_a_backfill_gives_the_flights_the_newer_airports(story: Story) -> None:
    before = facts(story.house)

    run = story.house.run_again("flights", D1)

    assert run.status == "success"
    assert facts(story.house) == before
    assert story.house.rows(
        "SELECT dep_airport, COUNT(*) FROM airlines.daily_flights_processed WHERE dep_city = 'Oslo' GROUP BY 1"
    ) == [("Oslo", 1)]
    assert recorded(run.run_id).checks["processed", "dep_city_is_complete"] == (True, "WARN")


TABLES = ("busy_airports", "carrier_comparison", "delay_by_city", "delay_by_state", "long_delays", "top_routes")


@pytest.fixture(scope="module")
def analysed(story: Story) -> House:
    """The same lake with the tables that analyse the flights; what they say of two known cities is told below."""
    defs = story.house.settings.defs
    assert defs is not None
    for name in TABLES:
        shutil.copytree(DEFS / "flights" / name, defs / name)
    assert [(run.dataset, run.status) for run in story.house.tick().runs] == [(name, "success") for name in TABLES]
    return story.house


def figures(house: House, query: str) -> list[tuple[str, ...]]:
    return [tuple(str(value) for value in row) for row in house.rows(query)]


def test_delays_by_city_and_state(analysed: House) -> None:
    """Rome: three flights, each 70 minutes late. Chicago: two, 5 minutes late."""
    cities = figures(
        analysed,
        "SELECT place, city, state, flights, departed, mean_dep_delay, long_delays FROM airlines.delay_by_city "
        "WHERE city IN ('Chicago', 'Rome') ORDER BY place",
    )
    states = figures(
        analysed,
        "SELECT state, flights, mean_dep_delay, mean_arr_delay, long_delays FROM airlines.delay_by_state "
        "WHERE state IN ('IL', 'IT') ORDER BY 1",
    )

    assert cities == [
        ("1", "Rome", "IT", "3", "3", "70.0000", "1.0000"),
        ("2", "Chicago", "IL", "2", "2", "5.0000", "0.0000"),
    ]
    assert states == [("IL", "2", "5.0000", "-3.0000", "0.0000"), ("IT", "3", "70.0000", "None", "1.0000")]


def test_carriers_are_compared_by_what_flew(analysed: House) -> None:
    """A cancelled flight has no delay: it is in no mean, and counts as cancelled."""
    found = figures(
        analysed,
        "SELECT carrier, flights, cancelled, mean_dep_delay, mean_arr_delay, on_time, long_delays "
        "FROM airlines.carrier_comparison ORDER BY 1",
    )

    assert found == [
        ("AA", "2", "0.0000", "5.0000", "-3.0000", "1.0000", "0.0000"),
        ("DL", "4", "0.2500", "70.0000", "None", "None", "1.0000"),
    ]


def test_routes_and_airports_by_their_flights(analysed: House) -> None:
    routes = figures(
        analysed, "SELECT place, dep_airport, arr_airport, flights FROM airlines.top_routes WHERE place < 3 ORDER BY 1"
    )
    airports = figures(
        analysed,
        "SELECT place, airport, city, departures, arrivals FROM airlines.busy_airports WHERE place < 3 ORDER BY 1",
    )

    assert routes == [("1", "Rome", "O'Hare", "3"), ("2", "O'Hare", "Midway", "2")]
    assert airports == [("1", "O'Hare", "Chicago", "2", "3"), ("2", "Rome", "Rome", "3", "1")]


def test_long_delays_day_by_day(analysed: House) -> None:
    found = figures(
        analysed, "SELECT flight_date, flights, departed, over_an_hour, share FROM airlines.long_delays ORDER BY 1"
    )

    assert found == [
        (D1, "4", "3", "1", "0.3333"),
        (D2, "1", "1", "1", "1.0000"),
        (D3, "1", "1", "1", "1.0000"),
    ]


def test_the_page_of_a_table_shows_its_first_rows(analysed: House) -> None:
    with dg.DagsterInstance.get() as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey(["flights", "delay_by_city"]))
    assert event is not None
    assert event.asset_materialization is not None

    shown = str(event.asset_materialization.metadata["lake_platform/sample"].value)
    assert "| 1 | Rome | IT | 3 | 3 | 70.0000 | 1.0000 |" in shown
