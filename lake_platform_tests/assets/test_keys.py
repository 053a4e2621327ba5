"""Which partitions a run works on."""

from pathlib import Path

import dagster as dg
import pytest

from lake_platform.assets.keys import partition_keys
from lake_platform.contract.dataset import DatasetContract
from lake_platform.sensors.requests import span_request
from lake_platform_tests.lake.builders import contract

DAYS = dg.DailyPartitionsDefinition(start_date="2024-01-01", timezone="UTC", end_offset=1)
WHOLE = [f"2024-01-0{day}" for day in range(1, 8)]


def worked_on(orders: DatasetContract, partitions: list[str], instance: dg.DagsterInstance) -> list[str]:
    """What a step of the run for these partitions finds to do."""
    found: list[str] = []

    @dg.asset(partitions_def=DAYS, backfill_policy=dg.BackfillPolicy.single_run())
    def step(context: dg.AssetExecutionContext) -> None:
        found.extend(partition_keys(context))

    request = span_request(orders, [dg.AssetKey("step")], partitions=partitions, state="s")
    job = dg.Definitions([step]).resolve_implicit_global_asset_job_def()
    assert job.execute_in_process(instance=instance, tags=request.tags, partition_key=request.partition_key).success
    return found


@pytest.mark.parametrize(
    "pending",
    [WHOLE, WHOLE[:1], [WHOLE[0], WHOLE[6]], [*WHOLE[:2], *WHOLE[3:5], WHOLE[6]]],
    ids=["a whole span", "one day", "two ends", "stretches"],
)
def test_a_run_leaves_the_partitions_between_alone(pending: list[str], tmp_path: Path) -> None:
    """Made again, they would take up a change of code or of an input, which only a backfill may."""
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        assert worked_on(contract(), pending, instance) == pending


def test_a_backfill_works_on_the_whole_span(tmp_path: Path) -> None:
    found: list[str] = []

    @dg.asset(partitions_def=DAYS, backfill_policy=dg.BackfillPolicy.single_run())
    def step(context: dg.AssetExecutionContext) -> None:
        found.extend(partition_keys(context))

    tags = {"dagster/asset_partition_range_start": WHOLE[0], "dagster/asset_partition_range_end": WHOLE[6]}
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        dg.Definitions([step]).resolve_implicit_global_asset_job_def().execute_in_process(instance=instance, tags=tags)

    assert found == WHOLE
