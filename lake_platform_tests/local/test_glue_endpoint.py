"""The Glue endpoint speaks Glue's protocol: boto3 is the judge."""

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

from lake_platform.local.glue import Fault, GlueEndpoint, ScriptHost

pytestmark = pytest.mark.s3

ROLE = "arn:aws:iam::123456789012:role/r"
SCRIPT = b"""
import os, sys, time
print(sys.argv[1:], flush=True)
print(sorted(name for name in os.environ if name.startswith("LAKE")), file=sys.stderr, flush=True)
if "sleep" in sys.argv:
    import subprocess
    subprocess.run(["sleep", "600"])
sys.exit(3 if "fail" in sys.argv else 0)
"""


class Aws:
    """The endpoint before a moto server, with one script in a bucket."""

    def __init__(self, url: str) -> None:
        self.url = url
        credentials = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        self.endpoint = GlueEndpoint(ScriptHost(aws=url, credentials=credentials))
        self.glue, self.s3, self.logs = (self.client(name) for name in ("glue", "s3", "logs"))
        self.s3.create_bucket(Bucket="code")
        self.s3.put_object(Bucket="code", Key="a/script.py", Body=SCRIPT)

    def client(self, service: str) -> Any:
        make: Any = boto3.client
        return make(
            service,
            endpoint_url=self.endpoint.url if service == "glue" else self.url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, proxies={}),
        )

    def create(self, name: str, **more: Any) -> str:
        command = {"Name": "glueetl", "ScriptLocation": "s3://code/a/script.py", "PythonVersion": "3"}
        self.glue.create_job(Name=name, Role=ROLE, Command=command, **more)
        return name

    def ended(self, job: str, run: str) -> Any:
        for _ in range(600):
            found = self.glue.get_job_run(JobName=job, RunId=run)["JobRun"]
            if found["JobRunState"] not in ("STARTING", "RUNNING", "WAITING", "STOPPING"):
                return found
            time.sleep(0.05)
        raise AssertionError(found)

    def logged(self, run: str, kind: str) -> list[str]:
        events = self.logs.get_log_events(logGroupName=f"/aws-glue/jobs/{kind}", logStreamName=run)["events"]
        return [event["message"] for event in events]


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    made = Aws(f"http://{host}:{port}")
    yield made
    for client in (made.glue, made.s3, made.logs):
        client.close()
    made.endpoint.close()
    server.stop()


def refused(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**arguments)
    return str(error.value.response["Error"]["Code"])


def test_a_job_lives_as_glue_keeps_it(aws: Aws) -> None:
    name = aws.create("lives", Tags={"team": "a"}, DefaultArguments={"--a": "1"}, NumberOfWorkers=4, WorkerType="G.2X")
    assert refused(aws.glue.create_job, Name=name, Role=ROLE, Command={"Name": "glueetl"}) == "AlreadyExistsException"

    # UpdateJob replaces the definition: what it does not name is back at its default.
    aws.glue.update_job(JobName=name, JobUpdate={"Role": ROLE, "Command": {"Name": "glueetl"}, "GlueVersion": "5.1"})
    job = aws.glue.get_job(JobName=name)["Job"]

    assert (job["GlueVersion"], job["DefaultArguments"], job["NumberOfWorkers"]) == ("5.1", {}, 10)
    assert job["LastModifiedOn"] >= job["CreatedOn"]
    assert aws.glue.batch_get_jobs(JobNames=[name, "none"])["JobsNotFound"] == ["none"]
    assert aws.glue.list_jobs(Tags={"team": "a"})["JobNames"] == [name]
    assert aws.glue.delete_job(JobName=name)["JobName"] == name
    assert refused(aws.glue.get_job, JobName=name) == "EntityNotFoundException"
    aws.glue.delete_job(JobName=name)


def test_tags_of_a_job(aws: Aws) -> None:
    arn = f"arn:aws:glue:us-east-1:123456789012:job/{aws.create('tagged')}"

    aws.glue.tag_resource(ResourceArn=arn, TagsToAdd={"a": "1", "b": "2"})
    aws.glue.untag_resource(ResourceArn=arn, TagsToRemove=["a"])

    assert aws.glue.get_tags(ResourceArn=arn)["Tags"] == {"b": "2"}


def test_a_run_is_a_process_with_the_arguments_of_job_and_run(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKE_PII_KEY", "canary")
    job = aws.create("echo", DefaultArguments={"--a": "1", "--b": "2", "--conf": "spark.x=1"})

    run = aws.glue.start_job_run(JobName=job, Arguments={"--b": "3"})["JobRunId"]
    ended = aws.ended(job, run)

    assert ended["JobRunState"] == "SUCCEEDED"
    assert ended["Arguments"] == {"--b": "3"}
    assert aws.logged(run, "output") == [
        str(["--a", "1", "--b", "3", "--JOB_NAME", job, "--JOB_ID", f"j_{job}", "--JOB_RUN_ID", run])
    ]
    # Nothing of whoever started the endpoint reaches a job.
    assert aws.logged(run, "error") == ["[]"]
    assert ended["DPUSeconds"] == ended["MaxCapacity"] * ended["ExecutionTime"]


def test_a_script_that_fails_or_is_not_there(aws: Aws) -> None:
    job = aws.create("fails")
    failed = aws.ended(job, aws.glue.start_job_run(JobName=job, Arguments={"--x": "fail"})["JobRunId"])
    aws.glue.update_job(
        JobName=job, JobUpdate={"Role": ROLE, "Command": {"Name": "glueetl", "ScriptLocation": "s3://code/none.py"}}
    )
    missing = aws.ended(job, aws.glue.start_job_run(JobName=job)["JobRunId"])

    assert [failed["JobRunState"], missing["JobRunState"]] == ["FAILED", "FAILED"]
    assert "Error Category" in failed["ErrorMessage"]
    assert missing["ErrorMessage"].startswith("LAUNCH ERROR")


def test_stopping_ends_the_script_and_what_it_started(aws: Aws) -> None:
    job = aws.create("stops")
    run = aws.glue.start_job_run(JobName=job, Arguments={"--x": "sleep"})["JobRunId"]
    family = _family(aws, run)

    answer = aws.glue.batch_stop_job_run(JobName=job, JobRunIds=[run, "jr_none"])
    ended = aws.ended(job, run)
    again = aws.glue.batch_stop_job_run(JobName=job, JobRunIds=[run])

    assert [done["JobRunId"] for done in answer["SuccessfulSubmissions"]] == [run]
    assert [error["ErrorDetail"]["ErrorCode"] for error in answer["Errors"]] == ["EntityNotFoundException"]
    assert ended["JobRunState"] == "STOPPED"
    assert again["SuccessfulSubmissions"] == []
    psutil.wait_procs(family, timeout=10)
    assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in family)


def test_a_run_that_takes_too_long_times_out(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    # Glue's shortest timeout is a minute; here a minute has a second.
    monkeypatch.setattr("lake_platform.local.glue.runs.MINUTE", 1.0)
    job = aws.create("times", Timeout=1)

    ended = aws.ended(job, aws.glue.start_job_run(JobName=job, Arguments={"--x": "sleep"})["JobRunId"])

    assert ended["JobRunState"] == "TIMEOUT"


def test_runs_are_told_newest_first_in_pages(aws: Aws) -> None:
    job = aws.create("pages", ExecutionProperty={"MaxConcurrentRuns": 5})
    for _ in range(5):
        aws.endpoint.faults.add(Fault("run", "run_error"))
    started = [aws.glue.start_job_run(JobName=job)["JobRunId"] for _ in range(5)]

    told: list[str] = []
    page: dict[str, Any] = {}
    while not told or "NextToken" in page:
        following = {"NextToken": page["NextToken"]} if page else {}
        page = aws.glue.get_job_runs(JobName=job, MaxResults=2, **following)
        told += [run["Id"] for run in page["JobRuns"]]

    assert told == started[::-1]


def test_without_queuing_too_many_runs_are_refused(aws: Aws) -> None:
    job = aws.create("full")
    run = aws.glue.start_job_run(JobName=job, Arguments={"--x": "sleep"})["JobRunId"]

    assert refused(aws.glue.start_job_run, JobName=job) == "ConcurrentRunsExceededException"

    aws.glue.batch_stop_job_run(JobName=job, JobRunIds=[run])
    aws.ended(job, run)


def test_what_glue_does_not_know_is_refused(aws: Aws) -> None:
    known = {"Name": "x", "Role": ROLE, "Command": {"Name": "glueetl"}}
    for body, code in [
        ({**known, "Colour": "red"}, "InvalidInputException"),
        ({**known, "NumberOfWorkers": "many"}, "InvalidInputException"),
        ({**known, "WorkerType": "G.1X"}, "InvalidInputException"),
        ({"Name": "x"}, "InvalidInputException"),
    ]:
        request = urllib.request.Request(
            aws.endpoint.url, data=json.dumps(body).encode(), headers={"X-Amz-Target": "AWSGlue.CreateJob"}
        )
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(request)
        with error.value as answer:
            assert answer.headers["x-amzn-ErrorType"] == code
    assert refused(aws.glue.get_job_run, JobName=aws.create("known"), RunId="jr_1") == "EntityNotFoundException"


def test_other_calls_are_answered_by_the_server_behind(aws: Aws) -> None:
    aws.glue.create_database(DatabaseInput={"Name": "behind", "Description": "kept by the server behind"})

    assert aws.glue.get_database(Name="behind")["Database"]["Description"] == "kept by the server behind"
    assert "behind" in [found["Name"] for found in aws.glue.get_databases()["DatabaseList"]]
    assert refused(aws.glue.get_database, Name="none") == "EntityNotFoundException"


FAULTS = {
    "throttle": "ThrottlingException",
    "internal_error": "InternalServiceException",
    "expired_token": "ExpiredTokenException",
    "access_denied": "AccessDeniedException",
}


def test_faults_are_made_as_often_as_asked(aws: Aws) -> None:
    for kind, code in FAULTS.items():
        body = json.dumps({"operation": "GetJobs", "kind": kind, "times": 2}).encode()
        urllib.request.urlopen(f"{aws.endpoint.url}/faults", data=body).close()
        assert [refused(aws.glue.get_jobs) for _ in range(2)] == [code, code]
        assert "Jobs" in aws.glue.get_jobs()


def test_it_listens_on_loopback_only(aws: Aws) -> None:
    port = int(aws.endpoint.url.rpartition(":")[2])

    (listening,) = [
        found for found in psutil.Process().net_connections("inet") if found.laddr and found.laddr.port == port
        and found.status == psutil.CONN_LISTEN
    ]  # fmt: skip
    assert listening.laddr.ip == "127.0.0.1"


def test_closing_ends_runs_and_server(aws: Aws) -> None:
    other = Aws(aws.url)
    job = other.create("closes")
    family = _family(other, other.glue.start_job_run(JobName=job, Arguments={"--x": "sleep"})["JobRunId"])
    folder = Path(family[0].cwd())

    other.endpoint.close()
    for client in (other.glue, other.s3, other.logs):
        client.close()

    assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in family)
    assert not folder.exists()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(other.endpoint.url.rpartition(":")[2]))) != 0


def _family(aws: Aws, run: str) -> list[psutil.Process]:
    """The process of a run and what it has started, once it has."""
    for _ in range(400):
        (found,) = [known for known in aws.endpoint.book.runs() if known.id == run]
        if found.process is not None and (children := psutil.Process(found.process.pid).children()):
            return [psutil.Process(found.process.pid), *children]
        time.sleep(0.05)
    raise AssertionError(found.state)
