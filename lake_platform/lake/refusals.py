"""Refusals and attempts of partitions: documents too, so that no deleted cursor and no lost run forgets them."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lake_platform.lake.layout import attempts_prefix, refusals_prefix
from lake_platform.lake.store import ObjectStore
from lake_platform.lake.token import digest
from lake_platform.lake.versions import VersionDocument, VersionLog

MAX_ATTEMPTS = 3
BACKOFF_SECONDS = (0.0, 0.0, 60.0)
"""Before the first, the second and the third attempt at the same state of a partition."""


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why a partition must not be published. It holds for its content, fingerprint and inputs; others wake it."""

    token: str
    content: str
    fingerprint: str
    layer: str
    gate: str
    reason: str
    checks: Sequence[Mapping[str, Any]]
    figures: Mapping[str, Any]
    quarantine: Sequence[Mapping[str, Any]] = ()
    """The files with the rows that were set aside; named here, so that the janitor leaves them to who looks for the fault."""
    inputs: Mapping[str, str] = field(default_factory=dict[str, str])
    """The versions of other datasets that were read; none where the layer reads none."""


def refuse(store: ObjectStore, dataset: str, partition: str, refusal: Refusal) -> None:
    """Publishes a refusal; the same one again changes nothing.

    Refused again under another contract it is another document, since it holds for that one then.
    """
    log = VersionLog(store, refusals_prefix(dataset))
    body = {name: getattr(refusal, name) for name in Refusal.__dataclass_fields__}
    held_for = digest([refusal.token, refusal.content, refusal.fingerprint])
    log.publish(partition, body, token=held_for, after=log.latest_number(partition))


def latest_refusal(store: ObjectStore, dataset: str, partition: str) -> Refusal | None:
    """The last refusal of a partition, whether or not it still holds."""
    latest = VersionLog(store, refusals_prefix(dataset)).latest(partition)
    return None if latest is None else Refusal(**latest.body)


@dataclass(frozen=True)
class Attempts:
    """How often one state of a partition was tried since the last reset, and when last.

    `number` is that of the partition's last attempt or reset: each makes it another one.
    """

    count: int
    last: dt.datetime | None
    number: int = 0

    @property
    def exhausted(self) -> bool:
        return self.count >= MAX_ATTEMPTS

    def waits(self, now: dt.datetime) -> float:
        """Seconds until the next attempt may begin; 0 where it may now."""
        if self.last is None or self.exhausted:
            return 0.0
        # The clock of the machine that wrote it may be ahead.
        passed = max(0.0, (now - self.last).total_seconds())
        return max(0.0, BACKOFF_SECONDS[self.count] - passed)


def record_attempt(store: ObjectStore, dataset: str, partition: str, *, state: str, run_id: str) -> None:
    """Written when a run begins to work on a partition, so that a killed run counts as well."""
    _append(store, dataset, partition, {"state": state, "run_id": run_id, "reset": False})


def reset_attempts(store: ObjectStore, dataset: str, partition: str) -> None:
    """What was tried before does not count any more: `lake retry`."""
    _append(store, dataset, partition, {"state": "", "run_id": "", "reset": True})


def attempts_at(store: ObjectStore, dataset: str, partition: str, *, state: str) -> Attempts:
    """The attempts at this state of the partition: its landing objects, the contract and the code."""
    log = VersionLog(store, attempts_prefix(dataset))
    latest = number = log.latest_number(partition)
    tried: list[VersionDocument] = []
    while number > 0 and len(tried) < MAX_ATTEMPTS:
        document = log.read(partition, number)
        if document.body["reset"] or document.body["state"] != state:
            break
        tried.append(document)
        number -= 1
    last = dt.datetime.fromisoformat(tried[0].published_at) if tried else None
    return Attempts(len(tried), last, number=latest)


def _append(store: ObjectStore, dataset: str, partition: str, body: Mapping[str, Any]) -> None:
    log = VersionLog(store, attempts_prefix(dataset))
    log.publish(partition, body, token=uuid.uuid4().hex, after=log.latest_number(partition))
