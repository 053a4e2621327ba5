"""AWS on loopback, shared by the tests of the Glue side."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from lake_platform.local.glue import GlueEndpoint, ScriptHost
from lake_platform_tests.spark.glue_house import GlueHouse

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


@pytest.fixture(scope="session")
def aws_url() -> Iterator[str]:
    """A moto server of this package."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def glue_endpoint(aws_url: str) -> Iterator[GlueEndpoint]:
    endpoint = GlueEndpoint(ScriptHost(aws=aws_url, credentials=CREDENTIALS))
    yield endpoint
    endpoint.close()


@pytest.fixture
def house(aws_url: str, glue_endpoint: GlueEndpoint, tmp_path: Path) -> Iterator[GlueHouse]:
    """Buckets and deployed jobs of one test."""
    glue_endpoint.faults.clear()
    made = GlueHouse(aws_url, glue_endpoint)
    made.deploy(tmp_path)
    yield made
    made.close()
