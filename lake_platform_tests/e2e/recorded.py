"""What Dagster recorded of a run: checks, materializations, steps that ran."""

from collections.abc import Iterator
from dataclasses import dataclass

import dagster as dg


@dataclass(frozen=True)
class Recorded:
    """One run, by the events of its log.

    Attributes:
        checks: (layer, check) to passed and severity; the last outcome counts.
        materialized: layer and partition of each materialization.
    """

    status: str
    checks: dict[tuple[str, str], tuple[bool, str]]
    materialized: list[tuple[str, str | None]]


def recorded(run_id: str) -> Recorded:
    """The run of this id in the instance of `DAGSTER_HOME`."""
    checks: dict[tuple[str, str], tuple[bool, str]] = {}
    materialized: list[tuple[str, str | None]] = []
    with dg.DagsterInstance.get() as instance:
        run = instance.get_run_by_id(run_id)
        assert run is not None
        for event in _events(instance, run_id):
            if event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
                told = event.asset_check_evaluation_data
                checks[_layer(told.asset_key), told.check_name] = (told.passed, told.severity.value)
            elif event.is_step_materialization:
                assert event.asset_key is not None
                materialized.append((_layer(event.asset_key), event.partition))
        return Recorded(run.status.value, checks, materialized)


def _events(instance: dg.DagsterInstance, run_id: str) -> Iterator[dg.DagsterEvent]:
    for entry in instance.all_logs(run_id):
        if entry.dagster_event is not None:
            yield entry.dagster_event


def _layer(key: dg.AssetKey) -> str:
    return key.path[-1].rpartition("_")[2]
