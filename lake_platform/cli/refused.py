"""What was refused in one call: partitions, files, and keys that belong nowhere."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from lake_platform.assets.target import refused_partitions
from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.notebook import Derived
from lake_platform.lake.lake import Lake
from lake_platform.lake.pending import REFUSED
from lake_platform.lake.reports import report_keys
from lake_platform.lake.table_inputs import InputReader
from lake_platform.lake.table_pending import table_pending
from lake_platform.sensors.arrivals import Tick


@dataclass(frozen=True, kw_only=True)
class Refused:
    """One refusal. `key` is None where a partition as a whole is refused, `partition` where a key belongs to none."""

    dataset: str
    partition: str | None
    key: str | None
    reason: str


def refused_keys(contract: DatasetContract, lake: Lake, seen: Tick) -> list[Refused]:
    """Keys that belong to no partition, where they were not told by an earlier call."""
    fresh = report_keys(lake.lake, contract.name, seen.refused_keys)
    return [
        Refused(dataset=contract.name, partition=None, key=key, reason=reason) for key, reason in sorted(fresh.items())
    ]


def refused_work(contract: DatasetContract, lake: Lake, partitions: Iterable[str]) -> list[Refused]:
    """The files and partitions that are refused among those which this call has worked on."""
    worked = sorted(partitions)
    told = [
        Refused(dataset=contract.name, partition=result.partition, key=None, reason=result.reason or "")
        for result in refused_partitions(contract, worked, lake=lake)
    ]
    log = lake.log(contract.name, "raw")
    for partition in worked:
        document = log.latest(partition)
        told += [
            Refused(dataset=contract.name, partition=partition, key=file["key"], reason=file["reason"])
            for file in (document.body["files"] if document else ())
            if file["status"] == "refused"
        ]
    return told


def refused_tables(table: Derived, lake: Lake, partitions: Iterable[str]) -> list[Refused]:
    """The partitions of a table or notebook that are refused among those which this call has worked on."""
    now = dt.datetime.now(dt.UTC)
    held = (
        table_pending(table, lake=lake, inputs=InputReader(lake), now=now).held if (worked := set(partitions)) else {}
    )
    return [
        Refused(dataset=table.contract.name, partition=partition, key=None, reason=why.removeprefix(REFUSED))
        for partition, why in sorted(held.items())
        if partition in worked and why.startswith(REFUSED)
    ]
