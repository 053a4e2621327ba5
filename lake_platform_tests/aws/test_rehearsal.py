"""A dataset on the AWS backend, with servers in AWS's place: as here, row for row, whatever goes wrong on the way that
passes, and without a secret anywhere."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import pytest

from lake_platform.cli.sensor_ticks import tick_sensors
from lake_platform.local.rehearsal.cloud import ACTORS, LAKE, LANDING
from lake_platform.local.rehearsal.compare import compare_tables
from lake_platform.settings import Settings
from lake_platform_tests.aws.faulty import Faults
from lake_platform_tests.aws.rehearsed import BAD, CRAWLER, GOOD, Rehearsed, hits, objects, places, rehearse_crm
from lake_platform_tests.aws.test_recorded_calls import places_of, recorded
from lake_platform_tests.sensors.receiver import TOKEN

pytestmark = [pytest.mark.e2e, pytest.mark.s3, pytest.mark.spark, pytest.mark.warehouse]

UNRECORDED = {
    # No sample file is refused, and no pipeline of the record names a crawler, whose crawl lists with the jobs' key here.
    ("orchestrator", "s3.GetObject", f"arn:aws:s3:::{LAKE}/refusals"),
    ("orchestrator", "s3.PutObject", f"arn:aws:s3:::{LAKE}/refusals"),
    ("glue_jobs", "s3.ListObjectsV2", f"arn:aws:s3:::{LANDING}"),
}
"""Their permissions have a reason of their own in `infra/unused.yaml`."""
EXPIRES_AFTER = 60
"""Calls of the orchestrator: by then the files are copied, and the first job is about to start."""


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory, spark_dir: Path) -> Iterator[Rehearsed]:
    faults = Faults(
        share={"refused": 0.02, "cut": 0.02},
        next={"refused": 2, "lost": 2, "conflict": 1, "cut": 2},
        expires={"ASIAORCHESTRATOR": EXPIRES_AFTER},
        secrets=1,
    )
    with rehearse_crm(tmp_path_factory.mktemp("rehearsal"), spark_dir, faults) as done:
        yield done


def test_the_tables_are_equal_row_for_row(rehearsed: Rehearsed) -> None:
    assert compare_tables(rehearsed.tables_here, rehearsed.tables_there) == []
    assert len(rehearsed.tables_there["analytics.dim_crm"][1]) == 3


def test_runs_and_refusals_are_the_same(rehearsed: Rehearsed) -> None:
    ends = [
        [(run.dataset, run.partitions, run.status) for run in side.runs] for side in (rehearsed.here, rehearsed.there)
    ]

    assert ends[0] == ends[1] == [("crm", ("2024-01-01", "2024-01-02"), "failure")]
    assert [each.reason for each in rehearsed.here.refused] == [each.reason for each in rehearsed.there.refused]


def test_the_crawler_of_the_dataset_has_seen_both_files(rehearsed: Rehearsed) -> None:
    """Also the one of the day that was refused: it has landed."""
    assert rehearsed.cloud.glue.crawlers.seen(CRAWLER) == [{f"s3://{LANDING}/{key}" for key, _ in (GOOD, BAD)}]


def test_every_fault_was_made(rehearsed: Rehearsed) -> None:
    assert {fault for fault, times in rehearsed.faults.made.items() if times} == {
        "refused", "lost", "cut", "conflict", "expired",
    }  # fmt: skip
    runs = [(run.job["Name"].rpartition("-")[2], run.state) for run in rehearsed.cloud.glue.book.runs()]
    assert runs == [("process", "SUCCEEDED"), ("validate", "SUCCEEDED"), ("validate", "FAILED")]


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


def test_those_who_subscribed_heard_of_the_end_once(rehearsed: Rehearsed) -> None:
    sqs = rehearsed.cloud.client("sqs")

    (message,) = sqs.receive_message(QueueUrl=rehearsed.cloud.heard, MaxNumberOfMessages=10)["Messages"]

    told = json.loads(json.loads(message["Body"])["Message"])
    assert (told["dataset"], told["status"], list(told["refused"])) == ("crm", "failure", ["2024-01-02"])
    assert [told["status"] for told in rehearsed.receiver.messages] == ["failure"]


def test_a_tick_with_nothing_new_asks_the_queue_and_nothing_else(rehearsed: Rehearsed) -> None:
    told = tick_sensors(Settings.from_environment(), rehearsed.calls)

    assert told[-1].made == {"orchestrator": {"sqs.ReceiveMessage": 1}}
    sqs = rehearsed.cloud.client("sqs")
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    left = sqs.get_queue_attributes(QueueUrl=rehearsed.cloud.queue, AttributeNames=names)["Attributes"]
    assert set(left.values()) == {"0"}, "both messages were deleted when nothing was pending"


def test_every_actor_calls_with_a_key_of_its_own(rehearsed: Rehearsed) -> None:
    made = {(each["actor"], each["call"]) for each in rehearsed.calls.record()}

    assert {actor for actor, _ in made} == set(ACTORS)
    assert {actor for actor, call in made if call == "glue.CreateJob"} == {"deployer"}
    assert ("glue_jobs", "secretsmanager.GetSecretValue") in made


def test_no_call_is_made_that_the_record_lacks_and_none_in_another_place(rehearsed: Rehearsed) -> None:
    """The policies are proved by the record (`infra/tests/permissions`): what is not in it may be refused on AWS."""
    made = {call for call in places_of(rehearsed.calls.record()) if not call[1].endswith("Crawler")}

    assert made - places_of(recorded()) - UNRECORDED == set(), (
        "write the record anew: lake rehearse --with-failure --calls infra/calls.json"
    )


def test_the_jobs_leave_neither_magic_nor_temporary_files(rehearsed: Rehearsed) -> None:
    assert [key for key, _ in objects(rehearsed.cloud, LAKE) if "__magic" in key or "_temporary" in key] == []
    assert rehearsed.cloud.client("s3").list_multipart_uploads(Bucket=LAKE).get("Uploads", []) == []


def test_no_secret_is_anywhere(rehearsed: Rehearsed) -> None:
    assert set(rehearsed.secrets.values()) >= {TOKEN, rehearsed.cloud.pii_key}
    assert len(rehearsed.secrets) == 2 * len(ACTORS) + 3
    assert all(len(secret) > 10 for secret in rehearsed.secrets.values())

    found = places(rehearsed)

    assert hits(found, rehearsed.secrets) == set()
    assert b"the credentials" in found["console"] or b"ExpiredToken" in found["console"], "the failure was told"


def _in_arguments(rehearsed: Rehearsed, planted: str) -> None:
    rehearsed.cloud.glue.book.runs()[0].arguments["--planted"] = planted


def _in_job_log(rehearsed: Rehearsed, planted: str) -> None:
    logs, run = rehearsed.cloud.client("logs"), rehearsed.cloud.glue.book.runs()[0]
    events = [{"timestamp": int(time.time() * 1000), "message": f"a line with {planted}"}]
    logs.put_log_events(logGroupName="/aws-glue/jobs/error", logStreamName=run.id, logEvents=events)


def _in_lake(rehearsed: Rehearsed, planted: str) -> None:
    rehearsed.cloud.client("s3").put_object(Bucket=LAKE, Key="jobs/planted.json", Body=planted.encode())


def _in_event_log(rehearsed: Rehearsed, planted: str) -> None:
    with dg.DagsterInstance.get() as instance:
        instance.report_engine_event(planted, instance.get_runs()[0])


def _in_run(rehearsed: Rehearsed, planted: str) -> None:
    with dg.DagsterInstance.get() as instance:
        instance.add_run_tags(rehearsed.there.runs[0].run_id, {"planted": planted})


def _in_compute_log(rehearsed: Rehearsed, planted: str) -> None:
    (rehearsed.home / ".dagster/planted.err").write_text(planted)


def _on_console(rehearsed: Rehearsed, planted: str) -> None:
    with rehearsed.console.open("a") as file:
        file.write(planted)


def _in_server_log(rehearsed: Rehearsed, planted: str) -> None:
    with (rehearsed.home / "warehouse/gateway.log").open("a") as file:
        file.write(planted)


def _in_catalog(rehearsed: Rehearsed, planted: str) -> None:
    glue = rehearsed.cloud.client("glue")
    glue.create_database(DatabaseInput={"Name": "planted"})
    glue.create_table(DatabaseName="planted", TableInput={"Name": "t", "Parameters": {"p": planted}})


def _in_requests(rehearsed: Rehearsed, planted: str) -> None:
    rehearsed.cloud.client("s3").put_object(Bucket=LAKE, Key=f"planted/{planted}", Body=b"")


def _in_alerts(rehearsed: Rehearsed, planted: str) -> None:
    rehearsed.receiver.messages.append({"planted": planted})


PLANTS: dict[str, Callable[[Rehearsed, str], None]] = {
    "run": _in_arguments,
    "log /aws-glue": _in_job_log,
    "s3": _in_lake,
    "events": _in_event_log,
    "dagster": _in_run,
    "file": _in_compute_log,
    "console": _on_console,
    "log gateway.log": _in_server_log,
    "catalog": _in_catalog,
    "server requests": _in_requests,
    "alerts": _in_alerts,
}


def test_a_secret_that_is_planted_is_found(rehearsed: Rehearsed) -> None:
    """The search above can fail: in each kind of place."""
    planted = {kind: f"canary-planted-in-{number}-" for number, kind in enumerate(PLANTS)}
    for kind, plant in PLANTS.items():
        plant(rehearsed, planted[kind])

    found = hits(places(rehearsed), planted)

    assert {kind for kind in PLANTS if any(place.startswith(kind) and whose == kind for place, whose in found)} == set(
        PLANTS
    )
