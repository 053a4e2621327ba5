"""The server: Glue's JSON protocol over HTTP on 127.0.0.1."""

import json
import tempfile
import threading
import urllib.error
import urllib.request
import uuid
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

from lake_platform.local.aws_requests import RequestLog, Wire, read_request
from lake_platform.local.glue.crawlers import CrawlerBook
from lake_platform.local.glue.faults import Fault, FaultKind, Faults
from lake_platform.local.glue.jobs import JobBook
from lake_platform.local.glue.refusals import GlueError
from lake_platform.local.glue.script import ScriptHost
from lake_platform.local.glue.shapes import GlueModel, plain

_TARGET = "AWSGlue."
_JOB_TAGS = frozenset({"TagResource", "UntagResource", "GetTags"})
_FAULTS_PATH = "/faults"
_REFUSED: dict[FaultKind, GlueError] = {
    "throttle": GlueError("ThrottlingException", "Rate exceeded"),
    "internal_error": GlueError("InternalServiceException", "Internal failure", status=500),
    "expired_token": GlueError("ExpiredTokenException", "The security token included in the request is expired"),
    "concurrent_runs": GlueError("ConcurrentRunsExceededException", "Concurrent runs exceeded"),
    "access_denied": GlueError("AccessDeniedException", "is not authorized to perform this action"),
}


class GlueEndpoint:
    """Listens on a free port of 127.0.0.1 until it is closed; calls of jobs and crawlers are answered here, others by
    `host.aws`.

    Faults are added to `faults`, or by `POST /faults` with `{"operation": …, "kind": …, "times": …}`.
    `calls` counts the calls by name; with `log`, those that are answered here are written down too.
    """

    def __init__(self, host: ScriptHost, *, startup_seconds: float = 0.0, log: RequestLog | None = None) -> None:
        self.faults, self.log = Faults(), log
        self.calls: Counter[str] = Counter()
        self._folder = tempfile.TemporaryDirectory(prefix="glue-endpoint-", ignore_cleanup_errors=True)
        self.book = JobBook(host, Path(self._folder.name), faults=self.faults, startup_seconds=startup_seconds)
        self.crawlers = CrawlerBook(host, faults=self.faults)
        self.operations = {**self.book.operations, **self.crawlers.operations}
        self.model = GlueModel()
        self.upstream = host.aws
        self._lock = threading.Lock()
        endpoint = self

        class Handler(_Handler):
            glue = endpoint

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Ends the runs, then the server."""
        self.book.close()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._folder.cleanup()

    def count(self, operation: str) -> None:
        with self._lock:
            self.calls[operation] += 1


class _Handler(BaseHTTPRequestHandler):
    """One connection. Each call is one POST with its name in X-Amz-Target."""

    glue: GlueEndpoint
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == _FAULTS_PATH:
            self.glue.faults.add(Fault(**json.loads(body)))
            self._send(200, {})
            return
        operation = self.headers.get("X-Amz-Target", "").removeprefix(_TARGET)
        self.glue.count(operation)
        fault = self.glue.faults.take(operation)
        if fault == "drop_call":
            self.close_connection = True
            return
        if fault in _REFUSED:
            self._refuse(_REFUSED[fault])
            return
        self._answer(operation, body, silent=fault == "drop_answer")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 its name in the standard library
        """Nothing: what is asked is counted."""

    def _answer(self, operation: str, body: bytes, *, silent: bool) -> None:
        if not self._is_ours(operation, body):
            self._forward(body)
            return
        try:
            request = cast("dict[str, Any]", json.loads(body or b"{}"))
            self.glue.model.require_valid(operation, request)
            answer = plain(self.glue.operations[operation](request))
        except GlueError as error:
            self._write_down(body, error.status)
            self._refuse(error)
            return
        self._write_down(body, 200)
        if silent:
            self.close_connection = True
            return
        self._send(200, answer)

    def _is_ours(self, operation: str, body: bytes) -> bool:
        if operation in _JOB_TAGS:
            return ":job/" in str(json.loads(body or b"{}").get("ResourceArn", ""))
        return operation in self.glue.operations

    def _write_down(self, body: bytes, status: int) -> None:
        if self.glue.log is not None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            wire = Wire(method="POST", target=self.path, headers=headers, body=body)
            self.glue.log.add(read_request(wire), status=status)

    def _refuse(self, error: GlueError) -> None:
        self._send(error.status, {"__type": error.code, "Message": error.message}, code=error.code)

    def _forward(self, body: bytes) -> None:
        kept = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        request = urllib.request.Request(f"{self.glue.upstream}{self.path}", data=body, headers=kept, method="POST")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as answer:
                self._send_bytes(answer.status, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                self._send_bytes(error.code, error.read())

    def _send(self, status: int, answer: Any, *, code: str | None = None) -> None:
        self._send_bytes(status, json.dumps(answer).encode(), code=code)

    def _send_bytes(self, status: int, data: bytes, *, code: str | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        if code is not None:
            self.send_header("x-amzn-ErrorType", code)
        self.end_headers()
        self.wfile.write(data)
