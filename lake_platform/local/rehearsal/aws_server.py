"""The process of the server that plays S3, SQS, SNS, the Glue Data Catalog and the rest: moto, on 127.0.0.1.

A process of its own, so that it and the code under rehearsal do not wait for each other. It prints its address, writes
down what it is asked and ends when its standard input does, that is with whoever started it.
"""

import io
import logging
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from lake_platform.local.aws_requests import AwsRequest, RequestLog, Wire, needs_body, read_request

_Environ = dict[str, Any]
_Respond = Callable[..., Any]
_Application = Callable[[_Environ, _Respond], Iterable[bytes]]


def recorded(application: _Application, log: RequestLog) -> _Application:
    """The same application; each request that it has answered is in the log."""

    def answer(environ: _Environ, respond: _Respond) -> Iterable[bytes]:
        request = _asked(environ)

        def respond_and_log(status: str, *rest: Any) -> Any:
            log.add(request, status=int(status.split(" ", 1)[0]))
            return respond(status, *rest)

        return application(environ, respond_and_log)

    return answer


def _asked(environ: _Environ) -> AwsRequest:
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") and isinstance(value, str)
    }
    wire = Wire(method=environ["REQUEST_METHOD"], target=environ["REQUEST_URI"], headers=headers)
    if not needs_body(wire):
        return read_request(wire)
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return read_request(Wire(method=wire.method, target=wire.target, headers=headers, body=body))


def main(requests: Path) -> int:
    """Serves until standard input ends; what is asked is written to this file."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    application: Any = recorded(DomainDispatcherApplication(create_backend_app), RequestLog(requests))
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=MotoRequestHandler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    sys.stdin.read()
    server.shutdown()
    thread.join()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
