"""What Dagster is told of versions that it does not know: of a run that was killed, or since its storage is new."""

from collections.abc import Sequence

import dagster as dg
import pytest

from lake_platform.assets.keys import asset_key
from lake_platform.assets.untold import UntoldVersions
from lake_platform.contract.dataset import DatasetContract
from lake_platform.lake.hints import ArrivalHints
from lake_platform.lake.lake import Lake
from lake_platform.sensors.requests import DATASET_TAG
from lake_platform.sensors.untold import build_untold_sensor, untold_events
from lake_platform_tests.lake.builders import memory_lake
from lake_platform_tests.warehouse.making import EVENTS, dataset

DAYS = ("2024-01-01", "2024-01-02", "2024-01-03")
KEY = asset_key("events", "staging")
VERSION = "dagster/data_version"


@pytest.fixture
def lake() -> Lake:
    """Three staged days, of which nobody has told."""
    lake = memory_lake()
    for rows, day in enumerate(DAYS, start=10):
        stage(lake, day, token=f"a{day}", rows=rows)
    return lake


def stage(lake: Lake, partition: str, *, token: str, rows: int = 1, name: str = "events") -> None:
    log = lake.log(name, "staging")
    log.publish(partition, {"rows": rows}, token=token, after=log.latest_number(partition))


def untold(*contracts: DatasetContract) -> UntoldVersions:
    return UntoldVersions(contracts or [dataset("events", EVENTS)])


def tell(instance: dg.DagsterInstance, events: Sequence[dg.AssetMaterialization]) -> list[tuple[str | None, str]]:
    """Records them as the daemon does; their partitions and versions."""
    for event in events:
        instance.report_runless_asset_event(event)
    return [(event.partition, (event.tags or {})[VERSION]) for event in events]


def test_dagster_is_told_once_of_every_published_partition(lake: Lake, instance: dg.DagsterInstance) -> None:
    told = tell(instance, untold_events(untold(), lake, instance))

    assert told == [(day, f"a{day}") for day in DAYS]
    assert instance.get_materialized_partitions(KEY) == set(DAYS)
    assert untold_events(untold(), lake, instance) == []


def test_a_partition_is_told_with_its_figures_and_checks(lake: Lake, instance: dg.DagsterInstance) -> None:
    (told,) = untold_events(untold(), lake, instance, most=1)

    assert told.metadata["dagster/row_count"] == dg.IntMetadataValue(10)
    assert told.metadata["dagster/table_name"] == dg.TextMetadataValue("staging.stg_events")
    assert "| rows_conserved | passed |" in str(told.metadata["lake_platform/checks"].value)


def test_only_newer_versions_are_told(lake: Lake, instance: dg.DagsterInstance) -> None:
    found = untold()
    tell(instance, untold_events(found, lake, instance))
    assert untold_events(found, lake, instance) == []

    stage(lake, DAYS[1], token="newer")

    assert tell(instance, untold_events(found, lake, instance)) == [(DAYS[1], "newer")]
    assert untold_events(found, lake, instance) == []


def test_what_a_live_run_works_on_is_left_to_it(lake: Lake, instance: dg.DagsterInstance) -> None:
    run = dg.DagsterRun(job_name="job", status=dg.DagsterRunStatus.STARTED, tags={DATASET_TAG: "events"})
    instance.add_run(run)
    found = untold()

    while_it_lives = untold_events(found, lake, instance)
    instance.report_run_failed(run)

    assert while_it_lives == []
    assert len(tell(instance, untold_events(found, lake, instance))) == 3


def test_a_dataset_without_partitions_is_told_as_a_whole(lake: Lake, instance: dg.DagsterInstance) -> None:
    songs = dataset("songs", EVENTS, by="none")
    stage(lake, "all", token="first", name="songs")
    assert tell(instance, untold_events(untold(songs), lake, instance)) == [(None, "first")]
    assert untold_events(untold(songs), lake, instance) == []

    stage(lake, "all", token="second", name="songs")

    assert tell(instance, untold_events(untold(songs), lake, instance)) == [(None, "second")]


def test_the_sensor_tells_and_asks_for_no_run(lake: Lake, instance: dg.DagsterInstance) -> None:
    sensor = build_untold_sensor(untold(), ["events"])
    context = dg.build_sensor_context(instance=instance, resources={"lake": lake, "hints": ArrivalHints()})

    first = sensor(context)
    assert isinstance(first, dg.SensorResult)
    told = tell(instance, [event for event in first.asset_events if isinstance(event, dg.AssetMaterialization)])
    second = sensor(context)

    assert len(told) == 3
    assert not first.run_requests
    assert isinstance(second, dg.SensorResult)
    assert list(second.asset_events) == []
