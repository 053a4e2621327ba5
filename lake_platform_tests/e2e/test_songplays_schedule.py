"""The song plays pipeline day by day, by its schedule, and all days at once: the same tables."""

import datetime as dt
import shutil
from pathlib import Path

import dagster as dg
import pytest

from lake_platform.definitions import DEFS, build_definitions
from lake_platform.lake.process import PROCESS_TAG, process_tag
from lake_platform.local.samples.songplays import (
    DAYS,
    LATE,
    Json,
    catalogue,
    event_days,
    event_key,
    render_events,
    write_first_delivery,
)
from lake_platform_tests.e2e.conftest import built_house
from lake_platform_tests.e2e.house import House
from lake_platform_tests.e2e.star_schema import expected_plays, expected_users, star_rows

pytestmark = [pytest.mark.spark, pytest.mark.warehouse, pytest.mark.e2e]

USERS = 6
FACTS = ("songplays", "users_history", "users", "time")


@pytest.fixture
def star_house(house: House) -> House:
    """A house with the pipeline's definitions and its songs, and no events yet."""
    define(house)
    write_first_delivery(house.landing, days=0)
    house.tick()
    return house


def define(house: House) -> None:
    assert house.settings.defs is not None
    shutil.copytree(DEFS / "songplays", house.settings.defs / "songplays")


def land(house: House, day: dt.date, events: list[Json]) -> None:
    house.drop(event_key(day), render_events(events))


def schedule(house: House, day: dt.date) -> list[tuple[str | None, bool]]:
    """The tick of the morning after `day`, and the runs that it asks for: partition, and whether the run succeeded."""
    definitions = build_definitions(house.settings)
    morning = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(6), dt.UTC)
    with (
        dg.DagsterInstance.get() as instance,
        dg.build_schedule_context(
            instance=instance,
            scheduled_execution_time=morning,
            repository_def=definitions.get_repository_def(),
            resources={"lake": house.lake},
        ) as context,
    ):
        asked = definitions.resolve_schedule_def("events_schedule").evaluate_tick(context).run_requests or []
        return [(request.partition_key, _run(definitions, instance, request)) for request in asked]


def _run(definitions: dg.Definitions, instance: dg.DagsterInstance, request: dg.RunRequest) -> bool:
    job = definitions.resolve_implicit_global_asset_job_def()
    chosen = job.get_subset(asset_selection=set(request.asset_selection or ()))
    tags = {**request.tags, PROCESS_TAG: process_tag()}
    return chosen.execute_in_process(instance=instance, partition_key=request.partition_key, tags=tags).success


def run_by_day(house: House, days: int) -> None:
    """Each day's file lands after its day; the schedule runs it, then the tables are made."""
    for day, events in event_days(days, users=USERS):
        land(house, day, events)
        assert schedule(house, day) == [(str(day), True)]
        assert house.tick(*FACTS).all_well


def test_scheduled_days_make_the_tables_that_the_files_tell(star_house: House) -> None:
    run_by_day(star_house, 2)

    events = [event for _, events in event_days(2, users=USERS) for event in events]
    found = star_rows(star_house)
    assert found["songplays"] == expected_plays(events, catalogue())
    assert found["users"] == expected_users(events)
    assert schedule(star_house, DAYS[1]) == [], "a tick that fires twice finds nothing to do"


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_twenty_five_scheduled_days_are_the_tables_of_one_run(
    star_house: House, tmp_path_factory: pytest.TempPathFactory, spark_dir: Path
) -> None:
    run_by_day(star_house, len(DAYS))
    by_day = star_rows(star_house)

    with built_house(tmp_path_factory.mktemp("at_once"), spark_dir) as other:
        define(other)
        write_first_delivery(other.landing, users=USERS)
        late = dict(event_days(users=USERS))[DAYS[LATE]]
        land(other, DAYS[LATE], late)
        done = other.tick()
        at_once = star_rows(other)

    assert [run.dataset for run in done.runs].count("events") == 1
    assert at_once == by_day
