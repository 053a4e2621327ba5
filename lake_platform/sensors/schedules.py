"""Schedules: at the times of a cron a look at what is pending, up to the logical date of the tick.

The tick of 2 March 06:00 is about the partition 1 March, the last one that is complete. It asks for every pending
partition up to that one, as the sensor would: so a tick that was missed is made good by the next, and one that fires
twice, or beside the sensor, finds nothing to do.
"""

import datetime as dt
from collections.abc import Callable, Sequence

import dagster as dg

from lake_platform.contract.partitions import last_complete
from lake_platform.contract.strict import PartitionBy
from lake_platform.lake.lake import Lake
from lake_platform.sensors.arrivals import Tick, describe, runs_of

Look = Callable[[Lake, dg.DagsterInstance, str | None], Tick]
"""A look at what is pending, up to a partition; None means all."""


def build_schedule(
    name: str, cron: str, *, asset_keys: Sequence[dg.AssetKey], by: PartitionBy, look: Look
) -> dg.ScheduleDefinition:
    """The schedule `<name>_schedule`, running by default, in UTC.

    Args:
        by: how the assets are parted.
    """

    @dg.schedule(
        cron_schedule=cron,
        name=f"{name}_schedule",
        target=dg.AssetSelection.assets(*asset_keys),
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Asks for what is pending up to the last complete partition.",
    )
    def scheduled(
        context: dg.ScheduleEvaluationContext, lake: dg.ResourceParam[Lake]
    ) -> list[dg.RunRequest] | dg.SkipReason:
        seen = look(lake, context.instance, last_complete(by, _utc(context.scheduled_execution_time)))
        requests = [request.run_request(runs_of(context.instance, request)) for request in seen.requests]
        return requests or dg.SkipReason(describe(seen))

    return scheduled


def _utc(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(dt.UTC).replace(tzinfo=None)
