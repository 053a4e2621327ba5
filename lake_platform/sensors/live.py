"""Which runs of a dataset are alive, and which only look so."""

import dagster as dg

from lake_platform.contract.strict import LAYERS
from lake_platform.lake.process import PROCESS_TAG, process_is_gone
from lake_platform.sensors.requests import DATASET_TAG

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
        if not _works_on(run, keys):
            continue
        if process_is_gone(run.tags.get(PROCESS_TAG)):
            instance.report_run_failed(run, "The process of this run is gone.")
        else:
            alive.append(run.run_id)
    return alive


def _works_on(run: dg.DagsterRun, keys: set[dg.AssetKey]) -> bool:
    """A run in the process of a command has no asset selection, but the tag of its dataset or table.

    One of neither may work on anything.
    """
    if run.asset_selection:
        return not keys.isdisjoint(run.asset_selection)
    dataset = run.tags.get(DATASET_TAG)
    return dataset is None or any(key.to_user_string() in (dataset, *_layers(dataset)) for key in keys)


def _layers(dataset: str) -> list[str]:
    return [f"{dataset}/{dataset}_{layer}" for layer in LAYERS]
