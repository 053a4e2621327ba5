"""The sensor of a dataset: a reconciler that asks for runs until nothing is pending. It holds no truth of its own."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import dagster as dg

from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.partitions import ordinal
from lake_platform.lake.hints import ArrivalHints
from lake_platform.lake.lake import Lake
from lake_platform.lake.landing import scan
from lake_platform.lake.pending import Pending, pending, spans
from lake_platform.lake.token import digest
from lake_platform.lake.waiting import look_at_inputs
from lake_platform.sensors.live import live_runs
from lake_platform.sensors.requests import STATE_TAG, SpanRequest, span_request
from lake_platform.spark.code import fingerprints

INTERVAL_SECONDS = 5
MAX_STILLBORN = 3
"""Runs of one state that ended before `raw` wrote its attempt down; then no more are asked for."""


@dataclass(frozen=True, kw_only=True)
class Tick:
    """What one look at a dataset found.

    Attributes:
        requests: the runs to ask for.
        pending: how many partitions want a run.
        held: partition to the reason why it is left alone.
        reported: what is told in words: keys that belong to no partition, runs that die before they begin.
        refused_keys: landed keys that belong to no partition, with the reason.
        ignored: landed files that do not count.
        settles_in: seconds until a file that is too young may be read.
        live: unfinished runs of the dataset; while there is one, none is asked for.
        waits: whether time alone changes what a look finds.
    """

    dataset: str
    requests: Sequence[SpanRequest]
    pending: Sequence[str]
    held: Mapping[str, str]
    reported: Sequence[str]
    refused_keys: Mapping[str, str]
    ignored: int
    settles_in: float | None
    live: Sequence[str]
    waits: bool = False


def build_arrivals_sensor(contract: DatasetContract, asset_keys: Sequence[dg.AssetKey]) -> dg.SensorDefinition:
    """The sensor `<dataset>_arrivals`, running by default where no schedule asks for the runs.

    Args:
        asset_keys: all layers of the dataset; a run works on all of them.
    """

    @dg.sensor(
        name=f"{contract.name}_arrivals",
        target=dg.AssetSelection.assets(*asset_keys),
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.STOPPED if contract.schedule else dg.DefaultSensorStatus.RUNNING,
        description=f"Compares s3://landing/{contract.arrives.prefix} with what reached the last layer.",
        tags={"lake_platform/dataset": contract.name},
    )
    def arrivals(
        context: dg.SensorEvaluationContext, lake: dg.ResourceParam[Lake], hints: dg.ResourceParam[ArrivalHints]
    ) -> dg.SensorResult | dg.SkipReason:
        reads = [each.dataset for each in contract.inputs.values()]
        if not hints.is_due(contract.name, prefix=contract.arrives.prefix, reads=reads):
            return dg.SkipReason(f"no message; looked at in {hints.next_sweep(contract.name):.0f} s at the latest")
        began = hints.now()
        seen = look(contract, asset_keys, lake=lake, instance=context.instance)
        hints.looked(contract.name, began=began, pending=bool(seen.pending), again=seen.waits)
        told = describe(seen)
        if told != context.cursor:
            context.log.info(told)
        requests = [request.run_request(runs_of(context.instance, request)) for request in seen.requests]
        return dg.SensorResult(run_requests=requests, cursor=told, skip_reason=None if requests else told)

    return arrivals


def look(
    contract: DatasetContract,
    asset_keys: Sequence[dg.AssetKey],
    *,
    lake: Lake,
    instance: dg.DagsterInstance,
    until: str | None = None,
) -> Tick:
    """One look: landing, what is pending, which runs live, which runs to ask for.

    Args:
        until: the last partition that runs are asked for; None is every one.
    """
    now = dt.datetime.now(dt.UTC)
    landing = scan(lake.landing, contract, now=now, settle=lake.settle_of(contract))
    inputs = look_at_inputs(lake, contract, now=now, fingerprints=fingerprints)
    whole, raw = fingerprints(contract)
    found = pending(lake, contract, landing, now=now, fingerprint=whole, raw_fingerprint=raw, inputs=inputs)
    found = found.until(until)
    live = live_runs(instance, set(asset_keys)) if found.partitions else []
    asked = [] if live else _requests(contract, asset_keys, found)
    stillborn = [request for request in asked if runs_of(instance, request) >= MAX_STILLBORN]
    return Tick(
        dataset=contract.name,
        requests=[request for request in asked if request not in stillborn],
        pending=sorted(found.partitions),
        held=found.held,
        reported=[f"{refused.key}: {refused.reason}" for refused in landing.refused]
        + [f"{request.first} to {request.last}: its runs die before they begin" for request in stillborn],
        refused_keys={refused.key: refused.reason for refused in landing.refused},
        ignored=landing.ignored,
        settles_in=landing.settles_in,
        live=live,
        waits=bool(live) or landing.settles_in is not None or found.waits is not None,
    )


def runs_of(instance: dg.DagsterInstance, request: SpanRequest) -> int:
    """How many runs of this very state there were. Attempts that reached `raw` have made it another state already."""
    return instance.get_runs_count(dg.RunsFilter(tags={STATE_TAG: request.state}))


def describe(seen: Tick) -> str:
    """One line for the tick in the UI."""
    parts = [f"{len(seen.pending)} partition(s) pending"] if seen.pending else ["nothing new"]
    if seen.live:
        parts.append(f"{len(seen.live)} run(s) at work")
    parts += [f"{partition} {why}" for partition, why in sorted(seen.held.items())[:10]]
    parts += [f"not taken: {told}" for told in seen.reported[:10]]
    if seen.ignored:
        parts.append(f"{seen.ignored} file(s) do not count")
    return "; ".join(parts)


def _requests(contract: DatasetContract, asset_keys: Sequence[dg.AssetKey], found: Pending) -> list[SpanRequest]:
    places = {partition: ordinal(partition, contract.arrives.partition.by) for partition in found.partitions}
    return [
        span_request(
            contract,
            asset_keys,
            partitions=span.partitions,
            state=digest([[p, found.partitions[p], found.attempts[p]] for p in span.partitions]),
        )
        for span in spans(list(found.partitions), places)
    ]
