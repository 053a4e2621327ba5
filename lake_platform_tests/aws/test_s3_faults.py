"""S3 that refuses and conflicts, through the client that the AWS backend makes."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from lake_platform.aws.resources import s3_client
from lake_platform.errors import VersionTakenError, WriteConflictError
from lake_platform.lake.stores.s3 import S3Store
from lake_platform.lake.versions import VersionLog
from lake_platform_tests.aws.faulty import Faults, FaultyServer, faulty

pytestmark = pytest.mark.s3


@pytest.fixture
def slow_down(aws_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyServer]:
    """S3 that refuses three calls of ten; of these it has executed half. Only the environment says where it is."""
    with faulty(aws_url, Faults({"refused": 0.15, "lost": 0.15})) as server:
        for name, value in {
            "AWS_ENDPOINT_URL_S3": server.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
        }.items():
            monkeypatch.setenv(name, value)
        yield server


def test_documents_are_published_once_while_three_calls_of_ten_are_refused(
    slow_down: FaultyServer, unique: str
) -> None:
    """A refused write may have been done: the second attempt then finds it, and it is ours by its token."""
    client = s3_client()
    client.create_bucket(Bucket=unique)
    log = VersionLog(S3Store(client, unique, versioned=False), "versions/x")

    for number in range(5):
        assert log.publish("p", {"n": number}, token=f"t{number}", after=number).number == number + 1

    assert [document.body["n"] for document in log.history("p")] == list(range(5))
    assert slow_down.faults.made.total() > 3
    client.close()


def test_a_conflict_over_the_wire_and_a_write_that_was_done_are_told_apart(
    slow_down: FaultyServer, unique: str
) -> None:
    """409: neither writer won, so it is asked again; 503 after the write: the second try finds 412, and the token."""
    client = s3_client()
    client.create_bucket(Bucket=unique)
    log = VersionLog(S3Store(client, unique, versioned=False), "versions/x")
    faults = slow_down.faults
    faults.share, faults.next = {}, {"conflict": 1, "lost": 1}

    with pytest.raises(WriteConflictError):
        log.publish("p", {"n": 0}, token="t0", after=0)
    assert log.latest("p") is None
    assert log.publish("p", {"n": 0}, token="t0", after=0).number == 1

    assert [document.body["n"] for document in log.history("p")] == [0]
    assert (faults.made["conflict"], faults.made["lost"]) == (1, 1)
    client.close()


def test_racing_writers_have_one_winner_while_calls_are_refused(slow_down: FaultyServer, unique: str) -> None:
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
    assert slow_down.faults.made.total() > 0
    client.close()
