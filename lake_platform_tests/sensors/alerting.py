"""Runs of a small dataset that end in every way, in an instance of their own, and who is told of them."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import dagster as dg

from lake_platform.assets.results import PartitionResult
from lake_platform.assets.step import StepEvent, refusal, report_step, step_arguments
from lake_platform.contract.dataset import DatasetContract
from lake_platform.lake.lake import Lake
from lake_platform.sensors.alerts import Alerts, AlertSender, Told, tell_recent
from lake_platform.sensors.requests import DATASET_TAG
from lake_platform_tests.lake.builders import contract

CONTRACT = contract()
DAYS = ("2024-03-01", "2024-03-02", "2024-03-03")
LOG = logging.getLogger("lake_platform_tests.alerts")


def published(partition: str, rows: int = 10, quarantined: int = 0) -> PartitionResult:
    """What a layer says of a partition that it has published."""
    metadata = {"dagster/row_count": rows, "lake_platform/rows_quarantined": quarantined}
    return PartitionResult(partition=partition, state="published", token=f"t {partition}", metadata=metadata)


def refused(partition: str, reason: str = "row_count: rule 'RowCount > 2' failed: Value: 1") -> PartitionResult:
    """What a layer says of a partition that it refuses."""
    return PartitionResult(partition=partition, state="refused", token="t", reason=reason)


def dataset_job(
    validated: Sequence[PartitionResult], *, error: Exception | None = None, declared: DatasetContract = CONTRACT
) -> dg.JobDefinition:
    """Two layers: the first says these results or raises, the second publishes what the first has let through."""

    @dg.multi_asset(**step_arguments(declared, "raw", kinds=set(), description="", checks=()))
    def raw(context: dg.AssetExecutionContext) -> Iterator[StepEvent]:
        if error is not None:
            raise dg.Failure(str(error), allow_retries=False) from error
        yield from report_step(context, declared, "raw", results=validated, checks=())

    @dg.multi_asset(**step_arguments(declared, "validated", kinds=set(), description="", checks=()))
    def after(context: dg.AssetExecutionContext) -> Iterator[StepEvent]:
        passed = [published(each.partition, rows=9) for each in validated if each.state == "published"]
        yield from report_step(context, declared, "validated", results=passed, checks=())
        if bad := [each for each in validated if each.state == "refused"]:
            raise refusal(declared, bad)

    return dg.Definitions([raw, after]).resolve_implicit_global_asset_job_def()


@dg.job
def nothing() -> None: ...


@dataclass
class Post:
    """An instance, a lake, and who is told."""

    instance: dg.DagsterInstance
    lake: Lake
    senders: Sequence[AlertSender] = ()

    @property
    def alerts(self) -> Alerts:
        return Alerts(self.senders, "http://ui:3000/")

    def run(self, job: dg.JobDefinition, first: str = DAYS[0], last: str = DAYS[-1]) -> str:
        """Runs a span in this process; the id of the run."""
        span = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
        tags = {DATASET_TAG: "orders", **(span if first != last else {})}
        partition = first if first == last else None
        result = job.execute_in_process(
            instance=self.instance, tags=tags, partition_key=partition, raise_on_error=False
        )  # fmt: skip
        return result.run_id

    def ended(self) -> str:
        """A run that has failed before any step; the id of the run."""
        run = self.instance.create_run_for_job(nothing, tags={DATASET_TAG: "orders"})
        self.instance.report_run_failed(run, "died")
        return run.run_id

    def tell(self) -> Told:
        """What `lake tick` does at its end."""
        return tell_recent(self.alerts, lake=self.lake, instance=self.instance, log=LOG)
