"""Which partition a landed key belongs to, and the order of partitions.

Partition keys are `2024-01-01T05`, `2024-01-01`, `2024-01` or `all`: as text they sort like the times they stand for.
Everything is UTC. A partition in the future is a partition like any other.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from lake_platform.contract.arrives import Arrives
from lake_platform.contract.strict import PartitionBy

PartitionKey = str
ALL: PartitionKey = "all"
FORMATS: dict[PartitionBy, str] = {"hour": "%Y-%m-%dT%H", "day": "%Y-%m-%d", "month": "%Y-%m"}
"""For Dagster's partitions definitions. Without colons: Spark does not take them in paths."""
_BY_LENGTH: dict[int, PartitionBy] = {len("2024-01-31T05"): "hour", len("2024-01-31"): "day", len("2024-01"): "month"}
PARTS: dict[PartitionBy, tuple[str, ...]] = {
    "hour": ("year", "month", "day", "hour"),
    "day": ("year", "month", "day"),
    "month": ("year", "month"),
}
"""The groups of a pattern that spell a partition together; one group named as `by` with an ISO date does it alone."""
_SHAPES = {"month": r"\d{4}-?\d\d", "day": r"\d{8}|\d{4}-\d\d-\d\d", "hour": r"\d{8}T?\d\d|\d{4}-\d\d-\d\d[T ]\d\d"}
_ISO = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2})(?:[T ](?P<hour>[0-9]{2}))?)?"
    r"|(?P<year_>[0-9]{4})(?P<month_>[0-9]{2})(?:(?P<day_>[0-9]{2})(?:T?(?P<hour_>[0-9]{2}))?)?"
)


@dataclass(frozen=True)
class Unplaced:
    """A key that belongs to no partition, and why."""

    reason: str


def counts(arrives: Arrives, key: str) -> bool:
    """Whether a key counts at all, by `arrives.files`; the others are ignored. Hidden names, folders and
    Hadoop's marker `_SUCCESS` never count."""
    name = key.rpartition("/")[2]
    if not name or name.startswith(".") or name == "_SUCCESS":
        return False
    if arrives.files is None:
        return True
    if isinstance(arrives.files, str):
        return _compiled(arrives.files).fullmatch(name) is not None
    return name.endswith(tuple(arrives.files))


def partition_of(arrives: Arrives, key: str) -> PartitionKey | Unplaced:
    """The partition of a landing key, or why it has none."""
    if not key.startswith(arrives.prefix):
        return Unplaced(f"the key does not begin with {arrives.prefix!r}")
    declared = arrives.partition
    if declared.by == "none":
        return ALL
    match = _compiled(declared.pattern or "").search(key.removeprefix(arrives.prefix))
    if match is None:
        return Unplaced(f"the key does not match the pattern {declared.pattern!r}")
    parts = _parts(match.groupdict(), declared.by)
    if parts is None:
        told = "-".join(text for text in match.groupdict().values() if text)
        return Unplaced(f"{told!r} is no {declared.by} of the calendar")
    found = _key(*parts, by=declared.by)
    if found < first_key(arrives):
        return Unplaced(f"the partition {found} is before start: {declared.start}")
    return found


def first_key(arrives: Arrives) -> PartitionKey:
    """The partition that `start` lies in."""
    by = arrives.partition.by
    if by == "none":
        return ALL
    moment = read_moment(arrives.partition.start)
    return _key(moment.year, moment.month, moment.day, moment.hour, by=by)


def logical_start(partition: PartitionKey) -> dt.datetime:
    """The first moment of a partition, UTC without a zone, as Redshift's TIMESTAMP: what `effective_at: partition` means.

    Raises:
        ValueError: it is no partition key, or `all`, which has no time.
    """
    parts = _iso_parts(partition)
    moment = _moment(*parts) if parts else None
    if parts and moment and partition in {_key(*parts, by=by) for by in FORMATS}:
        return moment
    raise ValueError(f"{partition!r} is not the key of a partition in time")


def last_complete(by: PartitionBy, moment: dt.datetime) -> PartitionKey | None:
    """The last partition that has ended at a moment (UTC): its logical date. None for `none`, which does not end."""
    if by == "none":
        return None
    if by == "month":
        year, month = divmod(moment.year * 12 + moment.month - 2, 12)
        return _key(year, month + 1, 1, 0, by=by)
    before = moment - (dt.timedelta(hours=1) if by == "hour" else dt.timedelta(days=1))
    return _key(before.year, before.month, before.day, before.hour, by=by)


def render_keys(keys: Sequence[PartitionKey]) -> str:
    """Sorted keys of one calendar in one line, with those that follow each other as `first..last`."""
    by = _BY_LENGTH.get(len(keys[0]), "none")
    stretches: list[list[PartitionKey]] = []
    for key in keys:
        if stretches and ordinal(key, by) == ordinal(stretches[-1][-1], by) + 1:
            stretches[-1].append(key)
        else:
            stretches.append([key])
    return " ".join(each[0] if len(each) == 1 else f"{each[0]}..{each[-1]}" for each in stretches)


def stands_in(text: str, key: PartitionKey) -> bool:
    """Whether a key is among those that `render_keys` has written."""
    for stretch in text.split():
        first, _, last = stretch.partition("..")
        if first <= key <= (last or first):
            return True
    return False


def ordinal(partition: PartitionKey, by: PartitionBy) -> int:
    """The place of a partition in the calendar: the next one is one more."""
    if by == "none":
        return 0
    start = logical_start(partition)
    if by == "month":
        return start.year * 12 + start.month
    return start.toordinal() * 24 + start.hour if by == "hour" else start.toordinal()


def read_moment(text: str) -> dt.datetime:
    """An ISO date that may be as short as a month or as long as an hour, as `start` is written.

    Raises:
        ValueError: it is none.
    """
    parts = _iso_parts(text) if "-" in text else None
    moment = _moment(*parts) if parts else None
    if moment is None:
        raise ValueError(f"{text!r} is no date: write 2024-01-31, 2024-01 or 2024-01-31T05")
    return moment


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _parts(groups: dict[str, str | None], by: PartitionBy) -> tuple[int, int, int, int] | None:
    """Year, month, day and hour, where they stand in the calendar."""
    if set(PARTS[by]) <= set(groups):
        texts = [groups[part] or "" for part in PARTS[by]]
        if not all(re.fullmatch(r"[0-9]{1,4}", text) for text in texts) or len(texts[0]) != len("2024"):
            return None
        numbers = [int(text) for text in texts]
        year, month, day, hour = (*numbers, *(1, 0)[len(numbers) - 2 :])
        return (year, month, day, hour) if _moment(year, month, day, hour) else None
    text = groups.get(by) or ""
    found = _iso_parts(text)
    exact = re.fullmatch(_SHAPES[by], text, re.ASCII) is not None
    return found if found and exact and _moment(*found) else None


def _iso_parts(text: str) -> tuple[int, int, int, int] | None:
    match = _ISO.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour = (match[name] or match[f"{name}_"] for name in ("year", "month", "day", "hour"))
    return int(year), int(month), int(day or 1), int(hour or 0)


def _moment(year: int, month: int, day: int, hour: int) -> dt.datetime | None:
    try:
        return dt.datetime(year, month, day, hour)
    except ValueError:
        return None


def _key(year: int, month: int, day: int, hour: int, *, by: PartitionBy) -> PartitionKey:
    """Not by strftime: its %Y does not fill years with zeros on all systems."""
    text = f"{year:04}-{month:02}-{day:02}T{hour:02}"
    return text[: {"month": 7, "day": 10, "hour": 13, "none": 0}[by]]
