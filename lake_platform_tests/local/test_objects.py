"""The objects that COPY reads: one suite for the directory and for S3."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from moto.server import ThreadedMotoServer

from lake_platform.local.redshift import ensure_endpoint, stop_endpoint
from lake_platform.local.redshift.objects import DirectoryObjects, Objects, S3Objects, choose_objects
from lake_platform.local.redshift.refusal import RedshiftError
from lake_platform_tests.local.conftest import connect_to, sql_of

CONTENT = {"a/1": b"one", "a/2": b"two", "a/b/3": b"three", "ab": b"other", "x y [1]*": b"odd name"}


@pytest.fixture(scope="module")
def s3_url() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def client_of(url: str) -> Any:
    return boto3.client(
        "s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )


@pytest.fixture(params=["directory", pytest.param("s3", marks=pytest.mark.s3)])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Objects:
    if request.param == "directory":
        for key, content in CONTENT.items():
            path = tmp_path / "lake" / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return DirectoryObjects(tmp_path)
    client = client_of(request.getfixturevalue("s3_url"))
    client.create_bucket(Bucket="lake")
    for key, content in CONTENT.items():
        client.put_object(Bucket="lake", Key=key, Body=content)
    return S3Objects(lambda: client)


def test_sizes_tell_what_is_there(objects: Objects) -> None:
    assert objects.size("s3://lake/a/b/3") == 5
    assert objects.size("s3://lake/a/absent") is None
    assert objects.size("s3://absent/a") is None


def test_content_can_be_sought_in(objects: Objects) -> None:
    with objects.open("s3://lake/x y [1]*") as file:
        file.seek(4)
        assert file.read() == b"name"


@pytest.mark.parametrize(
    ("prefix", "found"),
    [("a/", ["a/1", "a/2", "a/b/3"]), ("a", ["a/1", "a/2", "a/b/3", "ab"]), ("a/b", ["a/b/3"]), ("none/", [])],
)
def test_a_prefix_is_a_prefix_of_the_name(objects: Objects, prefix: str, found: list[str]) -> None:
    assert objects.find(f"s3://lake/{prefix}") == [f"s3://lake/{key}" for key in found]


@pytest.mark.parametrize("uri", ["s3://lake/../secret", "s3://../secret", "s3:///etc/passwd"])
def test_names_do_not_lead_out_of_the_directory(tmp_path: Path, uri: str) -> None:
    with pytest.raises(RedshiftError, match="not valid"):
        DirectoryObjects(tmp_path / "s3").open(uri)


def test_an_endpoint_in_the_environment_chooses_s3(tmp_path: Path) -> None:
    assert isinstance(choose_objects(tmp_path, {}), DirectoryObjects)
    assert isinstance(choose_objects(tmp_path, {"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1"}), S3Objects)


@pytest.mark.s3
@pytest.mark.warehouse
def test_copy_reads_from_s3(s3_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = io.BytesIO()
    pq.write_table(pa.table({"a": [1, 2]}), content)
    client = client_of(s3_url)
    client.create_bucket(Bucket="copied")
    client.put_object(Bucket="copied", Key="t/f.parquet", Body=content.getvalue())
    for name, value in {"AWS_ENDPOINT_URL_S3": s3_url, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")

    try:
        with connect_to(ensure_endpoint(tmp_path)) as connection:
            sql = sql_of(connection)
            sql("CREATE TABLE t (a bigint)")
            sql("COPY t FROM 's3://copied/t/' IAM_ROLE DEFAULT FORMAT AS PARQUET")
            assert sql("SELECT sum(a)::bigint FROM t") == [[3]]
    finally:
        stop_endpoint(tmp_path)
