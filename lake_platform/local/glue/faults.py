"""Faults that the Glue endpoint is told to make, by name."""

import threading
from dataclasses import dataclass, replace
from typing import Literal

FaultKind = Literal[
    "drop_answer",
    "drop_call",
    "throttle",
    "internal_error",
    "expired_token",
    "access_denied",
    "concurrent_runs",
    "run_error",
    "run_expired",
    "run_failed_after",
    "run_stopped",
    "run_timeout",
    "crawl_failed",
    "crawl_cancelled",
    "crawl_endless",
]
"""Of calls: the answer is lost after the call was executed; the connection breaks before it; ThrottlingException;
InternalServiceException; ExpiredTokenException; AccessDeniedException; ConcurrentRunsExceededException.
Of runs: the next run ends as ERROR, or EXPIRED, without running; as FAILED after its script has succeeded; is stopped,
or ended by its timeout, once it runs. Of crawls: the next one ends as FAILED, or CANCELLED, or never."""

_NO_CALLS = frozenset({"run", "crawl"})


@dataclass(frozen=True)
class Fault:
    """One fault: `operation` is a call by name or `*`, for runs `run`, for crawls `crawl`; it is made `times` times."""

    operation: str
    kind: FaultKind
    times: int = 1


class Faults:
    """The faults to come. Threads of the endpoint take them."""

    def __init__(self) -> None:
        self._pending: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._pending.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._pending.clear()

    def take(self, operation: str) -> FaultKind | None:
        """The next fault of a call, or of a run (`run`) or a crawl (`crawl`)."""
        with self._lock:
            for at, fault in enumerate(self._pending):
                if fault.operation == operation or (fault.operation == "*" and operation not in _NO_CALLS):
                    rest = [replace(fault, times=fault.times - 1)] if fault.times > 1 else []
                    self._pending[at : at + 1] = rest
                    return fault.kind
        return None
