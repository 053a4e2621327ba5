"""Which partition a landed key belongs to, and the order of partitions."""

import datetime as dt
import re
from dataclasses import dataclass

from lake_platform.contract.dataset import Arrives, PartitionBy

ALL = "all"
FORMATS: dict[PartitionBy, str] = {"hour": "%Y-%m-%dT%H", "day": "%Y-%m-%d", "month": "%Y-%m"}
"""Without colons: Spark does not take them in paths."""
PARTS: dict[PartitionBy, tuple[str, ...]] = {
    "hour": ("year", "month", "day", "hour"),
    "day": ("year", "month", "day"),
    "month": ("year", "month"),
}


@dataclass(frozen=True)
class Unplaced:
    """A key that belongs to no partition, and why."""

    reason: str


def counts(arrives: Arrives, key: str) -> bool:
    """Whether a key counts at all, by `arrives.files`; the others are ignored."""
    name = key.rpartition("/")[2]
    if arrives.files is None:
        return bool(name) and not name.startswith(".")
    if isinstance(arrives.files, str):
        return re.fullmatch(arrives.files, name) is not None
    return name.endswith(tuple(arrives.files)) and not name.startswith(".")


def partition_of(arrives: Arrives, key: str) -> str | Unplaced:
    """The partition of a key: `2024-01-01T05`, `2024-01-01`, `2024-01` or `all`."""
    if not key.startswith(arrives.prefix):
        return Unplaced(f"the key does not begin with {arrives.prefix!r}")
    partition = arrives.partition
    if partition.by == "none":
        return ALL
    match = re.search(partition.pattern or "", key.removeprefix(arrives.prefix))
    if match is None:
        return Unplaced(f"the key does not match the pattern {partition.pattern!r}")
    start = _moment(match.groupdict(), partition.by)
    if isinstance(start, Unplaced):
        return start
    found = start.strftime(FORMATS[partition.by])
    if start < logical_start(_clip(partition.start, partition.by)):
        return Unplaced(f"the partition {found} is before start: {partition.start}")
    return found


def logical_start(partition: str) -> dt.datetime:
    """The first moment of a partition, UTC without a zone: what a snapshot's `effective_at: partition` means."""
    for form in FORMATS.values():
        try:
            return dt.datetime.strptime(partition, form)
        except ValueError:
            continue
    raise ValueError(f"{partition!r} is not a partition key")


def ordinal(partition: str, by: PartitionBy) -> int:
    """The place of a partition in the calendar: the next one is one more."""
    if by == "none":
        return 0
    start = logical_start(partition)
    if by == "month":
        return start.year * 12 + start.month
    return start.toordinal() * 24 + start.hour if by == "hour" else start.toordinal()


def _moment(groups: dict[str, str | None], by: PartitionBy) -> dt.datetime | Unplaced:
    text = groups.get(by) or ""
    if set(groups) & set(PARTS[by]) == set(PARTS[by]) and len(PARTS[by]) == len(groups):
        text = _iso([groups[part] or "" for part in PARTS[by]])
    try:
        return dt.datetime.strptime(text, FORMATS[by])
    except ValueError:
        return Unplaced(f"{text!r} is no {by} of the calendar")


def _iso(parts: list[str]) -> str:
    date, hour = "-".join(parts[:3]), parts[3:]
    return f"{date}T{hour[0]}" if hour else date


def _clip(start: str, by: PartitionBy) -> str:
    """`start` may be more exact than the partitions are."""
    length = {"hour": 13, "day": 10, "month": 7}[by] if by != "none" else 0
    return start if len(start) <= length else start[:length]
