"""A server before another one that refuses a share of all calls, as S3 does under load."""

import random
import threading
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SLOW_DOWN = (
    b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
)


class FlakyServer(ThreadingHTTPServer):
    """Forwards to `behind`; of its answers, `share` are 503. Some are given after the call was executed."""

    def __init__(self, behind: str, *, share: float, seed: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind, self.share = behind, share
        self.chance, self.lock = random.Random(seed), threading.Lock()
        self.asked = self.refused = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def draw(self) -> tuple[bool, bool]:
        """Whether this call is refused, and whether it is executed all the same."""
        with self.lock:
            refuse = self.chance.random() < self.share
            self.asked, self.refused = self.asked + 1, self.refused + refuse
            return refuse, self.chance.random() < 0.5


class _Handler(BaseHTTPRequestHandler):
    server: FlakyServer  # pyright: ignore[reportIncompatibleVariableOverride]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    do_PUT = do_POST = do_DELETE = do_HEAD = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 its name in the standard library
        pass

    def _answer(self) -> None:
        body = self._body()
        refuse, execute = self.server.draw()
        if refuse:
            if execute:
                self._forward(body)
            self._send(503, {"Content-Type": "application/xml"}, SLOW_DOWN)
            return
        self._send(*self._forward(body))

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
        headers = {
            name: value
            for name, value in self.headers.items()
            if name.lower() not in ("connection", "transfer-encoding")
        }
        # Without one, urllib says that the body is a form.
        headers.setdefault("Content-Type", "application/octet-stream")
        request = urllib.request.Request(
            f"{self.server.behind}{self.path}", data=body or None, headers=headers, method=self.command
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=30) as answer:
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, dict(error.headers), error.read()

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        length = headers.get("Content-Length", "0") if self.command == "HEAD" else str(len(body))
        for name, value in headers.items():
            if name.lower() not in ("content-length", "connection", "transfer-encoding", "date", "server"):
                self.send_header(name, value)
        self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@contextmanager
def flaky(behind: str, *, share: float = 0.3, seed: int = 1) -> Generator[FlakyServer]:
    """The server inside the block."""
    with FlakyServer(behind, share=share, seed=seed) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
