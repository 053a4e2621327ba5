"""Who has told what to whom: documents, so that no restart forgets a message and no two processes send the same one.

A sender claims a message before it sends it. A claim whose process is gone, or that is older than `LEASE`, may be taken
over: a process that is killed between the receiver's answer and the document sends the same message again, with the
same id.
"""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from lake_platform.errors import VersionTakenError
from lake_platform.lake.layout import alerts_prefix
from lake_platform.lake.process import process_is_gone, process_tag
from lake_platform.lake.store import ObjectStore
from lake_platform.lake.versions import VersionLog

State = Literal["new", "claimed", "failed", "sent", "given up"]

LEASE = dt.timedelta(seconds=60)
"""Sending takes seconds; a process of another machine that holds a claim longer is taken for dead."""
PAUSES = (0.0, 30.0, 120.0, 600.0, 3600.0)
"""Seconds before each attempt at one message, counted from the one before. After the last there is no more."""


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """Where one message stands with one receiver.

    Attributes:
        attempts: how often it was claimed.
        at: when the state was written.
        number: of the document; 0 where there is none.
    """

    state: State
    attempts: int = 0
    at: dt.datetime | None = None
    process: str | None = None
    number: int = 0

    @property
    def settled(self) -> bool:
        """Nothing is left to do."""
        return self.state in ("sent", "given up")

    def due(self, now: dt.datetime) -> bool:
        """Whether an attempt may begin."""
        if self.settled:
            return False
        passed = now - self.at if self.at else dt.timedelta.max
        if self.state == "claimed" and passed < LEASE and not process_is_gone(self.process):
            return False
        return self.state != "failed" or passed.total_seconds() >= PAUSES[self.attempts]


class Deliveries:
    """The messages to one receiver, by their id."""

    def __init__(self, store: ObjectStore, receiver: str) -> None:
        self._log = VersionLog(store, alerts_prefix(receiver))

    def find(self, message: str) -> Delivery:
        """Where a message stands."""
        latest = self._log.latest(message)
        if latest is None:
            return Delivery(state="new")
        at = dt.datetime.fromisoformat(latest.published_at)
        fields: dict[str, Any] = {name: latest.body[name] for name in ("state", "attempts", "process")}
        return Delivery(**fields, at=at, number=latest.number)

    def claim(self, message: str, known: Delivery) -> Delivery | None:
        """The claim of this process; None where another one was faster."""
        return self._write(message, known, {"state": "claimed", "attempts": known.attempts + 1})

    def settle(self, message: str, claimed: Delivery, *, problem: str | None = None, final: bool = False) -> Delivery:
        """How a claimed message ended: sent, or not.

        Args:
            problem: why it was not sent.
            final: whether another attempt is useless.
        """
        over = final or claimed.attempts >= len(PAUSES)
        state: State = "sent" if problem is None else "given up" if over else "failed"
        body = {"state": state, "attempts": claimed.attempts, "problem": problem}
        # Where the lease was over and somebody else has taken the message, it is his now.
        return self._write(message, claimed, body) or self.find(message)

    def _write(self, message: str, known: Delivery, body: Mapping[str, Any]) -> Delivery | None:
        told = {**body, "process": process_tag()}
        try:
            self._log.publish(message, told, token=uuid.uuid4().hex, after=known.number)
        except VersionTakenError:
            return None
        return self.find(message)
