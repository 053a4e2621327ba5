"""Clients of AWS for the Glue side, with the credentials of the ordinary chain."""

from typing import Any

import boto3
from botocore.config import Config

from lake_platform.settings import aws_region

ATTEMPTS = 10
"""How often a service but Glue is asked, with growing pauses and jitter: of calls that fail at 30 %, six in a million are left."""
_CALL_SECONDS = 60


def connect(service: str) -> Any:
    """A new client of a service; region, credentials and endpoints are those of the environment, read anew.

    Glue's client makes each call once, since a repeated start is a second run; `GlueCalls` repeats what may be.
    """
    retries: Any = {"mode": "standard", "total_max_attempts": 1 if service == "glue" else ATTEMPTS}
    session: Any = boto3.session.Session(region_name=aws_region())
    return session.client(
        service, config=Config(retries=retries, connect_timeout=10, read_timeout=_CALL_SECONDS, tcp_keepalive=True)
    )
