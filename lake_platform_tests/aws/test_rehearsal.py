"""A dataset on the AWS backend, with servers in AWS's place: as here, row for row, and without a secret anywhere."""

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lake_platform.aws.calls import connect
from lake_platform.cli.jobs import deploy
from lake_platform.cli.sensor_ticks import tick_sensors
from lake_platform.cli.tick import TickSummary, run_tick
from lake_platform.cli.warehouse import read_table
from lake_platform.definitions import build_resources
from lake_platform.local.rehearsal.calls import CallLog
from lake_platform.local.rehearsal.cloud import ACTORS, LAKE, LANDING, ROLE, Cloud, environment, open_cloud
from lake_platform.local.rehearsal.compare import Table, compare_tables
from lake_platform.settings import Settings
from lake_platform.spark.glue_settings import GlueSettings
from lake_platform_tests.e2e.conftest import INSTANCE_FILE, built_house
from lake_platform_tests.e2e.contracts import COLUMNS, day_file, scd2

pytestmark = [pytest.mark.e2e, pytest.mark.s3, pytest.mark.spark, pytest.mark.warehouse]

PERSONAL = [{**column, "pii": "hash"} if column["name"] == "region" else column for column in COLUMNS]
GOOD = day_file(
    "crm",
    "2024-01-01",
    (1, "I", "EU", "1.50", "2024-01-01 10:00"),
    (2, "I", "US", "2.50", "2024-01-01 10:00"),
    (1, "U", "AP", "3.50", "2024-01-01 11:00"),
    (3, "X", "EU", "0.00", "2024-01-01 11:00"),
)
BAD = day_file("crm", "2024-01-02", (4, "X", "EU", "0.00", "2024-01-02 10:00"))
TABLES = ("analytics.dim_crm", "staging.stg_crm")


@dataclass(frozen=True)
class Rehearsed:
    """One run of both backends over a good day and a refused one."""

    cloud: Cloud
    home: Path
    here: TickSummary
    there: TickSummary
    tables_here: dict[str, Table]
    tables_there: dict[str, Table]
    calls: CallLog


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory, spark_dir: Path) -> Iterator[Rehearsed]:
    folder = tmp_path_factory.mktemp("rehearsal")
    aws = folder / "aws"
    aws.mkdir()
    shutil.copy(INSTANCE_FILE, aws)
    text = scd2("crm", columns=PERSONAL, catalog={"crawler": "crm-landed"})
    with open_cloud(aws) as cloud:
        (folder / "local").mkdir()
        with built_house(folder / "local", spark_dir) as house, pytest.MonkeyPatch.context() as patch:
            patch.setenv("LAKE_PII_KEY", cloud.pii_key)
            house.define("crm", text)
            for key, content in (GOOD, BAD):
                house.drop(key, content)
            here = house.tick()
            tables_here = {name: read_table(f"SELECT * FROM {name}") for name in TABLES}
        defs = {"LAKE_DEFS": str(folder / "local/defs"), "DAGSTER_HOME": str(aws)}
        with environment({**cloud.deployer, **defs}), contextlib.chdir(aws):
            deploy(GlueSettings.from_environment(os.environ))
        with environment({**cloud.environment, **defs}), contextlib.chdir(aws):
            for key, content in (GOOD, BAD):
                cloud.client("s3").put_object(Bucket=LANDING, Key=key, Body=content.encode())
            _make_crawler("crm-landed")
            there = run_tick(Settings.from_environment())
            tables_there = {name: read_table(f"SELECT * FROM {name}") for name in TABLES}
            yield Rehearsed(cloud, aws, here, there, tables_here, tables_there, CallLog(cloud.requests))


def _make_crawler(name: str) -> None:
    glue = connect("glue")
    target = {"Path": f"s3://{LANDING}/crm/"}
    glue.create_crawler(Name=name, Role=ROLE, DatabaseName="crawled", Targets={"S3Targets": [target]})
    glue.close()


def test_the_crawler_of_the_dataset_has_seen_both_files(rehearsed: Rehearsed) -> None:
    """Also the one of the day that was refused: it has landed."""
    assert rehearsed.cloud.glue.crawlers.seen("crm-landed") == [{f"s3://{LANDING}/{key}" for key, _ in (GOOD, BAD)}]


def test_the_tables_are_equal_row_for_row(rehearsed: Rehearsed) -> None:
    assert compare_tables(rehearsed.tables_here, rehearsed.tables_there) == []
    assert len(rehearsed.tables_there["analytics.dim_crm"][1]) == 3


def test_runs_and_refusals_are_the_same(rehearsed: Rehearsed) -> None:
    ends = [
        [(run.dataset, run.partitions, run.status) for run in side.runs] for side in (rehearsed.here, rehearsed.there)
    ]

    assert ends[0] == ends[1] == [("crm", ("2024-01-01", "2024-01-02"), "failure")]
    assert [each.reason for each in rehearsed.here.refused] == [each.reason for each in rehearsed.there.refused]


def test_the_catalog_of_glue_knows_every_layer(rehearsed: Rehearsed) -> None:
    glue = rehearsed.cloud.client("glue")

    found = {
        (table["DatabaseName"], table["Name"])
        for database in ("lake", "staging", "analytics")
        for table in glue.get_tables(DatabaseName=database)["TableList"]
    }

    layers = {("lake", f"crm_{layer}") for layer in ("raw", "validated", "processed")}
    assert found == layers | {("staging", "stg_crm"), ("analytics", "dim_crm")}
    (partition,) = glue.get_partitions(DatabaseName="lake", TableName="crm_processed")["Partitions"]
    assert partition["Values"] == ["2024-01-01"]
    at = partition["StorageDescriptor"]["Location"].removeprefix(f"s3://{LAKE}/")
    assert rehearsed.cloud.client("s3").list_objects_v2(Bucket=LAKE, Prefix=at)["KeyCount"] > 0


def test_those_who_subscribed_heard_of_the_end(rehearsed: Rehearsed) -> None:
    sqs = rehearsed.cloud.client("sqs")

    (message,) = sqs.receive_message(QueueUrl=rehearsed.cloud.heard, MaxNumberOfMessages=10)["Messages"]

    told = json.loads(json.loads(message["Body"])["Message"])
    assert (told["dataset"], told["status"], list(told["refused"])) == ("crm", "failure", ["2024-01-02"])


def test_a_tick_with_nothing_new_asks_the_queue_and_nothing_else(rehearsed: Rehearsed) -> None:
    told = tick_sensors(Settings.from_environment(), rehearsed.calls)

    assert told[-1].made == {"orchestrator": {"sqs.ReceiveMessage": 1}}
    sqs = rehearsed.cloud.client("sqs")
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    left = sqs.get_queue_attributes(QueueUrl=rehearsed.cloud.queue, AttributeNames=names)["Attributes"]
    assert set(left.values()) == {"0"}, "both messages were deleted when nothing was pending"


def test_no_secret_is_anywhere(rehearsed: Rehearsed) -> None:
    """In job arguments and logs, objects of the lake, Dagster's storage and logs, nor what Dagster shows of resources."""
    told = rehearsed.cloud.environment
    canaries = [rehearsed.cloud.pii_key, told["AWS_SECRET_ACCESS_KEY"], told["LAKE_REDSHIFT_PASSWORD"]]
    assert all(len(canary) > 20 for canary in canaries)

    places: dict[str, bytes] = {
        f"run {run.id}": str(run.described()).encode() for run in rehearsed.cloud.glue.book.runs()
    }
    places |= _job_logs(rehearsed.cloud)
    places |= _objects(rehearsed.cloud)
    places |= {str(path): path.read_bytes() for path in (rehearsed.home / ".dagster").rglob("*") if path.is_file()}
    places["resources"] = repr(build_resources(Settings.from_environment())).encode()

    assert len(places) > 20
    assert [
        (name, canary[:10]) for name, text in places.items() for canary in canaries if canary.encode() in text
    ] == []


def test_every_actor_calls_with_a_key_of_its_own(rehearsed: Rehearsed) -> None:
    made = {(each["actor"], each["call"]) for each in rehearsed.calls.record()}

    assert {actor for actor, _ in made} == set(ACTORS)
    assert made >= {
        ("orchestrator", "glue.StartJobRun"),
        ("glue_jobs", "s3.CompleteMultipartUpload"),
        ("glue_jobs", "secretsmanager.GetSecretValue"),
        ("warehouse", "s3.GetObject"),
        ("deployer", "glue.CreateJob"),
    }
    assert {actor for actor, call in made if call == "glue.CreateJob"} == {"deployer"}


def test_the_job_leaves_neither_magic_nor_temporary_files(rehearsed: Rehearsed) -> None:
    assert [key for key in _objects(rehearsed.cloud) if "__magic" in key or "_temporary" in key] == []
    assert rehearsed.cloud.client("s3").list_multipart_uploads(Bucket=LAKE).get("Uploads", []) == []


def _objects(cloud: Cloud) -> dict[str, bytes]:
    s3: Any = cloud.client("s3")
    found = [each for page in s3.get_paginator("list_objects_v2").paginate(Bucket=LAKE) for each in page["Contents"]]
    return {f"s3 {each['Key']}": s3.get_object(Bucket=LAKE, Key=each["Key"])["Body"].read() for each in found}


def _job_logs(cloud: Cloud) -> dict[str, bytes]:
    logs: Any = cloud.client("logs")
    found: dict[str, bytes] = {}
    for group in logs.describe_log_groups()["logGroups"]:
        name = group["logGroupName"]
        for stream in logs.describe_log_streams(logGroupName=name)["logStreams"]:
            events = logs.get_log_events(logGroupName=name, logStreamName=stream["logStreamName"])["events"]
            found[f"log {name} {stream['logStreamName']}"] = "\n".join(each["message"] for each in events).encode()
    assert found
    return found
