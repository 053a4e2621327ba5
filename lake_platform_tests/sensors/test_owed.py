"""Two declarations with one cron, of which one reads the other: its tick is kept until what it reads is quiet."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import dagster as dg
import pytest

from lake_platform.assets.keys import dataset_keys
from lake_platform.assets.table import build_table
from lake_platform.contract.table_inputs import BoundTable
from lake_platform.lake.hints import ArrivalHints
from lake_platform.lake.lake import Lake
from lake_platform.lake.table_inputs import InputReader
from lake_platform.sensors import owed
from lake_platform.sensors.arrivals import MAX_STILLBORN
from lake_platform.sensors.owed import Upstream
from lake_platform.sensors.tables import build_table_schedule, build_tables_sensor
from lake_platform_tests.lake.builders import memory_lake
from lake_platform_tests.lake.memory_store import MemoryStore
from lake_platform_tests.warehouse.making import EVENTS, PLAYS_SQL, SONGS, bound, dataset, plays

DAYS = ("2024-01-01", "2024-01-02")
SIX, SEVEN = "0 6 * * *", "0 7 * * *"
MORNING = dt.datetime(2024, 1, 3, 6, tzinfo=dt.UTC)
TOTALS_SQL = "SELECT COUNT(*) AS plays FROM plays"


class Clock:
    """Seconds that only the test lets pass."""

    def __init__(self) -> None:
        self.now = 1e9

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(owed, "time", clock)
    return clock


@pytest.fixture
def lake() -> Lake:
    """Two staged days of events, and the songs; nothing is landed."""
    lake = memory_lake(MemoryStore("landing"))
    for day in DAYS:
        lake.log("events", "staging").publish(day, {"rows": 1}, token=day, after=0)
    lake.log("songs", "staging").publish("all", {"rows": 1}, token="songs", after=0)
    return lake


def house(*, plays_at: str | None = SIX, totals_at: str | None = SIX, events_at: str | None = None) -> Upstream:
    """`totals` reads `plays`, which reads the datasets events and songs."""
    datasets = [dataset("events", EVENTS, schedule=events_at), dataset("songs", SONGS, by="none")]
    totals = {
        **plays(name="totals", table="totals", select="totals.sql", partition=None, write="replace", quality=[]),
        "from": ["plays"],
        "columns": [{"name": "plays", "type": "bigint"}],
        "schedule": totals_at,
    }
    tables = bound(datasets, (plays(schedule=plays_at), PLAYS_SQL), (totals, TOTALS_SQL))
    return Upstream(tables, {each.name: (each, dataset_keys(each)) for each in datasets})


def table(upstream: Upstream, name: str) -> BoundTable:
    found = next(table for table in upstream.tables if table.contract.name == name)
    assert isinstance(found, BoundTable)
    return found


def made(lake: Lake, upstream: Upstream, name: str) -> None:
    """What a run of the table leaves: the documents of all that it can be made for now."""
    contract = table(upstream, name)
    for partition, versions in InputReader(lake).versions(contract).items():
        log = lake.table_log(f"music.{name}")
        after = log.latest_number(partition)
        body: Mapping[str, Any] = {"inputs": dict(versions), "rows": 1}
        log.publish(partition, body, token=f"{partition}{after}{versions}", after=after)


def fire(upstream: Upstream, name: str, lake: Lake, instance: dg.DagsterInstance) -> list[dg.RunRequest]:
    """What the schedule of a table asks for at six."""
    cron = table(upstream, name).contract.schedule
    assert cron is not None
    schedule = build_table_schedule(table(upstream, name), upstream, cron)
    resources = dict.fromkeys(("spark", "redshift", "catalog", "hints"), dg.ResourceDefinition.none_resource())
    assets = [build_table(each) for each in upstream.tables if isinstance(each, BoundTable)]
    definitions = dg.Definitions(assets=assets, schedules=[schedule], resources={"lake": lake, **resources})
    context = dg.build_schedule_context(
        instance=instance,
        scheduled_execution_time=MORNING,
        resources={"lake": lake},
        repository_def=definitions.get_repository_def(),
    )
    return list(schedule.evaluate_tick(context).run_requests or ())


def sensed(upstream: Upstream, lake: Lake, instance: dg.DagsterInstance) -> list[str]:
    """The tables that the sensor asks runs for."""
    context = dg.build_sensor_context(instance=instance, resources={"lake": lake, "hints": ArrivalHints()})
    result = build_tables_sensor(upstream)(context)
    assert isinstance(result, dg.SensorResult)
    return [key.path[-1] for request in result.run_requests or () for key in request.asset_selection or ()]


def kept(upstream: Upstream, instance: dg.DagsterInstance) -> set[str]:
    return set(owed.owed(instance, [each.contract.key for each in upstream.tables]))


def test_a_table_of_the_same_hour_is_made_after_the_one_that_it_reads(
    lake: Lake, instance: dg.DagsterInstance, clock: Clock
) -> None:
    upstream = house()

    reader, read = fire(upstream, "totals", lake, instance), fire(upstream, "plays", lake, instance)
    at_once = sensed(upstream, lake, instance)
    made(lake, upstream, "plays")
    clock.now += 61
    then = sensed(upstream, lake, instance)
    made(lake, upstream, "totals")
    done = sensed(upstream, lake, instance)

    assert (reader, [request.asset_selection for request in read]) == ([], [[dg.AssetKey(["music", "plays"])]])
    assert (at_once, then, done) == ([], ["totals"], [])
    assert kept(upstream, instance) == set()


def test_a_table_waits_for_the_files_of_a_dataset_of_the_same_hour(
    lake: Lake, instance: dg.DagsterInstance, clock: Clock
) -> None:
    upstream = house(events_at=SIX)
    assert isinstance(lake.landing, MemoryStore)
    lake.landing.put_if_absent("events/2024-01-02", b"ts\n")

    asked = fire(upstream, "plays", lake, instance)
    clock.now += 61
    while_at_work = sensed(upstream, lake, instance)
    lake.landing.delete("events/2024-01-02")
    quiet = sensed(upstream, lake, instance)

    assert (asked, while_at_work, quiet) == ([], [], ["plays"])


def test_patience_ends(lake: Lake, instance: dg.DagsterInstance, clock: Clock) -> None:
    upstream = house()
    assert isinstance(lake.landing, MemoryStore)
    lake.landing.put_if_absent("events/2024-01-02", b"ts\n")

    fire(upstream, "plays", lake, instance)
    clock.now += owed.PATIENCE_SECONDS + 1

    assert sensed(upstream, lake, instance) == ["plays"]


def test_runs_that_die_before_they_begin_end_the_tick_too(
    lake: Lake, instance: dg.DagsterInstance, clock: Clock
) -> None:
    upstream = house()
    owed.owe(instance, "music.plays", None)
    context = dg.build_sensor_context(instance=instance, resources={"lake": lake, "hints": ArrivalHints()})
    clock.now += 61
    for _ in range(MAX_STILLBORN):
        result = build_tables_sensor(upstream)(context)
        assert isinstance(result, dg.SensorResult)
        (request,) = result.run_requests or ()
        instance.add_run(dg.DagsterRun(job_name="job", status=dg.DagsterRunStatus.FAILURE, tags=request.tags))

    assert (sensed(upstream, lake, instance), kept(upstream, instance)) == ([], {"music.plays"})
    clock.now += owed.PATIENCE_SECONDS
    assert (sensed(upstream, lake, instance), kept(upstream, instance)) == ([], set())


def test_a_tick_that_is_newer_than_the_one_that_was_done_stays(instance: dg.DagsterInstance, clock: Clock) -> None:
    owed.owe(instance, "music.plays", None)
    done = owed.owed(instance, ["music.plays"])["music.plays"]
    clock.now += 1
    owed.owe(instance, "music.plays", "2024-01-02")

    owed.settle(instance, "music.plays", done)

    assert owed.owed(instance, ["music.plays"])["music.plays"].until == "2024-01-02"


def test_what_has_another_hour_is_not_waited_for(lake: Lake, instance: dg.DagsterInstance) -> None:
    upstream = house(plays_at=SEVEN)
    made(lake, upstream, "plays")
    lake.log("events", "staging").publish(DAYS[1], {"rows": 2}, token="newer", after=1)

    (request,) = fire(upstream, "totals", lake, instance)

    assert request.asset_selection == [dg.AssetKey(["music", "totals"])]
    assert kept(upstream, instance) == set()


def test_a_table_without_a_schedule_waits_while_a_scheduled_one_is_being_made(
    lake: Lake, instance: dg.DagsterInstance
) -> None:
    upstream = house(totals_at=None)
    made(lake, upstream, "plays")
    lake.log("events", "staging").publish(DAYS[1], {"rows": 2}, token="newer", after=1)
    resting = sensed(upstream, lake, instance)
    run = dg.DagsterRun(
        job_name="job", status=dg.DagsterRunStatus.STARTED, tags={"lake_platform/dataset": "music/plays"}
    )
    instance.add_run(run)

    assert resting == ["totals"]
    assert sensed(upstream, lake, instance) == []
