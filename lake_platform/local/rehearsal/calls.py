"""Which calls of AWS this process makes, by kind and time."""

import threading
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.client import BaseClient


@dataclass
class CallLog:
    """Every call of boto3 in this process: when it began, and `service.Operation`. Repeats inside a client count once."""

    calls: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def between(self, begin: float, end: float) -> Counter[str]:
        """The calls of a span of time (`time.time()`), by kind."""
        with self.lock:
            return Counter(kind for moment, kind in self.calls if begin <= moment <= end)

    def add(self, kind: str) -> None:
        with self.lock:
            self.calls.append((time.time(), kind))


@contextmanager
def logged_calls() -> Generator[CallLog]:
    """Logs the calls of all clients of this process inside the block."""
    log = CallLog()
    call: Any = BaseClient._make_api_call  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType] one place that all operations pass

    def logged(self: Any, operation_name: str, api_params: Any) -> Any:
        log.add(f"{self.meta.service_model.service_name}.{operation_name}")
        return call(self, operation_name, api_params)

    setattr(BaseClient, "_make_api_call", logged)  # noqa: B010
    try:
        yield log
    finally:
        setattr(BaseClient, "_make_api_call", call)  # noqa: B010
