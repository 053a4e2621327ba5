"""A real HTTP server that receives alerts, and answers as a test wants."""

import json
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from lake_platform.sensors.webhook import THREAD

TOKEN = "T0KEN-canary"


@dataclass
class Receiver:
    """What came in, and how the next messages are answered; `hang` keeps the answer back until the test ends."""

    messages: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    headers: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    answer: int = 200
    hang: bool = False
    drip: bool = False
    released: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook/{TOKEN}"


@contextmanager
def receiving() -> Generator[Receiver]:
    """A receiver on a free port of 127.0.0.1."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.messages.append(json.loads(body))
            receiver.headers.append(dict(self.headers.items()))
            if receiver.hang:
                receiver.released.wait(30)
            if receiver.drip:
                self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                while not receiver.released.wait(0.1):
                    self.wfile.write(b"x")
                return
            self.send_response(receiver.answer)
            if 300 <= receiver.answer < 400:
                self.send_header("Location", f"http://127.0.0.1:{receiver.port}/elsewhere")
            self.end_headers()

        def do_GET(self) -> None:
            receiver.messages.append({"followed": self.path})
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.port = server.server_address[1]
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    serving.start()
    try:
        yield receiver
    finally:
        receiver.released.set()
        # A sender that gave up waiting ends by itself now, and closes its socket.
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline and any(each.name == THREAD for each in threading.enumerate()):
            time.sleep(0.05)
        server.shutdown()
        serving.join()
        server.server_close()
