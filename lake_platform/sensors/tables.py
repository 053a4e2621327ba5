"""The sensor of all tables made in the warehouse and of all notebooks: one look at what their inputs have published.

One sensor for all, so that a house of many tables costs the daemon one tick, each input is listed once for all its
readers, and a table that reads another one waits for it.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import dagster as dg

from lake_platform.contract.notebook import Derived
from lake_platform.contract.partitions import ordinal
from lake_platform.lake.hints import ArrivalHints
from lake_platform.lake.lake import Lake
from lake_platform.lake.pending import WAITS, Pending, spans
from lake_platform.lake.table_inputs import InputReader
from lake_platform.lake.table_pending import table_pending
from lake_platform.lake.token import digest
from lake_platform.sensors.arrivals import MAX_STILLBORN, Tick, describe, runs_of
from lake_platform.sensors.live import live_runs
from lake_platform.sensors.owed import Upstream, due_ticks, is_done, owe, owed, settle, waits
from lake_platform.sensors.requests import SpanRequest, table_request
from lake_platform.sensors.schedules import build_schedule

NAME = "warehouse_tables"
INTERVAL_SECONDS = 5
TO_BE_MADE = " to be made"


def build_tables_sensor(upstream: Upstream) -> dg.SensorDefinition:
    """The sensor `warehouse_tables`, running by default.

    Runs of tables that have a schedule are left to it, but for ticks that had to wait.
    """
    tables = upstream.tables
    keys = [dg.AssetKey(list(table.contract.path)) for table in tables]
    reads = {found.owner for table in tables for found in table.inputs if found.kind != "table"}
    scheduled = {table.contract.name for table in tables if table.contract.schedule}
    crons = {table.contract.key for table in tables if table.contract.schedule}

    @dg.sensor(
        name=NAME,
        # Not `target`: that makes one job of all tables, which Dagster refuses where they are parted differently.
        asset_selection=dg.AssetSelection.assets(*keys),
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Compares what the inputs of each table have published with what the table was made from.",
    )
    def warehouse_tables(
        context: dg.SensorEvaluationContext, lake: dg.ResourceParam[Lake], hints: dg.ResourceParam[ArrivalHints]
    ) -> dg.SensorResult | dg.SkipReason:
        kept = owed(context.instance, crons)
        if not hints.is_due(NAME, prefix=None, reads=reads) and not kept:
            return dg.SkipReason(f"no news of their inputs; looked at in {hints.next_sweep(NAME):.0f} s at the latest")
        began = hints.now()
        due = due_ticks(upstream, kept, lake=lake, instance=context.instance)
        resting = scheduled - due.keys()
        seen = look_at_tables(tables, lake=lake, instance=context.instance, limits=due, resting=resting)
        mine = [tick for tick in seen if tick.dataset not in resting]
        for table, tick in zip(tables, seen, strict=True):
            if table.contract.name in due and is_done(tick, kept[table.contract.key]):
                settle(context.instance, table.contract.key, kept[table.contract.key])
        pending, again = any(tick.pending for tick in mine), any(tick.waits for tick in mine)
        hints.looked(NAME, began=began, pending=pending, again=again)
        told = "\n".join(f"{tick.dataset}: {describe(tick)}" for tick in seen if tick.pending or tick.held)
        if told and told != context.cursor:
            context.log.info(told)
        asked = [request for tick in mine for request in tick.requests]
        requests = [request.run_request(runs_of(context.instance, request)) for request in asked]
        return dg.SensorResult(
            run_requests=requests, cursor=told, skip_reason=None if requests else told or "nothing new"
        )

    return warehouse_tables


def look_at_tables(
    tables: Sequence[Derived],
    *,
    lake: Lake,
    instance: dg.DagsterInstance,
    limits: Mapping[str, str | None] | None = None,
    resting: Collection[str] = (),
) -> list[Tick]:
    """One look at each table, in their order: those that others read come first.

    A table whose input is about to be made, or is being made, waits: it would be made twice.

    Args:
        limits: by name, the last partition that runs are asked for; None, or no name, is every one.
        resting: the names of tables that nobody is about to make, whatever is pending: the others wait only while one
            of them is being made.
    """
    inputs, now, until = InputReader(lake), dt.datetime.now(dt.UTC), limits or {}
    moving: set[str] = set()
    ticks: list[Tick] = []
    for table in tables:
        last = until.get(table.contract.name)
        tick = _look(table, lake=lake, inputs=inputs, instance=instance, now=now, moving=moving, until=last)
        ticks.append(tick)
        if tick.live or (table.contract.name not in resting and (tick.pending or _waits_for_table(tick))):
            moving.add(table.contract.key)
    return ticks


def _waits_for_table(tick: Tick) -> bool:
    """Whether a table that this one reads is about to be made."""
    return any(why.startswith(WAITS) and why.endswith(TO_BE_MADE) for why in tick.held.values())


def build_table_schedule(table: Derived, upstream: Upstream, cron: str) -> dg.ScheduleDefinition:
    """The schedule of one table. A tick at which what it reads is at work is kept for the sensor."""
    name = table.contract.name
    resting = upstream.resting(cron)

    def look(lake: Lake, instance: dg.DagsterInstance, until: str | None) -> Tick:
        seen = look_at_tables(upstream.tables, lake=lake, instance=instance, limits={name: until}, resting=resting)
        tick = next(tick for tick in seen if tick.dataset == name)
        busy = upstream.at_work(table, lake=lake, instance=instance)
        if not busy and not waits(tick):
            return tick
        owe(instance, table.contract.key, until)
        why = f"{WAITS}{', '.join(busy)}" if busy else ""
        return replace(tick, requests=[], held={**tick.held, **dict.fromkeys(tick.pending, why)} if busy else tick.held)

    by = table.partitioning.by if table.partitioning else "none"
    key = dg.AssetKey(list(table.contract.path))
    return build_schedule("__".join(table.contract.path), cron, asset_keys=[key], by=by, look=look)


def _look(
    table: Derived,
    *,
    lake: Lake,
    inputs: InputReader,
    instance: dg.DagsterInstance,
    now: dt.datetime,
    moving: set[str],
    until: str | None,
) -> Tick:
    found = table_pending(table, lake=lake, inputs=inputs, now=now)
    if table.partitioning is not None and table.partitioning.by != "none":
        found = found.until(until)
    before = [each.name for each in table.inputs if each.kind == "table" and each.owner in moving]
    if before and found.partitions:
        why = f"{WAITS}{', '.join(before)}{TO_BE_MADE}"
        found = Pending(held={**found.held, **dict.fromkeys(found.partitions, why)})
    live = live_runs(instance, {dg.AssetKey(list(table.contract.path))}) if found.partitions else []
    asked = [] if live else _requests(table, found)
    stillborn = [request for request in asked if runs_of(instance, request) >= MAX_STILLBORN]
    return Tick(
        dataset=table.contract.name,
        requests=[request for request in asked if request not in stillborn],
        pending=sorted(found.partitions),
        held=found.held,
        reported=[f"{request.first} to {request.last}: its runs die before they begin" for request in stillborn],
        refused_keys={},
        ignored=0,
        settles_in=None,
        live=live,
        waits=bool(live) or found.waits is not None,
    )


def _requests(table: Derived, found: Pending) -> list[SpanRequest]:
    by = table.partitioning.by if table.partitioning else "none"
    places = {partition: ordinal(partition, by) for partition in found.partitions}
    return [
        table_request(
            table,
            partitions=span.partitions,
            state=digest(
                [[partition, found.partitions[partition], found.attempts[partition]] for partition in span.partitions]
            ),
        )
        for span in spans(list(found.partitions), places)
    ]
