"""Buckets of every kind."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto.server import ThreadedMotoServer

from lake_platform.lake.store import ObjectStore
from lake_platform.lake.stores.local import LocalStore
from lake_platform.lake.stores.s3 import S3Store
from lake_platform_tests.lake.memory_store import MemoryStore

S3_KINDS = [pytest.param(kind, marks=pytest.mark.s3) for kind in ("s3", "s3 with versions")]


@pytest.fixture(scope="session")
def s3_client() -> Iterator[Any]:
    """A client of a moto server of our own."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    client = boto3.client(
        "s3",
        endpoint_url=f"http://{host}:{port}",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"max_attempts": 1}, proxies={}),
    )
    yield client
    client.close()
    server.stop()


@pytest.fixture(params=["memory", "local", "local without O_TMPFILE", *S3_KINDS])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
    """One empty bucket of each kind."""
    kind: str = request.param
    if kind == "memory":
        return MemoryStore()
    if kind.startswith("local"):
        if kind != "local":
            monkeypatch.delattr("os.O_TMPFILE")
        return LocalStore("lake", tmp_path / "lake")
    return s3_store(request.getfixturevalue("s3_client"), versioned=kind == "s3 with versions")


def s3_store(client: Any, *, versioned: bool) -> S3Store:
    """A new bucket."""
    bucket = f"lake-{uuid.uuid4().hex[:12]}"
    client.create_bucket(Bucket=bucket)
    if versioned:
        client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return S3Store(client, bucket)
