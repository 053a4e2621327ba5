"""The one message about a run that has ended: read from what Dagster and the lake have recorded of it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import dagster as dg
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    PARTITION_NAME_TAG,
)

from lake_platform.contract.partitions import ALL
from lake_platform.lake.lake import Lake
from lake_platform.lake.layout import refusals_prefix
from lake_platform.lake.refusals import Refusal
from lake_platform.lake.versions import VersionLog
from lake_platform.sensors.requests import DATASET_TAG

READ = {
    dg.DagsterEventType.ASSET_MATERIALIZATION,
    dg.DagsterEventType.STEP_FAILURE,
    dg.DagsterEventType.RUN_FAILURE,
}
STATUSES = {
    dg.DagsterRunStatus.SUCCESS: "success",
    dg.DagsterRunStatus.FAILURE: "failure",
    dg.DagsterRunStatus.CANCELED: "canceled",
}
MAX_NAMED = 20
MAX_REASON = 1000
ROWS = "dagster/row_count"
QUARANTINED = "lake_platform/rows_quarantined"


@dataclass(frozen=True, kw_only=True)
class RunAlert:
    """What is told of one run.

    Attributes:
        status: success, failure or canceled.
        partitions: the partition or span that the run was asked for.
        published: how many partitions the last layer of the run has published.
        rows: published in that layer.
        rows_quarantined: set aside in this run.
        refused: partition to gate and reason, the first ones; `refused_count` counts all.
        step: the first step that failed, or the layer whose gate has refused; steps that never ran are not named.
        gate: the check that refused.
        reason: why, in the words of the gate or the error.
    """

    run_id: str
    status: str
    dataset: str
    partitions: str
    published: int
    rows: int
    rows_quarantined: int
    refused: Mapping[str, str] = field(default_factory=dict[str, str])
    refused_count: int = 0
    step: str | None = None
    gate: str | None = None
    reason: str | None = None
    url: str
    started_at: str | None = None
    ended_at: str | None = None
    seconds: float | None = None

    @property
    def text(self) -> str:
        """One line for people."""
        told = f"{self.dataset} {self.partitions}: {self.status}"
        if self.step or self.reason:
            place = ", ".join(part for part in (self.step, self.gate) if part)
            told += f"{' at ' if place else ''}{place}: {self.reason}"
        told += f". {self.published} partition(s) published, {self.rows} rows, {self.rows_quarantined} quarantined"
        if self.refused:
            more = (
                "" if self.refused_count == len(self.refused) else f" and {self.refused_count - len(self.refused)} more"
            )
            told += f"; refused: {', '.join(self.refused)}{more}"
        return f"{told}. {self.url}"

    def document(self) -> dict[str, Any]:
        """For JSON; `text` is what chat systems show of a webhook's message."""
        return {"text": self.text, **asdict(self)}


def read_alert(instance: dg.DagsterInstance, lake: Lake, record: dg.RunRecord, *, ui_url: str) -> RunAlert:
    """The message about a run that has ended."""
    run = record.dagster_run
    events = [entry for entry in instance.all_logs(run.run_id, of_type=READ) if entry.dagster_event]
    published = _published(events)
    fault = _fault(events) if run.status is not dg.DagsterRunStatus.SUCCESS else _Fault()
    dataset = dataset_of(run)
    refusals = _refusals(lake, dataset, record) if run.status is dg.DagsterRunStatus.FAILURE else {}
    refused = {**{key: f"{each.gate}: {each.reason}" for key, each in refusals.items()}, **fault.refused}
    first = min(refused, default=None) if fault.refused or fault.step is None else None
    gate, _, reason = refused[first].partition(": ") if first else ("", "", "")
    layer = refusals[first].layer if first in refusals else fault.step
    return RunAlert(
        run_id=run.run_id,
        status=STATUSES[run.status],
        dataset=dataset,
        partitions=_span(run),
        published=len(published),
        rows=sum(_number(metadata, ROWS) for metadata in published.values()),
        rows_quarantined=_quarantined(events),
        refused=dict(sorted(refused.items())[:MAX_NAMED]),
        refused_count=len(refused),
        step=layer if first else fault.step,
        gate=gate or None,
        reason=((reason if first else fault.reason) or "")[:MAX_REASON] or None,
        url=f"{ui_url.rstrip('/')}/runs/{run.run_id}",
        started_at=_time(record.start_time),
        ended_at=_time(record.end_time),
        seconds=round(record.end_time - record.start_time, 2) if record.start_time and record.end_time else None,
    )


def dataset_of(run: dg.DagsterRun) -> str:
    """The dataset or table of a run; of a run over several, all of them."""
    if DATASET_TAG in run.tags:
        return run.tags[DATASET_TAG]
    return ", ".join(sorted({key.path[0] for key in run.asset_selection or ()})) or run.job_name


@dataclass(frozen=True, kw_only=True)
class _Fault:
    """The first thing that went wrong. `refused` is filled where a gate has named partitions."""

    step: str | None = None
    reason: str | None = None
    refused: Mapping[str, str] = field(default_factory=dict[str, str])


def _fault(events: Sequence[dg.EventLogEntry]) -> _Fault:
    """Of the first failed step, else of the run. What was skipped behind it has no event here."""
    run_message = None
    for entry in events:
        event = entry.get_dagster_event()
        if event.event_type is dg.DagsterEventType.STEP_FAILURE:
            told, error = event.step_failure_data.user_failure_data, event.step_failure_data.error
            refused = {key: str(value.value) for key, value in told.metadata.items()} if told else {}
            message = (told.description if told else None) or (
                (error.cause or error).message if error else event.message
            )
            return _Fault(step=event.step_key, reason=(message or "").strip(), refused=refused)
        if event.event_type is dg.DagsterEventType.RUN_FAILURE:
            run_message = event.message
    return _Fault(reason=run_message)


def _published(events: Sequence[dg.EventLogEntry]) -> dict[str | None, Mapping[str, dg.MetadataValue]]:
    """The partitions of the last layer that has published, with their metadata."""
    layers: dict[dg.AssetKey, dict[str | None, Mapping[str, dg.MetadataValue]]] = {}
    for entry in events:
        if (found := entry.asset_materialization) is not None:
            layers.setdefault(found.asset_key, {})[found.partition] = found.metadata
    return layers[list(layers)[-1]] if layers else {}


def _quarantined(events: Sequence[dg.EventLogEntry]) -> int:
    told = {
        (found.asset_key, found.partition): _number(found.metadata, QUARANTINED)
        for entry in events
        if (found := entry.asset_materialization) is not None
    }
    return sum(told.values())


def _number(metadata: Mapping[str, dg.MetadataValue], name: str) -> int:
    value = metadata[name].value if name in metadata else 0
    return value if isinstance(value, int) else 0


def _refusals(lake: Lake, dataset: str, record: dg.RunRecord) -> dict[str, Refusal]:
    """What was refused while the run was alive, also where another step has failed before it could be named."""
    if record.start_time is None:
        return {}
    began = dt.datetime.fromtimestamp(record.start_time, dt.UTC).isoformat()
    ended = _time(record.end_time) or dt.datetime.now(dt.UTC).isoformat()
    # A table of the warehouse has the tag `group/table`, and its documents the name `group.table`.
    documents = VersionLog(lake.lake, refusals_prefix(dataset.replace("/", "."))).latest_documents()
    return {
        partition: Refusal(**document.body)
        for partition, document in documents.items()
        if began <= document.published_at <= ended
    }


def _span(run: dg.DagsterRun) -> str:
    first = run.tags.get(ASSET_PARTITION_RANGE_START_TAG) or run.tags.get(PARTITION_NAME_TAG) or ALL
    last = run.tags.get(ASSET_PARTITION_RANGE_END_TAG, first)
    return first if first == last else f"{first} to {last}"


def _time(moment: float | None) -> str | None:
    return dt.datetime.fromtimestamp(moment, dt.UTC).isoformat() if moment else None
