"""A server before another one that makes the faults of AWS: on a share of all calls, or when it is told to."""

import http.client
import json
import random
import re
import threading
from collections import Counter
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import urlsplit

_KEY = re.compile(r"Credential=([^/]+)/\d+/[^/]+/([^/]+)/")


Fault = Literal["refused", "lost", "cut", "conflict", "expired"]
"""Of calls of S3: 503; executed, then 503; the body ends in its middle; 409 to a write on condition, which is not done.
Of all calls: the credentials have expired."""


@dataclass
class Faults:
    """What is to go wrong.

    Attributes:
        share: how large a share of the calls that it can hit a fault hits.
        next: how many of the next calls that it can hit a fault hits.
        expires: how many calls with an access key are taken before it has expired; then `on_expired` is called for each.
        secrets: how many of the next calls for a secret find their credentials expired.
        made: how often each fault was made.
    """

    share: dict[Fault, float] = field(default_factory=dict[Fault, float])
    next: dict[Fault, int] = field(default_factory=dict[Fault, int])
    expires: dict[str, int] = field(default_factory=dict[str, int])
    on_expired: Callable[[], None] = lambda: None
    secrets: int = 0
    made: Counter[Fault] = field(default_factory=Counter[Fault])
    chance: random.Random = field(default_factory=lambda: random.Random(1))
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def hits(self, fault: Fault) -> bool:
        """Whether this fault hits a call; counted."""
        with self.lock:
            forced = self.next.get(fault, 0) > 0
            if forced:
                self.next[fault] -= 1
            hit = forced or self.chance.random() < self.share.get(fault, 0.0)
            self.made[fault] += hit
            return hit

    def of(self, service: str, key_id: str, *, conditional: bool) -> Fault | None:
        """The fault that answers a call; None where it is let through."""
        if self._has_expired(service, key_id):
            return "expired"
        if service != "s3":
            return None
        kinds: tuple[Fault, ...] = ("conflict", "lost", "refused") if conditional else ("refused",)
        return next((fault for fault in kinds if self.hits(fault)), None)

    def _has_expired(self, service: str, key_id: str) -> bool:
        with self.lock:
            secret = service == "secretsmanager" and self.secrets > 0
            self.secrets -= secret
            left = self.expires.get(key_id, 1)
            if key_id in self.expires:
                self.expires[key_id] = left - 1
            expired = secret or left <= 0
            self.made["expired"] += expired
        if left <= 0:
            self.on_expired()
        return expired


_ANSWERS: Mapping[Fault, tuple[int, str]] = {
    "refused": (503, "SlowDown"),
    "lost": (503, "SlowDown"),
    "conflict": (409, "ConditionalRequestConflict"),
    "expired": (400, "ExpiredToken"),
}


class FaultyServer(ThreadingHTTPServer):
    """Forwards to `behind` all that no fault hits."""

    def __init__(self, behind: str, faults: Faults) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind, self.faults = urlsplit(behind).netloc, faults

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: FaultyServer  # pyright: ignore[reportIncompatibleVariableOverride]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = self._body()
        key = _KEY.search(self.headers.get("Authorization") or "")
        key_id, service = key.groups() if key else ("", "")
        fault = self.server.faults.of(service, key_id, conditional="If-None-Match" in self.headers)
        if fault in (None, "lost"):
            answer = self._forward(body)
        if fault is not None:
            answer = _refusal(fault, service)
        self._send(*answer, cuttable=fault is None and service == "s3" and self.command == "GET")

    do_PUT = do_POST = do_DELETE = do_HEAD = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 its name in the standard library
        pass

    def _body(self) -> bytes:
        """boto3 sends what it writes in chunks of HTTP, around those of its own that end with a checksum."""
        if "chunked" not in (self.headers.get("Transfer-Encoding") or ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts: list[bytes] = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _forward(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """The path goes on as it came: keys may hold what a library would write otherwise."""
        headers = {n: v for n, v in self.headers.items() if n.lower() not in ("connection", "transfer-encoding")}
        headers["Content-Length"] = str(len(body))
        connection = http.client.HTTPConnection(self.server.behind, timeout=60)
        try:
            connection.request(self.command, self.path, body=body, headers=headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.headers.items()), answer.read()
        finally:
            connection.close()

    def _send(self, status: int, headers: dict[str, str], body: bytes, *, cuttable: bool = False) -> None:
        self.send_response(status)
        length = headers.get("Content-Length", "0") if self.command == "HEAD" else str(len(body))
        for name, value in headers.items():
            if name.lower() not in ("content-length", "connection", "transfer-encoding", "date", "server"):
                self.send_header(name, value)
        self.send_header("Content-Length", length)
        self.end_headers()
        cut = cuttable and status < 300 and len(body) > 1 and self.server.faults.hits("cut")
        if self.command != "HEAD":
            self.wfile.write(body[: len(body) // 2] if cut else body)
        self.close_connection = self.close_connection or cut


def _refusal(fault: Fault, service: str) -> tuple[int, dict[str, str], bytes]:
    """As the service says it."""
    status, code = _ANSWERS[fault]
    error = f"<Error><Code>{code}</Code><Message>made by a test</Message></Error>"
    if service == "s3":
        return status, {"Content-Type": "application/xml"}, f"<?xml version='1.0'?>{error}".encode()
    if service == "sns":
        return status, {"Content-Type": "text/xml"}, f"<ErrorResponse>{error}</ErrorResponse>".encode()
    told = {"__type": f"{code}Exception", "message": "made by a test"}
    return status, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(told).encode()


@contextmanager
def faulty(behind: str, faults: Faults) -> Generator[FaultyServer]:
    """The server inside the block."""
    with FaultyServer(behind, faults) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
