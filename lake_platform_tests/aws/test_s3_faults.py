"""S3 that refuses and conflicts, through the client that the AWS backend makes."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from lake_platform.aws.resources import s3_client
from lake_platform.errors import VersionTakenError
from lake_platform.lake.s3_store import S3Store
from lake_platform.lake.versions import VersionLog
from lake_platform_tests.aws.flaky import FlakyServer, flaky

pytestmark = pytest.mark.s3


@pytest.fixture
def slow_down(aws_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlakyServer]:
    """S3 that refuses three calls of ten; of these it has executed half. Only the environment says where it is."""
    with flaky(aws_url) as server:
        for name, value in {
            "AWS_ENDPOINT_URL_S3": server.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
        }.items():
            monkeypatch.setenv(name, value)
        yield server


def test_documents_are_published_once_while_three_calls_of_ten_are_refused(slow_down: FlakyServer, unique: str) -> None:
    """A refused write may have been done: the second attempt then finds it, and it is ours by its token."""
    client = s3_client()
    client.create_bucket(Bucket=unique)
    log = VersionLog(S3Store(client, unique, versioned=False), "versions/x")

    for number in range(5):
        assert log.publish("p", {"n": number}, token=f"t{number}", after=number).number == number + 1

    assert [document.body["n"] for document in log.history("p")] == list(range(5))
    assert slow_down.refused > 3
    client.close()


def test_racing_writers_have_one_winner_while_calls_are_refused(slow_down: FlakyServer, unique: str) -> None:
    client = s3_client()
    client.create_bucket(Bucket=unique)
    barrier = threading.Barrier(4)

    def publish(writer: int) -> int | None:
        log = VersionLog(S3Store(client, unique, versioned=False), "versions/x")
        barrier.wait()
        try:
            log.publish("p", {"writer": writer}, token=f"t{writer}", after=0)
        except VersionTakenError:
            return None
        return writer

    with ThreadPoolExecutor(4) as pool:
        won = [writer for writer in pool.map(publish, range(4)) if writer is not None]

    latest = VersionLog(S3Store(client, unique, versioned=False), "versions/x").latest("p")
    assert latest is not None
    assert won == [latest.body["writer"]]
    assert latest.number == 1
    assert slow_down.refused > 0
    client.close()
