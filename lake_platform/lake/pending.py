"""What is pending: landing against what reached the last layer. A level, not an edge.

A partition is done when its raw document names every landed identity and the document of the last declared layer was
made of that raw content. Nothing else is asked, so a lost event, a restart, a deleted cursor or a run that died half
way cannot lose or double anything.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lake_platform.contract.dataset import DatasetContract
from lake_platform.lake.lake import Lake
from lake_platform.lake.landing import Landing
from lake_platform.lake.refusals import attempts_at, latest_refusal
from lake_platform.lake.store import ObjectInfo
from lake_platform.lake.token import digest
from lake_platform.lake.versions import VersionDocument, VersionLog

MAX_BRIDGE = 31


@dataclass(frozen=True, kw_only=True)
class Pending:
    """The partitions that want a run, and those that do not get one now.

    Attributes:
        partitions: in their order, with the state that the run will work on.
        held: partition to the reason why it is left alone.
        waits: seconds until the first of the held ones may go on; None where time changes nothing.
    """

    partitions: Mapping[str, str] = field(default_factory=dict)
    held: Mapping[str, str] = field(default_factory=dict)
    waits: float | None = None


def pending(
    lake: Lake, contract: DatasetContract, landing: Landing, *, now: dt.datetime, fingerprint: str
) -> Pending:
    """Compares every partition that landing or the raw layer knows with the last layer.

    Args:
        fingerprint: of contract and code over all layers; a refusal under another one does not hold.
    """
    raw, last = lake.log(contract.name, "raw"), lake.log(contract.name, contract.layers[-1])
    raw_numbers, last_numbers = raw.latest_numbers(), last.latest_numbers()
    wanted: dict[str, str] = {}
    held: dict[str, str] = {}
    waits: list[float] = []
    for partition in sorted({*landing.partitions, *raw_numbers}):
        landed = landing.partitions.get(partition, ())
        known = _read(raw, partition, raw_numbers)
        fresh = has_fresh_files(known, landed)
        if not fresh and _reached(known, _read(last, partition, last_numbers)):
            continue
        if partition in landing.unsettled:
            continue
        state = partition_state(landed, known, fingerprint)
        held_by, wait = _held(lake, contract.name, partition, known=known, fresh=fresh, state=state, now=now, code=fingerprint)
        if held_by is None:
            wanted[partition] = state
        else:
            held[partition] = held_by
            waits += [wait] if wait else []
    return Pending(partitions=wanted, held=held, waits=min(waits, default=None))


def has_fresh_files(known: VersionDocument | None, landed: Sequence[ObjectInfo]) -> bool:
    """Whether landing holds an identity that the raw document does not name."""
    named = {file["key"]: file["identity"] for file in known.body["files"]} if known else {}
    return any(named.get(found.key) != found.identity for found in landed)


def partition_state(landed: Sequence[ObjectInfo], known: VersionDocument | None, fingerprint: str) -> str:
    """The digest of what a run of this partition would work on; attempts are counted for it."""
    withdrawn = [f["key"] for f in known.body["files"] if f["status"] == "withdrawn"] if known else []
    return digest([[[found.key, found.identity] for found in landed], withdrawn, fingerprint])


@dataclass(frozen=True)
class Span:
    """One run: from its first to its last partition, the pending ones among them."""

    partitions: tuple[str, ...]


def spans(partitions: Sequence[str], between: Mapping[str, int]) -> list[Span]:
    """Joins pending partitions to spans that bridge at most `MAX_BRIDGE` others.

    Args:
        between: the position of each partition in the calendar of the dataset.
    """
    found: list[list[str]] = []
    for partition in sorted(partitions, key=lambda key: between[key]):
        if found and between[partition] - between[found[-1][-1]] <= MAX_BRIDGE + 1:
            found[-1].append(partition)
        else:
            found.append([partition])
    return [Span(tuple(group)) for group in found]


def _reached(known: VersionDocument | None, last: VersionDocument | None) -> bool:
    return known is None or (last is not None and last.body["content"] == known.body["content"])


def _read(log: VersionLog, partition: str, numbers: Mapping[str, int]) -> VersionDocument | None:
    return log.read(partition, numbers[partition]) if partition in numbers else None


def _held(
    lake: Lake,
    dataset: str,
    partition: str,
    *,
    known: VersionDocument | None,
    fresh: bool,
    state: str,
    now: dt.datetime,
    code: str,
) -> tuple[str | None, float]:
    """Why this partition gets no run now, and for how many seconds."""
    refusal = latest_refusal(lake.lake, dataset, partition)
    if not fresh and known and refusal and (refusal.content, refusal.fingerprint) == (known.body["content"], code):
        return f"refused: {refusal.reason}", 0.0
    attempts = attempts_at(lake.lake, dataset, partition, state=state)
    if attempts.exhausted:
        return f"failed {attempts.count} times; `lake retry {dataset} {partition}` or a new file wakes it", 0.0
    wait = attempts.waits(now)
    return (f"failed {attempts.count} times, tried again in {wait:.0f} s", wait) if wait else (None, 0.0)
