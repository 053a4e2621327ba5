"""Which runs of a dataset are alive, and which only look so."""

import dagster as dg

from lake_platform.lake.process import PROCESS_TAG, process_is_gone

UNFINISHED = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def live_runs(instance: dg.DagsterInstance, keys: set[dg.AssetKey]) -> list[str]:
    """The ids of unfinished runs that work on one of these assets.

    A run whose process on this machine is gone is failed here: `kill -9` leaves it STARTED, and nobody else would
    tell until the run monitor's limit.
    """
    alive: list[str] = []
    for run in instance.get_runs(dg.RunsFilter(statuses=UNFINISHED)):
        if run.asset_selection is not None and not (keys & set(run.asset_selection)):
            continue
        if process_is_gone(run.tags.get(PROCESS_TAG)):
            instance.report_run_failed(run, "The process of this run is gone.")
        else:
            alive.append(run.run_id)
    return alive
