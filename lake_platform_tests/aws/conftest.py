"""AWS on loopback for the platform's own calls: one moto server for this package."""

import logging
import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto.server import ThreadedMotoServer

from lake_platform.aws.calls import Connect


@pytest.fixture(scope="session")
def aws_url() -> Iterator[str]:
    """The address of a moto server."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws_connect(aws_url: str) -> Iterator[Connect]:
    """Makes clients of that server; they are closed at the end."""
    made: list[Any] = []

    def connect(service: str) -> Any:
        client: Any = boto3.client(
            service,  # pyright: ignore[reportCallIssue, reportArgumentType]
            endpoint_url=aws_url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(proxies={}, retries={"mode": "standard", "total_max_attempts": 3}),
        )
        made.append(client)
        return client

    yield connect
    for client in made:
        client.close()


@pytest.fixture
def unique() -> str:
    """A name that no other test uses."""
    return f"t{uuid.uuid4().hex[:10]}"
