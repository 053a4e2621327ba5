"""What only S3 can do wrong."""

import datetime as dt
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from lake_platform.errors import BucketRefusedError, BucketUnavailableError, WriteConflictError
from lake_platform.lake.stores.s3 import S3Store
from lake_platform_tests.lake.conftest import s3_store


@pytest.fixture
def stubbed() -> Any:
    client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(client) as stubber:
        yield client, stubber
    client.close()


def test_a_conflict_is_neither_won_nor_lost(stubbed: Any) -> None:
    client, stubber = stubbed
    stubber.add_client_error("put_object", "ConditionalRequestConflict", http_status_code=409)
    stubber.add_client_error("put_object", "PreconditionFailed", http_status_code=412)
    store = S3Store(client, "lake")

    with pytest.raises(WriteConflictError, match="s3://lake/k"):
        store.put_if_absent("k", b"")
    assert not store.put_if_absent("k", b"")


@pytest.mark.parametrize("code", ["AccessDenied", "NoSuchBucket"])
def test_a_bucket_that_refuses_is_named(stubbed: Any, code: str) -> None:
    client, stubber = stubbed
    stubber.add_client_error("list_objects_v2", code)

    with pytest.raises(BucketRefusedError, match=f"'lake' refuses access to 'a/' \\({code}\\)"):
        list(S3Store(client, "lake", versioned=False).list("a/"))


def test_a_bucket_that_does_not_tell_its_versioning_is_used_without(stubbed: Any) -> None:
    client, stubber = stubbed
    stubber.add_client_error("get_bucket_versioning", "AccessDenied")
    stubber.add_response("list_objects_v2", {"Contents": []}, {"Bucket": "lake", "Prefix": "a/"})

    assert list(S3Store(client, "lake").list("a/")) == []


@pytest.mark.s3
def test_a_listing_goes_on_over_pages(s3_client: Any) -> None:
    store = s3_store(s3_client, versioned=False)
    for number in range(1005):
        s3_client.put_object(Bucket=store.bucket, Key=f"p/{number:05d}", Body=b"")

    assert len(list(store.list("p/"))) == 1005


@pytest.mark.s3
def test_with_versions_the_newest_counts_and_a_deleted_key_is_gone(s3_client: Any) -> None:
    store = s3_store(s3_client, versioned=True)
    store.put("a", b"1")
    first = store.head("a")
    store.put("a", b"1")
    store.put("b", b"1")
    store.delete("b")

    (listed,) = store.list("")

    assert listed == store.head("a")
    assert first is not None
    assert listed != first


@pytest.mark.s3
def test_without_versions_the_same_bytes_are_the_same_identity(s3_client: Any) -> None:
    store = s3_store(s3_client, versioned=False)
    store.put("a", b"1")
    first = store.head("a")
    store.put("a", b"1")
    again = store.head("a")

    assert first is not None
    assert again is not None
    assert first.identity == again.identity


@pytest.mark.s3
def test_a_large_stream_goes_in_parts_and_stays_open(s3_client: Any, tmp_path: Any) -> None:
    store = s3_store(s3_client, versioned=False)
    path = tmp_path / "large"
    path.write_bytes(b"0123456789abcdef" * (600_000))

    with path.open("rb") as stream:
        store.put("large", stream)
        assert not stream.closed

    found = store.head("large")
    assert found is not None
    assert found.size == 9_600_000
    assert store.read("large") == path.read_bytes()


def test_what_is_written_names_the_key_that_encrypts_it(stubbed: Any) -> None:
    client, stubber = stubbed
    written = {"Bucket": "lake", "Key": "k", "Body": b"x", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "arn:key"}
    stubber.add_response("put_object", {}, written)
    stubber.add_response("put_object", {}, {**written, "IfNoneMatch": "*"})
    store = S3Store(client, "lake", kms_key="arn:key")

    store.put("k", b"x")

    assert store.put_if_absent("k", b"x")


@pytest.mark.parametrize("code", ["SlowDown", "InternalError"])
def test_a_bucket_that_does_not_answer_may_answer_later(stubbed: Any, code: str) -> None:
    client, stubber = stubbed
    stubber.add_client_error("put_object", code, http_status_code=503)

    with pytest.raises(BucketUnavailableError, match=f"s3://lake/k could not be reached.*{code}"):
        S3Store(client, "lake").put("k", b"x")


def test_expired_credentials_are_asked_for_once_more(stubbed: Any) -> None:
    client, stubber = stubbed
    made: list[object] = []
    stubber.add_client_error("put_object", "ExpiredToken")
    stubber.add_response("put_object", {}, {"Bucket": "lake", "Key": "k", "Body": b"x"})

    S3Store(lambda: made.append(1) or client, "lake").put("k", b"x")

    assert len(made) == 2


def test_credentials_that_have_expired_when_a_head_is_asked_are_asked_for_once_more(stubbed: Any) -> None:
    client, stubber = stubbed
    made: list[object] = []
    stubber.add_client_error("head_object", "400", "Bad Request", http_status_code=400)
    stubber.add_response("head_object", {"ETag": '"e"', "ContentLength": 1, "LastModified": dt.datetime(2024, 1, 1)})

    assert S3Store(lambda: made.append(1) or client, "lake", versioned=False).head("k") is not None
    assert len(made) == 2


def test_credentials_that_stay_expired_are_told(stubbed: Any) -> None:
    client, stubber = stubbed
    stubber.add_client_error("put_object", "ExpiredToken")
    stubber.add_client_error("put_object", "ExpiredToken")

    with pytest.raises(BucketUnavailableError, match=r"ExpiredToken.*when the credentials end"):
        S3Store(lambda: client, "lake").put("k", b"x")
