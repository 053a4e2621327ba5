"""How a command starts the runs that a sensor would ask for: in its own process, recorded in the same instance."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import dagster as dg

from lake_platform.assets.event_storage import kept_open
from lake_platform.cli.alerts import tell_ends
from lake_platform.lake.process import PROCESS_TAG, process_tag
from lake_platform.sensors.requests import SpanRequest

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True, kw_only=True)
class RunSummary:
    """One run, as `lake tick --json` tells it."""

    dataset: str
    run_id: str
    first: str
    last: str
    partitions: tuple[str, ...]
    status: str
    seconds: float
    problem: str | None = None
    steps: Mapping[str, float]


def execute(
    definitions: dg.Definitions, instance: dg.DagsterInstance, request: SpanRequest, *, verbose: bool = False
) -> RunSummary:
    """Runs all layers of one dataset for one span and waits for the end. A failed run is told, not raised."""
    job = definitions.resolve_implicit_global_asset_job_def()
    began = time.monotonic()
    # Dagster plans each partition of each asset with an event of its own, before the run begins.
    with kept_open(instance):
        result = job.execute_in_process(
            instance=instance,
            asset_selection=list(request.asset_keys),
            # From its first moment, so that a run that is killed before `raw` begins is known to be gone.
            tags={**request.tags, PROCESS_TAG: process_tag()},
            partition_key=request.partition_key,
            run_config={} if verbose else QUIET,
            raise_on_error=False,
        )
    seconds = round(time.monotonic() - began, 2)
    tell_ends(instance)
    return RunSummary(
        dataset=request.dataset,
        run_id=result.run_id,
        first=request.first,
        last=request.last,
        partitions=request.partitions,
        status="success" if result.success else "failure",
        seconds=seconds,
        problem=_problem(result),
        steps=_step_seconds(instance, result.run_id),
    )


def _problem(result: dg.ExecuteInProcessResult) -> str | None:
    """Why the run did not succeed: what the first failing step says, else what the run says."""
    if result.success:
        return None
    for event in result.filter_events(lambda event: event.is_step_failure):
        error = event.step_failure_data.user_failure_data
        if error is not None and error.description:
            return error.description
        told = event.step_failure_data.error
        if told is not None:
            return (told.cause or told).message.strip()
    ends = [event.message for event in result.all_events if event.is_failure and event.message]
    return ends[-1] if ends else "the run failed and does not say why; its log is in the Dagster UI"


def _step_seconds(instance: dg.DagsterInstance, run_id: str) -> dict[str, float]:
    """Seconds from start to end of each step that ended."""
    return {
        stat.step_key: round(stat.end_time - stat.start_time, 2)
        for stat in instance.get_run_step_stats(run_id)
        if stat.start_time is not None and stat.end_time is not None
    }
