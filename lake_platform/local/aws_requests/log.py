"""The log of a server that plays AWS: a line of JSON for each request, without bodies and headers, so without secrets."""

import json
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from lake_platform.local.aws_requests.request import AwsRequest


@dataclass(frozen=True, kw_only=True)
class LoggedRequest:
    """One call of one resource: when it came, in seconds since 1970, and the status of the answer."""

    at: float
    key_id: str
    call: str
    resources: tuple[str, ...]
    reads: tuple[str, ...]
    status: int


class RequestLog:
    """Appends to a file; several servers may write into the same one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()

    def add(self, request: AwsRequest, *, status: int) -> None:
        """Writes a request down once it is answered."""
        line = json.dumps({"at": time.time(), **asdict(request), "status": status}) + "\n"
        with self._lock, self.path.open("ab") as file:
            file.write(line.encode())


def read_requests(path: Path) -> list[LoggedRequest]:
    """All requests so far, in the order of their answers; none where nothing was asked yet."""
    if not path.is_file():
        return []
    # A line that is being written has no end yet.
    whole, _, _ = path.read_text(encoding="utf-8").rpartition("\n")
    return [_logged(json.loads(line)) for line in whole.splitlines()]


def _logged(line: dict[str, Any]) -> LoggedRequest:
    told = {**line, "resources": tuple(line["resources"]), "reads": tuple(line["reads"])}
    return LoggedRequest(**cast("dict[str, Any]", told))
