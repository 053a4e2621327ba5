"""Ticks of schedules that could not ask yet, since what they read was still at work: the sensor of tables makes them good.

Two declarations with the same cron tick at the same moment, whichever reads the other: the reader would find what was
published yesterday, and pass until tomorrow. So its tick is kept, in Dagster's own storage, until what it reads is quiet.
"""

import json
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import dagster as dg

from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.notebook import Derived
from lake_platform.lake.lake import Lake
from lake_platform.lake.pending import WAITS
from lake_platform.sensors.arrivals import Tick, look

SETTLING_SECONDS = 60.0
"""Ticks of one moment are evaluated one after the other, and the runs that they ask for begin later still."""
PATIENCE_SECONDS = 1800.0
"""After which a table is made of what is there: into some datasets files land all day."""
_PREFIX = "lake_platform/owed/"


@dataclass(frozen=True)
class Owed:
    """One tick: up to which partition it asks, and when it was (seconds since 1970)."""

    until: str | None
    since: float


def owe(instance: dg.DagsterInstance, key: str, until: str | None) -> None:
    """Keeps a tick of the table `group.name`; an older one of it is replaced."""
    _write(instance, key, json.dumps({"until": until, "since": time.time()}))


def settle(instance: dg.DagsterInstance, key: str, tick: Owed) -> None:
    """Forgets this tick of a table; one that was kept since then stays."""
    if owed(instance, [key]).get(key) == tick:
        _write(instance, key, "")


def owed(instance: dg.DagsterInstance, keys: Collection[str]) -> Mapping[str, Owed]:
    """The ticks that are kept of these tables."""
    if not keys:
        return {}
    found = instance.daemon_cursor_storage.get_cursor_values({f"{_PREFIX}{key}" for key in keys})
    return {name.removeprefix(_PREFIX): Owed(**json.loads(text)) for name, text in found.items() if text}


@dataclass(frozen=True)
class Upstream:
    """All that tables read.

    Attributes:
        datasets: with the asset keys of their layers, by name.
    """

    tables: Sequence[Derived]
    datasets: Mapping[str, tuple[DatasetContract, Sequence[dg.AssetKey]]] = field(
        default_factory=dict[str, tuple[DatasetContract, Sequence[dg.AssetKey]]]
    )

    def at_work(self, table: Derived, *, lake: Lake, instance: dg.DagsterInstance) -> list[str]:
        """The datasets that a table reads, itself or through others, and that have files on their way.

        One with a cron of its own that is not the table's is not waited for: its hour may be days away.
        """
        found: list[str] = []
        for name in sorted(self._reads(table) & self.datasets.keys()):
            contract, keys = self.datasets[name]
            if contract.schedule in (None, table.contract.schedule):
                seen = look(contract, keys, lake=lake, instance=instance)
                found += [name] if seen.pending or seen.waits else []
        return found

    def resting(self, cron: str | None) -> set[str]:
        """The names of the tables that nobody makes now: those with another cron."""
        crons = {table.contract.name: table.contract.schedule for table in self.tables}
        return {name for name, own in crons.items() if own not in (None, cron)}

    def _reads(self, table: Derived) -> set[str]:
        by_key = {other.contract.key: other for other in self.tables}
        names: set[str] = set()
        for found in table.inputs:
            names |= {found.owner} if found.kind != "table" else self._reads(by_key[found.owner])
        return names


def due_ticks(
    upstream: Upstream, kept: Mapping[str, Owed], *, lake: Lake, instance: dg.DagsterInstance
) -> dict[str, str | None]:
    """The ticks that are not waited with any longer, by the name of the table: up to which partition they ask."""
    due: dict[str, str | None] = {}
    for table in upstream.tables:
        tick = kept.get(table.contract.key)
        age = time.time() - tick.since if tick else 0.0
        if tick is None or age < SETTLING_SECONDS:
            continue
        if age > PATIENCE_SECONDS or not upstream.at_work(table, lake=lake, instance=instance):
            due[table.contract.name] = tick.until
    return due


def is_done(seen: Tick, tick: Owed) -> bool:
    """Whether there is nothing left to do for a tick that was due.

    What stays pending though no run is asked for (its runs die before they begin) is waited with for a while only.
    """
    if seen.requests or seen.live or seen.waits:
        return False
    return not (seen.pending or waits(seen)) or time.time() - tick.since > PATIENCE_SECONDS


def waits(seen: Tick) -> bool:
    """Whether a table is held because of what it reads: it is about to be made, or has never published."""
    return any(why.startswith(WAITS) for why in seen.held.values())


def _write(instance: dg.DagsterInstance, key: str, text: str) -> None:
    instance.daemon_cursor_storage.set_cursor_values({f"{_PREFIX}{key}": text})
