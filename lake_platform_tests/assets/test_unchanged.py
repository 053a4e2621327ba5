"""What Dagster hears of partitions that a run finds as they should be."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import dagster as dg
import pytest

from lake_platform.assets.results import PartitionResult, State
from lake_platform.assets.step import StepEvent, report_asset

DAYS = dg.DailyPartitionsDefinition(start_date="2024-01-01", timezone="UTC", end_offset=1)
FIRST, SECOND = "2024-01-01", "2024-01-02"
SPAN = {"dagster/asset_partition_range_start": FIRST, "dagster/asset_partition_range_end": SECOND}
BACKFILL = {"dagster/backfill": "march"}
KEY = dg.AssetKey("step")


def run(instance: dg.DagsterInstance, states: Mapping[str, tuple[State, str]], tags: Mapping[str, str]) -> None:
    """One run over both days; each has its state and token."""

    @dg.multi_asset(
        name="step", specs=[dg.AssetSpec(KEY, partitions_def=DAYS)], backfill_policy=dg.BackfillPolicy.single_run()
    )
    def step(context: dg.AssetExecutionContext) -> Iterator[StepEvent]:
        results = [
            PartitionResult(
                partition=day, state=state, token=token, metadata={"rows": 7} if state == "published" else {}
            )
            for day, (state, token) in states.items()
        ]
        yield from report_asset(context, KEY, "step", results=results, checks=())

    job = dg.Definitions([step]).resolve_implicit_global_asset_job_def()
    assert job.execute_in_process(instance=instance, tags={**SPAN, **tags}).success


def told(instance: dg.DagsterInstance, day: str) -> list[tuple[object, object]]:
    """The materializations of a day, newest first: their token, and the rows that the page shows."""
    records = instance.fetch_materializations(dg.AssetRecordsFilter(asset_key=KEY, asset_partitions=[day]), limit=9)
    events = [record.asset_materialization for record in records.records]
    return [
        ((event.tags or {})["dagster/data_version"], getattr(event.metadata.get("rows"), "value", None))
        for event in events
        if event is not None
    ]


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        run(instance, {FIRST: ("published", "a"), SECOND: ("published", "b")}, {})
        yield instance


def test_a_backfill_is_told_of_what_is_unchanged_with_what_its_page_showed(instance: dg.DagsterInstance) -> None:
    """Dagster calls a backfill failed where it hears nothing of one of its partitions."""
    run(instance, {FIRST: ("unchanged", "a"), SECOND: ("published", "c")}, BACKFILL)

    assert told(instance, FIRST) == [("a", 7), ("a", 7)]
    assert told(instance, SECOND) == [("c", 7), ("b", 7)]


def test_what_was_published_by_a_run_that_died_before_it_told_is_not_given_the_figures_of_an_older_version(
    instance: dg.DagsterInstance,
) -> None:
    run(instance, {FIRST: ("unchanged", "newer"), SECOND: ("unchanged", "b")}, BACKFILL)

    assert told(instance, FIRST) == [("newer", None), ("a", 7)]


def test_other_runs_tell_nothing_of_what_is_unchanged(instance: dg.DagsterInstance) -> None:
    run(instance, {FIRST: ("unchanged", "a"), SECOND: ("unchanged", "b")}, {})

    assert told(instance, FIRST) == [("a", 7)]


def test_any_run_tells_what_a_run_that_died_has_published_and_not_told(instance: dg.DagsterInstance) -> None:
    run(instance, {FIRST: ("unchanged", "newer"), SECOND: ("unchanged", "b")}, {})

    assert told(instance, FIRST) == [("newer", None), ("a", 7)]
    assert told(instance, SECOND) == [("b", 7)]


def test_a_refused_partition_of_a_backfill_is_not_told_as_materialized(instance: dg.DagsterInstance) -> None:
    run(instance, {FIRST: ("refused", "r"), SECOND: ("unchanged", "b")}, BACKFILL)

    assert told(instance, FIRST) == [("a", 7)]
