"""Live progress: what a job tells arrives in Dagster's log, of a job that fails too, and for whoever attaches to it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import dagster as dg
import pytest

from lake_platform.errors import GlueRunError
from lake_platform.spark.glue.pipes import FolderMessageReader
from lake_platform_tests.aws.faulty import Faults, faulty
from lake_platform_tests.spark.glue_house import GlueHouse, in_thread, package, wait_until

pytestmark = pytest.mark.s3

SCRIPT = """
import os, sys, time
import boto3
from dagster_pipes import PipesCliArgsParamsLoader, PipesS3ContextLoader, PipesS3MessageWriter, open_dagster_pipes

client = boto3.client("s3")
with open_dagster_pipes(
    context_loader=PipesS3ContextLoader(client=client),
    message_writer=PipesS3MessageWriter(client=client, interval=0.2),
    params_loader=PipesCliArgsParamsLoader(),
) as pipes:
    pipes.log.info("halfway")
    go = "go-" + sys.argv[sys.argv.index("--lake-token") + 1]
    while go not in [found["Name"] for found in client.list_buckets()["Buckets"]]:
        time.sleep(0.1)
    pipes.log.info("nearly there")
    sys.exit("out of memory")
"""


class Watched:
    """Steps that run one request, and what their logs say."""

    def __init__(self, house: GlueHouse, instance: dg.DagsterInstance) -> None:
        self.house, self.instance = house, instance

    def materialize(self) -> dg.ExecuteInProcessResult:
        house = self.house

        @dg.asset
        def watched() -> None:
            house.spark().run(house.request("watched"))

        return dg.materialize([watched], instance=self.instance, raise_on_error=False)

    def lines(self, result: dg.ExecuteInProcessResult) -> list[str]:
        return [entry.user_message for entry in self.instance.all_logs(result.run_id)]

    def told(self) -> list[str]:
        """What was written to the lake until now."""
        return [key for key in self.house.written() if "/messages/" in key]


@pytest.fixture
def watched(house: GlueHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    # Where a session is not closed by its job, Dagster waits so long for what may still come.
    monkeypatch.setattr("dagster._core.pipes.utils.WAIT_FOR_LOGS_AFTER_EXECUTION_INTERVAL", 1)
    house.deploy(tmp_path, package("p1pes", SCRIPT))
    house.store(house.bucket)
    with dg.DagsterInstance.ephemeral() as instance:
        yield Watched(house, instance)


def test_lines_of_a_failed_job_arrive_also_where_another_process_attached_to_it(watched: Watched) -> None:
    first, one = in_thread(watched.materialize)
    wait_until(lambda: bool(watched.told()))
    second, two = in_thread(watched.materialize)
    wait_until(lambda: watched.house.endpoint.calls["GetJobRun"] > 5)
    watched.house.shared("s3").create_bucket(Bucket="go-t1")
    first.join()
    second.join()

    results: list[Any] = [*one, *two]
    for result in results:
        lines = watched.lines(result)
        assert not result.success
        assert "halfway" in lines
        assert "nearly there" in lines
        assert any("out of memory" in line for line in _errors(result))
    assert len(watched.house.runs()) == 1


def test_outside_of_dagster_a_job_gets_no_session(watched: Watched) -> None:
    watched.house.shared("s3").create_bucket(Bucket="go-t9")

    with pytest.raises(GlueRunError, match="out of memory"):
        watched.house.spark().run(watched.house.request("watched", "t9"))

    (run,) = watched.house.runs()
    assert not any(name.startswith("--dagster-pipes") for name in run.arguments)


def _errors(result: dg.ExecuteInProcessResult) -> list[str]:
    found = [event.step_failure_data.error for event in result.get_step_failure_events()]
    return [str(error.cause or error) for error in found if error is not None]


def test_messages_that_break_off_are_asked_for_again(house: GlueHouse, aws_url: str) -> None:
    """Else the thread that reads them would end, and the rest of a run would be silent."""
    house.store(house.bucket).put("m/1.json", b"a line of messages")
    with faulty(aws_url, Faults(next={"cut": 1})) as server:
        client: Any = boto3.client(
            "s3", endpoint_url=server.url, region_name="us-east-1", aws_access_key_id="t", aws_secret_access_key="t"
        )
        reader = FolderMessageReader(bucket=house.bucket, client=client, key_prefix="m")
        params = {"bucket": house.bucket, "key_prefix": "m"}

        assert [reader.download_messages_chunk(1, params) for _ in range(2)] == [None, "a line of messages"]
        client.close()
