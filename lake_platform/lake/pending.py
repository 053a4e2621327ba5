"""What is pending: landing against what reached the last layer. A level, not an edge.

A partition is done when its raw document names every landed identity and the document of the last declared layer was
made of that raw content. Nothing else is asked, so a lost event, a restart, a deleted cursor or a run that died half
way cannot lose or double anything.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from lake_platform.contract.dataset import DatasetContract
from lake_platform.lake.inputs import Inputs
from lake_platform.lake.lake import Lake
from lake_platform.lake.landing import Landing
from lake_platform.lake.refusals import Refusal, attempts_at, latest_refusal
from lake_platform.lake.store import ObjectInfo, ObjectStore
from lake_platform.lake.token import digest
from lake_platform.lake.versions import VersionDocument

MAX_BRIDGE = 31
REFUSED = "refused: "
WAITS = "waits for "
"""How the reasons begin for which partitions are left alone."""


@dataclass(frozen=True, kw_only=True)
class Pending:
    """The partitions that want a run, and those that do not get one now.

    Attributes:
        partitions: in their order, with the state that the run will work on.
        attempts: the number of the last attempt or reset, 0 before the first: runs are told apart by it.
        held: partition to the reason why it is left alone.
        waits: seconds until the first of the held ones may go on; None where time changes nothing.
    """

    partitions: Mapping[str, str] = field(default_factory=dict)
    attempts: Mapping[str, int] = field(default_factory=dict)
    held: Mapping[str, str] = field(default_factory=dict)
    waits: float | None = None

    def until(self, last: str | None) -> "Pending":
        """With the partitions up to this one only; None is all. Keys of one dataset sort like the times they mean."""
        if last is None:
            return self
        return replace(self, partitions={key: state for key, state in self.partitions.items() if key <= last})


def pending(
    lake: Lake,
    contract: DatasetContract,
    landing: Landing,
    *,
    now: dt.datetime,
    fingerprint: str,
    raw_fingerprint: str | None = None,
    inputs: Inputs | None = None,
) -> Pending:
    """Compares every partition that landing or the raw layer knows with the last layer.

    Args:
        fingerprint: of contract and code over all layers; a refusal under another one does not hold.
        raw_fingerprint: of the raw layer; files that were refused under another one are looked at again.
        inputs: of the transform. Partitions wait for them, and where they refresh, a newer version makes them pending.
    """
    read = inputs or Inputs()

    def candidate(partition: str, known: VersionDocument | None, landed: Sequence[ObjectInfo]) -> Candidate:
        state = partition_state(landed, known, fingerprint, read.tokens())
        refusal = _standing_refusal(
            lake, contract.name, partition, known=known, landed=landed, fingerprint=fingerprint, inputs=read
        )
        held = f"{REFUSED}{refusal.reason}" if refusal is not None else read.waits
        return Candidate(partition, state, held)

    return decided(
        lake.lake,
        contract.name,
        [candidate(*found) for found in _unfinished(lake, contract, landing, raw_fingerprint, read)],
        now=now,
        wakes=f"`lake retry {contract.name} {{partition}}` or a new file wakes it",
    )


@dataclass(frozen=True)
class Candidate:
    """A partition that is not finished, the state that a run would work on, and why it may have to be left alone."""

    partition: str
    state: str
    held: str | None = None


def decided(store: ObjectStore, key: str, candidates: Iterable[Candidate], *, now: dt.datetime, wakes: str) -> Pending:
    """Wanted, unless it is held already, was tried too often, or was tried a moment ago.

    Args:
        key: under which the attempts are kept.
        wakes: what wakes a partition that was tried too often; `{partition}` stands for its name.
    """
    wanted: dict[str, str] = {}
    tried: dict[str, int] = {}
    held: dict[str, str] = {}
    waits: list[float] = []
    for each in candidates:
        if each.held is not None:
            held[each.partition] = each.held
            continue
        attempts = attempts_at(store, key, each.partition, state=each.state)
        if attempts.exhausted:
            held[each.partition] = f"failed {attempts.count} times; {wakes.format(partition=each.partition)}"
        elif wait := attempts.waits(now):
            held[each.partition] = f"failed {attempts.count} times, tried again in {wait:.0f} s"
            waits.append(wait)
        else:
            wanted[each.partition], tried[each.partition] = each.state, attempts.number
    return Pending(partitions=wanted, attempts=tried, held=held, waits=min(waits, default=None))


def _unfinished(
    lake: Lake, contract: DatasetContract, landing: Landing, raw_fingerprint: str | None, inputs: Inputs
) -> Iterator[tuple[str, VersionDocument | None, Sequence[ObjectInfo]]]:
    """The settled partitions whose landed files did not reach the last layer, with their raw document."""
    raw = lake.log(contract.name, "raw").latest_documents()
    last = lake.log(contract.name, contract.layers[-1]).latest_documents()
    for partition in sorted({*landing.partitions, *raw} - landing.unsettled):
        landed = landing.partitions.get(partition, ())
        known = raw.get(partition)
        if (
            has_fresh_files(known, landed)
            or not _reached(known, last.get(partition), inputs)
            or (known is not None and _has_waking_files(known, raw_fingerprint))
        ):
            yield partition, known, landed


def has_fresh_files(known: VersionDocument | None, landed: Sequence[ObjectInfo]) -> bool:
    """Whether landing holds an identity that the raw document does not name. A key that is gone changes nothing."""
    arrivals = known.body["arrivals"] if known else {}
    return any(arrivals.get(found.key) != found.identity for found in landed)


def partition_state(
    landed: Sequence[ObjectInfo],
    known: VersionDocument | None,
    fingerprint: str,
    inputs: Mapping[str, str] | None = None,
) -> str:
    """The digest of what a run of this partition would work on; attempts are counted for it.

    It is the same before and after raw has taken the files in, and also when they are gone from landing.
    """
    arrivals = {**(known.body["arrivals"] if known else {}), **{found.key: found.identity for found in landed}}
    withdrawn = [f["key"] for f in known.body["files"] if f["status"] == "withdrawn"] if known else []
    return digest([arrivals, withdrawn, fingerprint, dict(inputs or {})])


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


def _reached(known: VersionDocument | None, last: VersionDocument | None, inputs: Inputs) -> bool:
    if known is None:
        return True
    return last is not None and last.body["content"] == known.body["content"] and inputs.is_fresh(last)


def _has_waking_files(known: VersionDocument, raw_fingerprint: str | None) -> bool:
    """Refused files of a partition that went on without them, refused under another contract."""
    changed = raw_fingerprint is not None and known.body["fingerprint"] != raw_fingerprint
    return changed and known.body["counts"]["refused"] > 0


def _standing_refusal(
    lake: Lake,
    dataset: str,
    partition: str,
    *,
    known: VersionDocument | None,
    landed: Sequence[ObjectInfo],
    fingerprint: str,
    inputs: Inputs,
) -> Refusal | None:
    """The refusal that still holds: of this raw content, under this contract and code, with these inputs."""
    if known is None or has_fresh_files(known, landed):
        return None
    refusal = latest_refusal(lake.lake, dataset, partition)
    if refusal is None or (refusal.content, refusal.fingerprint) != (known.body["content"], fingerprint):
        return None
    return None if refusal.inputs and refusal.inputs != inputs.tokens() else refusal
