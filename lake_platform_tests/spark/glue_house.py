"""AWS on loopback for the Glue side: a moto server, the Glue endpoint before it, buckets and deployed jobs.

The jobs' scripts are plain Python without Spark, so that a run takes a fifth of a second; what they do is told by the
name of the dataset. `test_glue_job_run.py` runs the real ones.
"""

import io
import json
import threading
import time
import uuid
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from glue_jobs.protocol import JobReport, JobRequest, PartitionReport, PartitionWork
from lake_platform.lake.stores.s3 import S3Store
from lake_platform.local.glue import GlueEndpoint
from lake_platform.spark.glue.client import Clock, GlueCalls, SystemClock
from lake_platform.spark.glue.deploy import Deployments
from lake_platform.spark.glue.job import define_jobs
from lake_platform.spark.glue.package import JOBS, JobPackage
from lake_platform.spark.glue.resource import GlueResource
from lake_platform.spark.glue.settings import GlueSettings
from lake_platform.spark.jars import COMMITTER_JAR, JARS

ROLE = "arn:aws:iam::123456789012:role/lake-glue"

SCRIPT = '''"""Reads its request over HTTP and does what the dataset's name says."""
import json, os, sys, time, urllib.request

arguments = dict(zip(sys.argv[1::2], sys.argv[2::2]))


def call(method, url, body=None):
    at = os.environ["AWS_ENDPOINT_URL"] + "/" + url.removeprefix("s3://")
    # The server looks whether there is a signature, not at it.
    signed = "AWS4-HMAC-SHA256 Credential=test/20240101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
    headers = {"Authorization": signed, "Content-Type": "application/octet-stream"}
    request = urllib.request.Request(at, data=body, method=method, headers=headers)
    with urllib.request.urlopen(request) as answer:
        return answer.read()


def put(url, document):
    call("PUT", url, json.dumps(document).encode())


url = arguments["--request"]
request = json.loads(call("GET", url))
folder, _, name = url.rpartition("/")
does = request["dataset"]
print("working on", does, flush=True)
if does == "slow":
    time.sleep(1.5)
if does == "endless":
    time.sleep(600)
if does in ("refused", "broken"):
    put(folder + "/" + name.replace("request", "failure"), {
        "kind": "JobFailure", "format_version": 1, "job": request["job"], "dataset": does, "token": request["token"],
        "error": "TransformError", "message": "the transform loses rows", "refused": does == "refused",
    })
    sys.exit(1)
if does == "crash":
    sys.exit("java.lang.OutOfMemoryError: Java heap space")
if does == "silent":
    sys.exit(0)
part = {"partition": "2024-01-01", "token": "p", "rows_in": 3, "rows_out": 2, "rows_quarantined": 1, "rules": [
    {"name": "id_complete", "rule": "IsComplete id", "otherwise": "quarantine", "passed": False, "failed_rows": 1}]}
put(folder + "/report.json", {
    "kind": "JobReport", "format_version": 1, "job": request["job"], "dataset": does, "token": request["token"],
    "seconds": 1.0, "partitions": [part],
})
'''


class FastClock:
    """Its sleeps take a hundredth of the time; what they should have taken is added to `now`."""

    def __init__(self, factor: float = 0.01) -> None:
        self._factor, self._skipped = factor, 0.0

    def now(self) -> float:
        return time.monotonic() + self._skipped

    def sleep(self, seconds: float) -> None:
        time.sleep(min(seconds * self._factor, 0.2))
        self._skipped += seconds


def package(digest: str, script: str = SCRIPT) -> JobPackage:
    """A package whose jobs are a plain script."""
    archive = io.BytesIO()
    zipfile.ZipFile(archive, "w").close()
    empty = JobPackage(digest, {})
    scripts = {empty.script_name(job): script.encode() for job in JOBS}
    return JobPackage(digest, {empty.archive_name: archive.getvalue(), **scripts})


@dataclass
class GlueHouse:
    """Everything of one test. `pending` holds no secret of AWS: the servers take any."""

    aws: str
    endpoint: GlueEndpoint
    bucket: str = field(default_factory=lambda: f"lake-{uuid.uuid4().hex[:8]}")
    settings: GlueSettings = field(
        default_factory=lambda: GlueSettings(
            code_bucket=f"code-{uuid.uuid4().hex[:8]}",
            job_prefix=f"t{uuid.uuid4().hex[:8]}-",
            role=ROLE,
            poll_seconds=0.1,
            waiting_minutes=1,
            patience_minutes=3,
        )
    )
    package: JobPackage = field(default_factory=lambda: package("c0de"))
    clients: list[Any] = field(default_factory=list[Any])

    def connect(self, service: str) -> Any:
        """As the product's own, with addresses handed in. A client of S3 or of logs may be used by several."""
        if service != "glue":
            return shared_client(service, self.aws)
        client: Any = boto3.client(
            service,  # pyright: ignore[reportCallIssue, reportArgumentType]
            endpoint_url=self.endpoint.url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, proxies={}, read_timeout=20),
        )
        self.clients.append(client)
        return client

    def shared(self, service: str) -> Any:
        return shared_client(service, self.aws)

    def store(self, bucket: str) -> S3Store:
        client = self.connect("s3")
        if bucket not in [found["Name"] for found in client.list_buckets()["Buckets"]]:
            client.create_bucket(Bucket=bucket)
        return S3Store(client, bucket, versioned=False)

    def deployments(self, settings: GlueSettings | None = None) -> Deployments:
        used = settings or self.settings
        calls = GlueCalls(self.connect, "glue", patience=60, clock=FastClock())
        return Deployments(self.store(used.code_bucket), calls, used)

    def deploy(self, folder: Path, code: JobPackage | None = None) -> None:
        self.package = code or self.package
        self.deployments().deploy(self.package, empty_jars(folder))

    def spark(self, clock: Clock | None = None, **changed: Any) -> GlueResource:
        settings = replace(self.settings, **changed)
        return GlueResource(
            store=self.store(self.bucket),
            bucket=self.bucket,
            connect=self.connect,
            jobs=lambda: define_jobs(self.package, settings),
            settings=settings,
            clock=clock or SystemClock(),
        )

    def request(self, dataset: str, token: str = "t1") -> JobRequest:
        work = PartitionWork(partition="2024-01-01", token="p", files=())
        return JobRequest(
            job="validate",
            dataset=dataset,
            token=token,
            output=f"s3://{self.bucket}/validated/{dataset}/{token}/{uuid.uuid4().hex[:6]}",
            partitions=(work,),
            columns=(),
        )

    def runs(self) -> list[Any]:
        """The runs of this house's jobs, newest first."""
        return [run for run in self.endpoint.book.runs() if run.job["Name"].startswith(self.settings.job_prefix)]

    def written(self) -> list[str]:
        listed = self.connect("s3").list_objects_v2(Bucket=self.bucket)
        return [found["Key"] for found in listed.get("Contents", [])]

    def document(self, key: str) -> Any:
        return json.loads(self.store(self.bucket).read(key))

    def close(self) -> None:
        for client in self.clients:
            client.close()


@cache
def shared_client(service: str, url: str) -> Any:
    client: Any = boto3.client
    return client(
        service,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(proxies={}),
    )


def empty_jars(folder: Path) -> list[Path]:
    """Files with the names of the jars: scripts without Spark need no more."""
    paths = [folder / jar.file for jar in (*JARS, COMMITTER_JAR)]
    for path in paths:
        path.write_bytes(b"")
    return paths


def expected_report(dataset: str, token: str = "t1") -> JobReport:
    """What the plain script writes."""
    from glue_jobs.protocol import RuleOutcome

    rule = RuleOutcome(name="id_complete", rule="IsComplete id", otherwise="quarantine", passed=False, failed_rows=1)
    part = PartitionReport(partition="2024-01-01", token="p", rows_in=3, rows_out=2, rows_quarantined=1, rules=(rule,))
    return JobReport(job="validate", dataset=dataset, token=token, seconds=1.0, partitions=(part,))


def in_thread(work: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """Starts it; what it returns or raises is put into the list."""
    made: list[Any] = []

    def run() -> None:
        try:
            made.append(work())
        except BaseException as error:
            made.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, made


def wait_until(holds: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)
