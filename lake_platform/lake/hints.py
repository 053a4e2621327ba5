"""When a dataset is looked at: at once where a message says that something landed, else at a slow pace.

A look compares landing with what was published and asks for all that is pending. So messages are hints: they may come
twice, late, in any order or never, and nothing here has to outlive the process. A message is deleted when a look that
began after it came finds nothing pending any more: by then its file is published, refused or held with a reason. Until
then it is kept invisible; where the process dies, it comes back.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from lake_platform.errors import AwsUnreachableError, UnreadableMessageError
from lake_platform.lake.event_messages import landed_keys

POLL_SECONDS = 4.0
"""Between two looks into the queue, whichever dataset asks."""
MOST_HELD = 5000
"""Messages held at once; more stay in the queue, which costs nothing: one look covers all files of a dataset."""
INVISIBLE_SECONDS = 120
"""How long a message is ours before it comes back."""
STRANGE_SECONDS = 300.0
"""After which a message that concerns no dataset is deleted; until then one that was not seen yet may want it."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class QueueMessage:
    """One message of a queue; `receipt` is what deletes it."""

    receipt: str
    body: str


class MessageQueue(Protocol):
    """A queue that gives a message back where it was not deleted in time, and puts aside what came back too often."""

    def receive(self, *, most: int, invisible: int) -> Sequence[QueueMessage]:
        """Up to `most` messages, which nobody else is given for `invisible` seconds."""
        ...

    def extend(self, receipts: Sequence[str], *, invisible: int) -> None:
        """Keeps messages for `invisible` seconds more."""
        ...

    def delete(self, receipts: Sequence[str]) -> None:
        """Removes messages."""
        ...


@dataclass
class _Held:
    """A message that was read: its keys, and the datasets that have looked since."""

    keys: tuple[str, ...]
    came: float
    extended: float
    done: set[str] = field(default_factory=set[str])


@dataclass
class _Watched:
    """What is known of one dataset, or of one group of tables."""

    prefix: str | None
    reads: frozenset[str]
    looked: float | None = None
    active: float = float("-inf")
    again: bool = True


class ArrivalHints:
    """Shared by all sensors of a process; safe in threads.

    Args:
        queue: None where there is none: then every tick is a look.
        bucket: the landing bucket; messages of other buckets concern nobody.
        sweep_seconds: between two looks at a dataset of which no message says anything.
    """

    def __init__(
        self,
        queue: MessageQueue | None = None,
        *,
        bucket: str = "",
        sweep_seconds: float = 0.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._queue, self._bucket, self._sweep, self._now = queue, bucket, sweep_seconds, now
        self._watched: dict[str, _Watched] = {}
        self._held: dict[str, _Held] = {}
        self._polled = float("-inf")
        self._lock = threading.RLock()

    def is_due(self, name: str, *, prefix: str | None, reads: Iterable[str] = ()) -> bool:
        """Whether to look now.

        Args:
            prefix: in landing; None for what reads no landing.
            reads: datasets whose news are news here.
        """
        if self._queue is None:
            return True
        with self._lock:
            known = self._watched.setdefault(name, _Watched(prefix, frozenset(reads)))
            self._poll()
            now = self._now()
            if known.again or known.looked is None or now - known.looked >= self._sweep:
                return True
            if any(self._watched[read].active >= known.looked for read in known.reads if read in self._watched):
                return True
            return any(name not in held.done and _concerns(held, known) for held in self._held.values())

    def looked(self, name: str, *, began: float, pending: bool, again: bool) -> None:
        """Says that a look has ended.

        Args:
            began: `now()` before it.
            pending: whether anything waits for a run, or for its end.
            again: whether the next tick has to look in any case, since time alone changes what it finds.
        """
        if self._queue is None:
            return
        with self._lock:
            known = self._watched[name]
            # What a look found to do is news for those who read this dataset, and so is its end.
            if pending or known.again:
                known.active = self._now()
            known.looked, known.again = began, pending or again
            if not pending:
                for held in self._held.values():
                    if held.came <= began and _concerns(held, known):
                        held.done.add(name)
                self._forget()

    def now(self) -> float:
        """The clock of `began`."""
        return self._now()

    def next_sweep(self, name: str) -> float:
        """Seconds until the next look without a message."""
        known = self._watched.get(name)
        return 0.0 if known is None or known.looked is None else max(0.0, known.looked + self._sweep - self._now())

    def _poll(self) -> None:
        """Reads the queue and keeps what is held; a queue that does not answer leaves the slow pace."""
        now = self._now()
        if self._queue is None or now - self._polled < POLL_SECONDS:
            return
        self._polled = now
        try:
            self._keep(now)
            self._take(self._queue.receive(most=MOST_HELD - len(self._held), invisible=INVISIBLE_SECONDS), now)
            self._forget()
        except AwsUnreachableError as error:
            _log.warning("The queue of arrivals does not answer; datasets are looked at in turn: %s", error)

    def _take(self, messages: Iterable[QueueMessage], now: float) -> None:
        for message in messages:
            try:
                keys = tuple(landed.key for landed in landed_keys(message.body) if landed.bucket == self._bucket)
            except UnreadableMessageError as error:
                # Not deleted: the queue puts it aside when it has come back often enough.
                _log.warning("%s", error)
                continue
            self._held[message.receipt] = _Held(keys, came=now, extended=now)

    def _keep(self, now: float) -> None:
        due = [receipt for receipt, held in self._held.items() if now - held.extended > INVISIBLE_SECONDS / 2]
        if due and self._queue is not None:
            self._queue.extend(due, invisible=INVISIBLE_SECONDS)
            for receipt in due:
                self._held[receipt].extended = now

    def _forget(self) -> None:
        """Deletes the messages whose datasets have all looked, and those that concern nobody."""
        gone = [receipt for receipt, held in self._held.items() if self._is_done(held)]
        if gone and self._queue is not None:
            self._queue.delete(gone)
            for receipt in gone:
                del self._held[receipt]

    def _is_done(self, held: _Held) -> bool:
        if not held.keys:
            return True
        concerned = {name for name, known in self._watched.items() if _concerns(held, known)}
        if not concerned:
            return self._now() - held.came > STRANGE_SECONDS
        return concerned <= held.done


def _concerns(held: _Held, known: _Watched) -> bool:
    return known.prefix is not None and any(key.startswith(known.prefix) for key in held.keys)
