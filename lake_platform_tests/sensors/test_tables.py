"""What starts tables: the one sensor for all of them, and schedules. No table is made here, only asked for."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import dagster as dg
import pytest

from lake_platform.assets.table import build_table
from lake_platform.components.dataset import build_dataset
from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.fingerprint import table_fingerprint
from lake_platform.contract.table_inputs import BoundTable
from lake_platform.lake.hints import ArrivalHints
from lake_platform.lake.lake import Lake
from lake_platform.lake.refusals import Refusal, refuse
from lake_platform.lake.table_inputs import InputReader
from lake_platform.lake.token import digest
from lake_platform.sensors.arrivals import Tick
from lake_platform.sensors.owed import Upstream
from lake_platform.sensors.requests import DATASET_TAG
from lake_platform.sensors.tables import build_table_schedule, build_tables_sensor, look_at_tables
from lake_platform_tests.lake.builders import memory_lake
from lake_platform_tests.lake.memory_store import MemoryStore
from lake_platform_tests.warehouse.making import EVENTS, PLAYS_SQL, SONGS, bound, dataset, plays

DAYS = ("2024-01-01", "2024-01-02", "2024-01-03")
TOTALS = {
    **plays(name="totals", table="totals", select="totals.sql", partition=None, write="replace", quality=[]),
    "from": ["plays"],
    "columns": [{"name": "plays", "type": "bigint"}],
}
TOTALS_SQL = "SELECT COUNT(*) AS plays FROM plays"


@pytest.fixture
def lake() -> Lake:
    """Three staged days of events, and the songs."""
    lake = memory_lake()
    for day in DAYS:
        lake.log("events", "staging").publish(day, {"rows": 1}, token=day, after=0)
    lake.log("songs", "staging").publish("all", {"rows": 1}, token="songs", after=0)
    return lake


def tables(**changes: Any) -> list[BoundTable]:
    """`plays`, and `totals` that reads it."""
    datasets = [dataset("events", EVENTS), dataset("songs", SONGS, by="none")]
    return bound(datasets, (plays(**changes), PLAYS_SQL), (TOTALS, TOTALS_SQL))


def made(lake: Lake, table: str, partition: str, **inputs: str) -> None:
    """The document of a partition that was made."""
    log = lake.table_log(f"music.{table}")
    after = log.latest_number(partition)
    log.publish(partition, {"inputs": inputs, "rows": 1}, token=f"{partition}{after}", after=after)


def seen(lake: Lake, instance: dg.DagsterInstance) -> Mapping[str, Tick]:
    return {tick.dataset: tick for tick in look_at_tables(tables(), lake=lake, instance=instance)}


def test_one_run_is_asked_for_all_days_of_a_table(lake: Lake, instance: dg.DagsterInstance) -> None:
    context = dg.build_sensor_context(instance=instance, resources={"lake": lake, "hints": ArrivalHints()})

    result = build_tables_sensor(Upstream(tables()))(context)

    assert isinstance(result, dg.SensorResult)
    (request,) = result.run_requests or []
    assert request.asset_selection == [dg.AssetKey(["music", "plays"])]
    assert request.tags["dagster/asset_partition_range_start"] == DAYS[0]
    assert request.tags["dagster/asset_partition_range_end"] == DAYS[-1]


def test_a_table_waits_for_the_table_that_it_reads(lake: Lake, instance: dg.DagsterInstance) -> None:
    for day in DAYS[:2]:
        made(lake, "plays", day, stg_events="1", stg_songs="old")

    found = seen(lake, instance)

    assert list(found["plays"].pending) == list(DAYS)
    assert found["totals"].held == {"all": "waits for plays to be made"}
    assert found["totals"].requests == []


def test_a_table_goes_on_where_the_one_that_it_reads_is_refused(lake: Lake, instance: dg.DagsterInstance) -> None:
    table = tables()[0]
    versions = InputReader(lake).versions(table)
    for day in DAYS[:2]:
        made(lake, "plays", day, **versions[day])
    refusal = Refusal(
        token="t",
        content=digest(dict(versions[DAYS[2]])),
        fingerprint=table_fingerprint(table),
        layer="table",
        gate="row_count",
        reason="there are no rows",
        checks=[],
        figures={},
    )
    refuse(lake.lake, "music.plays", DAYS[2], refusal)

    found = seen(lake, instance)

    assert found["plays"].held == {DAYS[2]: "refused: there are no rows"}
    assert list(found["totals"].pending) == ["all"]


def test_no_second_run_is_asked_for_while_one_is_alive(lake: Lake, instance: dg.DagsterInstance) -> None:
    instance.create_run_for_job(
        dg.Definitions([_asset()]).resolve_implicit_global_asset_job_def(),
        status=dg.DagsterRunStatus.STARTED,
        tags={DATASET_TAG: "music/plays"},
    )

    found = seen(lake, instance)

    assert (len(found["plays"].live), found["plays"].requests) == (1, [])


def test_the_run_of_a_dataset_of_the_same_name_is_no_run_of_the_table(lake: Lake, instance: dg.DagsterInstance) -> None:
    instance.create_run_for_job(
        dg.Definitions([_asset()]).resolve_implicit_global_asset_job_def(),
        status=dg.DagsterRunStatus.STARTED,
        tags={DATASET_TAG: "plays"},
    )

    assert len(seen(lake, instance)["plays"].requests) == 1


def test_a_table_with_a_schedule_is_left_to_it(lake: Lake, instance: dg.DagsterInstance) -> None:
    scheduled = tables(schedule="0 6 * * *")
    context = dg.build_sensor_context(instance=instance, resources={"lake": lake, "hints": ArrivalHints()})

    result = build_tables_sensor(Upstream(scheduled))(context)

    assert isinstance(result, dg.SensorResult)
    assert not result.run_requests
    schedule = build_table_schedule(scheduled[0], Upstream(scheduled), "0 6 * * *")
    definitions = dg.Definitions(assets=[build_table(table) for table in scheduled], schedules=[schedule])
    for tick, days in (("2024-01-02", DAYS[:1]), ("2024-01-04", DAYS)):
        (request,) = _fire(definitions, tick, lake, instance)
        assert _days(request) == days


def test_a_table_does_not_wait_for_one_that_rests_until_its_hour(lake: Lake, instance: dg.DagsterInstance) -> None:
    scheduled = tables(schedule="0 6 * * *")
    made(lake, "plays", DAYS[0], **InputReader(lake).versions(scheduled[0])[DAYS[0]])
    context = dg.build_sensor_context(instance=instance, resources={"lake": lake, "hints": ArrivalHints()})

    result = build_tables_sensor(Upstream(scheduled))(context)

    assert isinstance(result, dg.SensorResult)
    assert [request.asset_selection for request in result.run_requests or ()] == [[dg.AssetKey(["music", "totals"])]]


@pytest.fixture
def contract() -> DatasetContract:
    return dataset("events", EVENTS, schedule="0 6 * * *")


@pytest.fixture
def landed() -> Lake:
    landing = MemoryStore("landing")
    for day in DAYS:
        landing.put_if_absent(f"events/{day}", b"ts\n")
    return memory_lake(landing)


def test_the_tick_of_a_day_is_about_the_day_before(
    landed: Lake, contract: DatasetContract, instance: dg.DagsterInstance
) -> None:
    (request,) = _fire(build_dataset(contract), "2024-01-02", landed, instance)

    assert _days(request) == DAYS[:1]
    assert len(request.asset_selection or ()) == 4


def test_a_tick_makes_good_what_was_missed(
    landed: Lake, contract: DatasetContract, instance: dg.DagsterInstance
) -> None:
    (request,) = _fire(build_dataset(contract), "2024-01-03", landed, instance)

    assert _days(request) == DAYS[:2]


def test_a_tick_that_fires_twice_asks_for_the_same_run(
    landed: Lake, contract: DatasetContract, instance: dg.DagsterInstance
) -> None:
    first = _fire(build_dataset(contract), "2024-01-03", landed, instance)

    assert [one.run_key for one in _fire(build_dataset(contract), "2024-01-03", landed, instance)] == [
        one.run_key for one in first
    ]


def test_a_tick_before_the_first_day_has_nothing_to_ask_for(
    landed: Lake, contract: DatasetContract, instance: dg.DagsterInstance
) -> None:
    assert _fire(build_dataset(contract), "2024-01-01", landed, instance) == []


@pytest.mark.parametrize(("schedule", "status"), [("0 6 * * *", "STOPPED"), (None, "RUNNING")])
def test_the_sensor_rests_where_a_schedule_asks(schedule: str | None, status: str) -> None:
    definitions = build_dataset(dataset("events", EVENTS, schedule=schedule))

    (sensor,) = definitions.sensors or ()
    assert isinstance(sensor, dg.SensorDefinition)
    assert sensor.default_status.value == status
    assert len(list(definitions.schedules or ())) == (1 if schedule else 0)


def _fire(definitions: dg.Definitions, day: str, lake: Lake, instance: dg.DagsterInstance) -> list[dg.RunRequest]:
    """What the schedule asks for in its tick of 06:00 on that day, as the daemon evaluates it."""
    (schedule,) = definitions.schedules or ()
    assert isinstance(schedule, dg.ScheduleDefinition)
    resources = {
        "lake": lake,
        **dict.fromkeys(("spark", "redshift", "catalog", "hints"), dg.ResourceDefinition.none_resource()),
    }
    moment = dt.datetime.fromisoformat(f"{day}T06:00:00+00:00")
    context = dg.build_schedule_context(
        instance=instance,
        scheduled_execution_time=moment,
        resources={"lake": lake},
        repository_def=dg.Definitions.merge(definitions, dg.Definitions(resources=resources)).get_repository_def(),
    )
    return list(schedule.evaluate_tick(context).run_requests or ())


def _days(request: dg.RunRequest) -> tuple[str, ...]:
    if request.partition_key:
        return (request.partition_key,)
    ends = (request.tags["dagster/asset_partition_range_start"], request.tags["dagster/asset_partition_range_end"])
    return tuple(day for day in DAYS if ends[0] <= day <= ends[1])


def _asset() -> dg.AssetsDefinition:
    @dg.asset
    def nothing() -> None: ...

    return nothing
