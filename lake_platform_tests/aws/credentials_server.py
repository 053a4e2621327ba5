"""A server that gives temporary credentials of Redshift, for a cluster and for a Serverless workgroup."""

import datetime as dt
import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from lake_platform.local.redshift import Endpoint

XML = "http://redshift.amazonaws.com/doc/2012-12-01/"


@dataclass
class CredentialsServer:
    """Answers with the address, the user and the password of an endpoint; what it was asked is kept.

    Attributes:
        lifetime: of the credentials; a negative one gives such as have expired.
    """

    endpoint: Endpoint
    lifetime: dt.timedelta = dt.timedelta(minutes=15)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list[tuple[str, dict[str, Any]]])
    url: str = ""

    def serverless(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """RedshiftServerless' answers, as its JSON protocol has them."""
        self.asked.append((operation, request))
        if operation == "GetWorkgroup":
            address = {"address": self.endpoint.host, "port": self.endpoint.port}
            return {"workgroup": {"workgroupName": request["workgroupName"], "endpoint": address}}
        until = (dt.datetime.now(dt.UTC) + self.lifetime).timestamp()
        return {"dbUser": self.endpoint.user, "dbPassword": self.endpoint.password, "expiration": until}

    def cluster(self, request: dict[str, Any]) -> tuple[int, str]:
        """Redshift's answers, as its query protocol has them: status and text."""
        operation = request.pop("Action")
        if "ClusterIdentifier" not in request:
            # The driver takes a cluster without a host for one behind a domain name, asks by an empty one, then by this.
            error = "<Type>Sender</Type><Code>InvalidParameterValue</Code><Message>names no cluster</Message>"
            return 400, f'<ErrorResponse xmlns="{XML}"><Error>{error}</Error></ErrorResponse>'
        self.asked.append((operation, request))
        if operation == "DescribeClusters":
            at = f"<Address>{self.endpoint.host}</Address><Port>{self.endpoint.port}</Port>"
            body = f"<Clusters><Cluster><Endpoint>{at}</Endpoint></Cluster></Clusters>"
        else:
            until = (dt.datetime.now(dt.UTC) + self.lifetime).isoformat()
            body = (
                f"<DbUser>{self.endpoint.user}</DbUser><DbPassword>{escape(self.endpoint.password)}</DbPassword>"
                f"<Expiration>{until}</Expiration>"
            )
        told = f"<{operation}Result>{body}</{operation}Result>"
        return 200, f'<{operation}Response xmlns="{XML}">{told}</{operation}Response>'


@contextmanager
def credentials_server(endpoint: Endpoint) -> Generator[CredentialsServer]:
    """The server inside the block."""
    told = CredentialsServer(endpoint)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            target = self.headers.get("X-Amz-Target", "")
            if target:
                status, answer = 200, json.dumps(told.serverless(target.partition(".")[2], json.loads(body)))
            else:
                status, answer = told.cluster({name: values[0] for name, values in parse_qs(body).items()})
            self.send_response(status)
            self.send_header("Content-Type", "application/json" if target else "text/xml")
            self.end_headers()
            self.wfile.write(answer.encode())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 its name in the standard library
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        told.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()
