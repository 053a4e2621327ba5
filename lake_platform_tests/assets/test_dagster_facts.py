"""Facts about Dagster 1.13 on which `assets/step.py` rests. If one fails, read that module's docstring first."""

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import dagster as dg
import pytest

from lake_platform.assets.event_storage import kept_open
from lake_platform.assets.step import marked_output

DAYS = dg.DailyPartitionsDefinition(start_date="2024-01-01", timezone="UTC", end_offset=1)
SPAN = {"dagster/asset_partition_range_start": "2024-01-01", "dagster/asset_partition_range_end": "2024-01-04"}
PUBLISHED = ("2024-01-01", "2024-01-03", "2024-01-04")


def step_that_refuses_one(*, marked: bool) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name="step", specs=[dg.AssetSpec("step", partitions_def=DAYS)], backfill_policy=dg.BackfillPolicy.single_run()
    )
    def step(context: dg.AssetExecutionContext) -> Iterator[dg.Output[None]]:
        for day in PUBLISHED:
            context.log_event(dg.AssetMaterialization("step", partition=day))
        yield marked_output("step") if marked else dg.Output(None, output_name="step")

    return step


@pytest.mark.parametrize(("marked", "days"), [(True, set(PUBLISHED)), (False, {*PUBLISHED, "2024-01-02"})])
def test_only_a_marked_output_leaves_the_refused_partition_alone(marked: bool, days: set[str], tmp_path: Path) -> None:
    job = dg.Definitions([step_that_refuses_one(marked=marked)]).resolve_implicit_global_asset_job_def()

    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        result = job.execute_in_process(instance=instance, tags=SPAN)

        assert result.success
        assert instance.get_materialized_partitions(dg.AssetKey("step")) == days


def test_what_follows_a_marked_output_runs(tmp_path: Path) -> None:
    @dg.asset(deps=["step"], partitions_def=DAYS, backfill_policy=dg.BackfillPolicy.single_run())
    def after() -> None: ...

    job = dg.Definitions([step_that_refuses_one(marked=True), after]).resolve_implicit_global_asset_job_def()

    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        assert job.execute_in_process(instance=instance, tags=SPAN).success
        assert instance.get_latest_materialization_event(dg.AssetKey("after")) is not None


def test_events_leave_the_index_unfolded_while_it_is_kept_open(tmp_path: Path) -> None:
    """Else SQLite folds its log into the database and removes it after each event, which is most of an event's time."""
    seen: dict[str, list[bool]] = {"kept": [], "left": []}
    index = tmp_path / "history" / "runs" / "index.db-wal"

    @dg.asset
    def step(context: dg.AssetExecutionContext) -> None:
        for how in ("left", "kept", "left"):
            with kept_open(context.instance, run_id=context.run.run_id) if how == "kept" else nullcontext():
                context.log_event(dg.AssetObservation("step"))
                seen[how].append(index.exists())

    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        assert (
            dg.Definitions([step]).resolve_implicit_global_asset_job_def().execute_in_process(instance=instance).success
        )

        told = instance.fetch_observations(dg.AssetKey("step"), limit=5).records

    assert len(told) == 3
    assert seen == {"left": [False, False], "kept": [True]}


def test_an_unmarked_output_would_mark_an_unpartitioned_asset_twice(tmp_path: Path) -> None:
    @dg.multi_asset(name="step", specs=[dg.AssetSpec("step")])
    def step(context: dg.AssetExecutionContext) -> Iterator[dg.Output[None]]:
        context.log_event(dg.AssetMaterialization("step"))
        yield marked_output("step")

    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        result = dg.Definitions([step]).resolve_implicit_global_asset_job_def().execute_in_process(instance=instance)

        assert len(result.asset_materializations_for_node("step")) == 1
