"""Volume over S3A with the settings of the deployed jobs: nothing is renamed or copied, and all of it is read back."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lake_platform.local.aws_requests import LoggedRequest, read_requests
from lake_platform.local.glue import GlueEndpoint, ScriptHost
from lake_platform.local.glue.script import S3A_JARS, SHORT_LIVED
from lake_platform.local.rehearsal.cloud import recording_server
from lake_platform.spark.jars import COMMITTER_JAR, JARS, default_cache, ensure_jars
from lake_platform.spark.java import find_java_home
from lake_platform_tests.spark.glue_house import GlueHouse, package, wait_until

pytestmark = [pytest.mark.s3, pytest.mark.spark]

MB, GB = 1_000_000, 1_000_000_000
ROW_BYTES = 1000
SCRIPT = f"""
import json, sys, time
from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
argument = dict(zip(sys.argv[1::2], sys.argv[2::2]))
folder, rows, files = argument["--folder"], int(argument["--rows"]), int(argument["--files"])
filler = "repeat(lpad(id, 20, '0'), {ROW_BYTES // 20}) AS filler"
began = time.monotonic()
# As they are: no dictionary and no compression, so that the bytes of the rows are those that travel.
spark.range(0, rows, 1, files).selectExpr("id", filler).write.option("compression", "none").option(
    "parquet.enable.dictionary", "false").parquet(folder)
written = time.monotonic()
found = spark.read.parquet(folder).selectExpr("count(*)", "sum(id)", "sum(length(filler))").collect()[0]
read = time.monotonic()
print(json.dumps({{"found": list(found), "write": written - began, "read": read - written}}), flush=True)
"""


@dataclass(frozen=True)
class Recorded:
    """A house before a server that writes down what it is asked."""

    house: GlueHouse
    requests: Path

    def asked(self, folder: str) -> list[LoggedRequest]:
        """The requests of the job about a folder of the bucket."""
        arn = f"arn:aws:s3:::{self.house.bucket}/{folder}"
        return [each for each in read_requests(self.requests) if any(arn in name for name in each.resources)]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    logs, cache = tmp_path_factory.mktemp("logs"), default_cache(os.environ)
    with recording_server(logs) as url:
        host = ScriptHost(
            aws=url,
            credentials={"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"},
            s3a_jars=ensure_jars(cache, os.environ, jars=S3A_JARS),
            java_home=str(find_java_home(os.environ)),
            java_options=SHORT_LIVED,
        )
        endpoint = GlueEndpoint(host)
        house = GlueHouse(url, endpoint)
        house.store(house.bucket)
        house.deployments().deploy(
            package("70111e", SCRIPT), ensure_jars(cache, os.environ, jars=(*JARS, COMMITTER_JAR))
        )
        yield Recorded(house, logs / "requests.jsonl")
        house.close()
        endpoint.close()


@pytest.mark.parametrize(
    ("size", "files"),
    [
        pytest.param(24 * MB, 3, id="24 MB"),
        pytest.param(GB, 8, id="1 GB", marks=[pytest.mark.long, pytest.mark.timeout(1800)]),
    ],
)
def test_rows_are_written_without_a_rename_and_read_back(
    recorded: Recorded, size: int, files: int, capsys: pytest.CaptureFixture[str]
) -> None:
    rows, folder, house = size // ROW_BYTES, f"out-{size}", recorded.house
    glue, job = house.connect("glue"), house.settings.job_name("process")

    arguments = {"--folder": f"s3://{house.bucket}/{folder}", "--rows": str(rows), "--files": str(files)}
    started = glue.start_job_run(JobName=job, Arguments=arguments)["JobRunId"]
    wait_until(lambda: _state(glue, job, started) not in ("STARTING", "RUNNING"), seconds=1500)

    assert _state(glue, job, started) == "SUCCEEDED"
    told = _told(house, started)
    assert told["found"] == [rows, rows * (rows - 1) // 2, rows * ROW_BYTES]
    # Beside the files there is S3A's marker of the folder, an empty object.
    keys = [key for key in house.written() if key.startswith(f"{folder}/") and key != f"{folder}/"]
    assert sum(key.endswith(".parquet") for key in keys) == files
    assert [key for key in keys if not key.endswith((".parquet", "_SUCCESS"))] == []
    _assert_nothing_renamed(recorded, folder, files)
    if size == GB:
        with capsys.disabled():
            print(f" 1 GB: {size / MB / told['write']:.0f} MB/s written, {size / MB / told['read']:.0f} MB/s read")


def _assert_nothing_renamed(recorded: Recorded, folder: str, files: int) -> None:
    """Each file is uploaded once, in parts, and completed by the commit of the job."""
    requests = recorded.asked(folder)
    calls = Counter(each.call for each in requests if each.status < 400)
    parquet = Counter(
        each.call for each in requests if any(".parquet" in name and "__magic" not in name for name in each.resources)
    )

    assert not [call for call in calls if "Copy" in call]
    assert not [each for each in requests if any("_temporary" in name for name in each.resources)]
    assert parquet["s3.CreateMultipartUpload"] == parquet["s3.CompleteMultipartUpload"] == files
    assert parquet["s3.PutObject"] == 0
    uploads = recorded.house.shared("s3").list_multipart_uploads(Bucket=recorded.house.bucket).get("Uploads", [])
    assert uploads == []


def _state(glue: object, job: str, run: str) -> str:
    return glue.get_job_run(JobName=job, RunId=run)["JobRun"]["JobRunState"]  # type: ignore[attr-defined]


def _told(house: GlueHouse, run: str) -> dict[str, object]:
    """What the script printed."""
    events = house.shared("logs").get_log_events(logGroupName="/aws-glue/jobs/output", logStreamName=run)["events"]
    return next(json.loads(event["message"]) for event in events if event["message"].startswith('{"found"'))
