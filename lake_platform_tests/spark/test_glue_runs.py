"""The durable runner, with boto3 against the Glue endpoint: one run for each token, whatever happens on the way."""

import signal
import subprocess
import sys
import textwrap
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from glue_jobs.protocol import ColumnSpec, JobRequest
from lake_platform.errors import (
    GlueBusyError,
    GlueJobDriftError,
    GlueJobMissingError,
    GlueRefusedError,
    GlueRunError,
    GlueRunStoppedError,
    GlueRunTimeoutError,
    GlueUnreachableError,
    SparkJobRefusedError,
)
from lake_platform.local.glue import Fault
from lake_platform.spark.glue.records import RunRecords
from lake_platform.spark.runner import run_job
from lake_platform_tests.spark.glue_house import (
    ROLE,
    FastClock,
    GlueHouse,
    expected_report,
    in_thread,
    package,
    wait_until,
)

pytestmark = pytest.mark.s3


def test_a_run_is_started_recorded_and_its_report_is_the_answer(house: GlueHouse) -> None:
    request = house.request("good")

    report = run_job(house.store(house.bucket), request, house.spark().run)

    (run,) = house.runs()
    assert report == expected_report("good")
    assert run.arguments["--lake-token"] == "t1"
    assert house.document("jobs/good/t1/runs/000001.json") == {
        "format_version": 1,
        "job": f"{house.settings.job_prefix}validate",
        "number": 1,
        "run": run.id,
    }
    sent = run.arguments["--request"].removeprefix(f"s3://{house.bucket}/")
    assert JobRequest.from_json(house.store(house.bucket).read(sent).decode()) == request


def test_a_report_that_is_there_starts_nothing(house: GlueHouse) -> None:
    house.spark().run(house.request("good"))

    assert house.spark().run(house.request("good")) == expected_report("good")
    assert len(house.runs()) == 1


def test_the_run_is_recorded_before_the_first_look_at_it(house: GlueHouse) -> None:
    house.endpoint.faults.add(Fault("GetJobRun", "access_denied", times=1))

    with pytest.raises(GlueRefusedError, match="AWS refuses get_job_run"):
        house.spark().run(house.request("slow"))

    record = RunRecords(house.store(house.bucket), "slow", "t1").latest()
    assert record is not None
    assert record.run == house.runs()[0].id
    assert house.spark().run(house.request("slow")) == expected_report("slow")
    assert len(house.runs()) == 1


@pytest.mark.parametrize("kind", ["drop_answer", "drop_call", "internal_error", "throttle", "expired_token"])
def test_a_start_without_an_answer_is_one_run(house: GlueHouse, kind: Any) -> None:
    house.endpoint.faults.add(Fault("StartJobRun", kind, times=1))

    assert house.spark(FastClock()).run(house.request("good")) == expected_report("good")
    assert len(house.runs()) == 1


def test_a_lost_answer_of_a_run_that_has_ended_meanwhile_is_found_too(house: GlueHouse) -> None:
    house.endpoint.faults.add(Fault("StartJobRun", "drop_answer"))
    house.endpoint.faults.add(Fault("run", "run_error"))

    with pytest.raises(GlueRunError, match="ended as ERROR"):
        house.spark().run(house.request("good"))

    assert len(house.runs()) == 1


def test_an_orchestrator_that_was_killed_is_followed_by_one_that_attaches(house: GlueHouse, tmp_path: Path) -> None:
    code = """
        import sys
        from lake_platform_tests.spark.glue_house import GlueHouse, package
        from lake_platform.spark.glue.settings import GlueSettings
        class At: url = sys.argv[2]
        house = GlueHouse(sys.argv[1], At, bucket=sys.argv[3], package=package("c0de"), settings=GlueSettings(
            code_bucket=sys.argv[4], job_prefix=sys.argv[5], role=sys.argv[6], poll_seconds=0.1))
        house.spark().run(house.request("slow"))
    """
    arguments = [house.aws, house.endpoint.url, house.bucket, house.settings.code_bucket, house.settings.job_prefix]
    house.store(house.bucket)
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *arguments, house.settings.role], cwd=Path(__file__).parents[2]
    ) as first:
        wait_until(lambda: any(run.state == "RUNNING" for run in house.runs()))
        first.send_signal(signal.SIGKILL)

    assert house.spark().run(house.request("slow")) == expected_report("slow")
    assert len(house.runs()) == 1


def test_a_run_that_was_started_and_not_recorded_is_found_by_its_token(house: GlueHouse) -> None:
    spark = house.spark()
    job = house.settings.job_name("validate")
    house.store(house.bucket).put("jobs/slow/t1/request-a.json", house.request("slow").to_json().encode())
    house.connect("glue").start_job_run(
        JobName=job,
        Arguments={"--lake-token": "t1", "--request": f"s3://{house.bucket}/jobs/slow/t1/request-a.json"},
    )

    assert spark.run(house.request("slow")) == expected_report("slow")
    assert len(house.runs()) == 1


def test_a_live_run_beats_a_finished_one(house: GlueHouse) -> None:
    house.endpoint.faults.add(Fault("run", "run_error"))
    with pytest.raises(GlueRunError):
        house.spark().run(house.request("slow"))
    first, made = in_thread(lambda: house.spark().run(house.request("slow")))
    wait_until(lambda: len(house.runs()) == 2 and house.runs()[0].state == "RUNNING")

    again = house.spark().run(house.request("slow"))
    first.join()

    assert [again, *made] == [expected_report("slow")] * 2
    assert [run.state for run in house.runs()] == ["SUCCEEDED", "ERROR"]


def test_of_two_at_once_one_run_counts_and_the_other_is_stopped(house: GlueHouse) -> None:
    spark, other = house.spark(), house.spark()
    started = threading.Barrier(2)
    connect = house.connect

    def meeting(service: str) -> Any:
        client = connect(service)
        if service == "glue":
            start = client.start_job_run

            def start_together(**arguments: Any) -> Any:
                started.wait(20)
                return start(**arguments)

            client.start_job_run = start_together
        return client

    both = [in_thread(lambda s=s: replace(s, connect=meeting).run(house.request("slow"))) for s in (spark, other)]
    for thread, _ in both:
        thread.join()

    assert [made for _, made in both] == [[expected_report("slow")]] * 2
    wait_until(lambda: sorted(run.state for run in house.runs()) == ["STOPPED", "SUCCEEDED"])


END_STATES = {
    "run_error": (GlueRunError, "ended as ERROR"),
    "run_expired": (GlueRunError, "ended as EXPIRED"),
    "run_stopped": (GlueRunStoppedError, "was stopped by somebody"),
    "run_timeout": (GlueRunTimeoutError, "took longer than 120 minutes"),
}


@pytest.mark.parametrize(("kind", "told"), END_STATES.items(), ids=END_STATES)
def test_every_end_without_a_report_is_told(house: GlueHouse, kind: Any, told: tuple[Any, str]) -> None:
    house.endpoint.faults.add(Fault("run", kind))

    with pytest.raises(told[0], match=told[1]):
        house.spark().run(house.request("endless"))


def test_a_failure_is_told_with_class_log_and_link(house: GlueHouse) -> None:
    with pytest.raises(GlueRunError) as crashed:
        house.spark().run(house.request("crash"))
    with pytest.raises(GlueRunError, match="TransformError: the transform loses rows"):
        house.spark().run(house.request("broken"))
    with pytest.raises(SparkJobRefusedError, match="TransformError: the transform loses rows"):
        house.spark().run(house.request("refused"))

    told = str(crashed.value)
    assert "ended as FAILED" in told
    assert "Its log ends with:\njava.lang.OutOfMemoryError: Java heap space" in told
    assert f"gluestudio/home?region=us-east-1#/job/{house.settings.job_prefix}validate/run/jr_" in told


def test_the_log_of_a_secured_job_is_found_where_glue_puts_it(house: GlueHouse, tmp_path: Path) -> None:
    house.settings = replace(house.settings, security_configuration="prod-jobs")
    house.deploy(tmp_path)

    with pytest.raises(GlueRunError, match=r"Its log ends with:\njava.lang.OutOfMemoryError"):
        house.spark().run(house.request("crash"))

    groups = {group["logGroupName"] for group in house.shared("logs").describe_log_groups()["logGroups"]}
    assert f"/aws-glue/jobs/prod-jobs-role/{ROLE.rpartition('/')[2]}/error" in groups


def test_a_run_that_succeeds_without_a_report_is_an_error(house: GlueHouse) -> None:
    with pytest.raises(GlueRunError, match="It wrote no report"):
        house.spark().run(house.request("silent"))


def test_the_report_of_a_run_that_failed_afterwards_arrives(house: GlueHouse) -> None:
    house.endpoint.faults.add(Fault("run", "run_failed_after"))

    assert house.spark().run(house.request("good")) == expected_report("good")
    assert house.runs()[0].state == "FAILED"


def test_after_a_failure_the_next_try_starts_anew_with_a_request_of_its_own(house: GlueHouse) -> None:
    house.endpoint.faults.add(Fault("run", "run_error"))
    with pytest.raises(GlueRunError):
        house.spark().run(house.request("good"))

    assert house.spark().run(house.request("good")) == expected_report("good")
    assert len({run.arguments["--request"] for run in house.runs()}) == 2
    assert RunRecords(house.store(house.bucket), "good", "t1").latest() == RunRecords(
        house.store(house.bucket), "good", "t1"
    ).add(1, job="", run="")


def test_polls_that_are_throttled_for_two_minutes_change_nothing(house: GlueHouse) -> None:
    clock = FastClock()
    before = clock.now()
    house.endpoint.faults.add(Fault("GetJobRun", "throttle", times=13))

    assert house.spark(clock).run(house.request("good")) == expected_report("good")
    assert clock.now() - before > 120
    assert house.endpoint.faults.take("GetJobRun") is None
    assert len(house.runs()) == 1


def test_when_glue_is_out_of_reach_for_too_long_the_step_gives_up_and_the_run_goes_on(house: GlueHouse) -> None:
    house.endpoint.faults.add(Fault("GetJobRun", "drop_call", times=1000))
    with pytest.raises(GlueUnreachableError, match=r"get_job_run did not succeed for 3 minutes.*attaches to it"):
        house.spark(FastClock()).run(house.request("slow"))
    house.endpoint.faults.clear()

    assert house.spark().run(house.request("slow")) == expected_report("slow")
    assert len(house.runs()) == 1


def test_credentials_that_expire_meanwhile_are_read_anew(house: GlueHouse) -> None:
    house.endpoint.faults.add(Fault("GetJobRun", "expired_token", times=3))
    spark = house.spark(FastClock())
    before = len(house.clients)

    assert spark.run(house.request("good")) == expected_report("good")
    # One, and one for each time that they had expired.
    assert len(house.clients) - before == 1 + 3


def test_too_many_runs_are_waited_out(house: GlueHouse) -> None:
    house.endpoint.faults.add(Fault("StartJobRun", "concurrent_runs", times=3))

    assert house.spark(FastClock()).run(house.request("good")) == expected_report("good")
    assert len(house.runs()) == 1


def test_too_many_runs_for_too_long_are_an_error(house: GlueHouse) -> None:
    house.endpoint.faults.add(Fault("StartJobRun", "concurrent_runs", times=1000))

    with pytest.raises(GlueBusyError, match=r"ConcurrentRunsExceededException.*LAKE_GLUE_CONCURRENT_RUNS"):
        house.spark(FastClock()).run(house.request("good"))

    assert house.runs() == []


def test_a_run_that_waits_for_capacity_is_waited_for(house: GlueHouse, tmp_path: Path) -> None:
    house.settings = _with(house, concurrent_runs=1)
    house.deploy(tmp_path)
    first, one = in_thread(lambda: house.spark().run(house.request("slow")))
    wait_until(lambda: [run.state for run in house.runs()] == ["RUNNING"])

    second, two = in_thread(lambda: house.spark().run(house.request("good", "t2")))
    wait_until(lambda: [run.state for run in house.runs()] == ["WAITING", "RUNNING"])
    first.join()
    second.join()

    assert [*one, *two] == [expected_report("slow"), expected_report("good", "t2")]


def test_a_cancelled_step_stops_its_run(house: GlueHouse) -> None:
    class Cancelling(FastClock):
        def sleep(self, seconds: float) -> None:
            time.sleep(0.05)
            if any(run.state == "RUNNING" for run in house.runs()):
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        house.spark(Cancelling()).run(house.request("endless"))

    wait_until(lambda: house.runs()[0].state == "STOPPED")


def test_a_run_that_is_stopping_is_waited_for_before_the_next_one(house: GlueHouse) -> None:
    thread, made = in_thread(lambda: house.spark().run(house.request("endless")))
    wait_until(lambda: bool(house.runs()) and house.runs()[0].state == "RUNNING")
    house.connect("glue").batch_stop_job_run(JobName=house.runs()[0].job["Name"], JobRunIds=[house.runs()[0].id])
    thread.join()
    assert isinstance(made[0], GlueRunStoppedError)
    first = house.runs()[0]
    first.state = "STOPPING"

    thread, made = in_thread(lambda: house.spark().run(house.request("endless")))
    time.sleep(0.5)
    assert len(house.runs()) == 1
    first.state = "STOPPED"
    wait_until(lambda: len(house.runs()) == 2 and house.runs()[0].state == "RUNNING")
    house.runs()[0].stop()
    thread.join()


def test_another_code_than_this_is_never_run(house: GlueHouse) -> None:
    house.package = package("0ther")

    with pytest.raises(GlueJobDriftError, match=r"is not what this code would deploy.*ScriptLocation.*c0de.*0ther"):
        house.spark().run(house.request("good"))

    assert house.runs() == []


def test_a_job_that_is_not_deployed_is_told(house: GlueHouse) -> None:
    house.settings = _with(house, job_prefix="nowhere-")

    with pytest.raises(GlueJobMissingError, match="no Glue job nowhere-validate: run `lake deploy-jobs`"):
        house.spark().run(house.request("good"))


def test_figures_of_a_run_are_told_also_by_a_process_that_did_not_start_it(house: GlueHouse) -> None:
    house.spark().run(house.request("slow"))

    told = house.spark().figures(house.request("slow"))

    (run,) = house.runs()
    assert told["run_id"] == run.id
    assert told["state"] == "SUCCEEDED"
    assert 1 <= run.execution < 60
    assert told["execution_seconds"] == round(run.execution)
    assert told["dpu_seconds"] == 5 * round(run.execution)
    # 5 DPUs for a minute, the least that is charged.
    assert told["cost_usd"] == pytest.approx(5 * 60 / 3600 * 0.44, abs=1e-6)
    assert house.spark().figures(house.request("never")) == {}


def test_the_secret_goes_by_reference(house: GlueHouse) -> None:
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:lake/pii"
    plain, personal = house.request("good", "t1"), house.request("good", "t2")
    personal = replace(personal, columns=(ColumnSpec(name="email", type="string", pii="hash"),), pii_key="canary-8d1f")
    spark = house.spark(pii_key_from=arn)
    spark.run(plain)
    spark.run(personal)

    second, first = house.runs()
    assert "--pii-key-from" not in first.arguments
    assert second.arguments["--pii-key-from"] == arn
    assert "canary-8d1f" not in str(second.arguments)
    assert all(b"canary-8d1f" not in house.store(house.bucket).read(key) for key in house.written())


def _with(house: GlueHouse, **changed: Any) -> Any:
    return replace(house.settings, **changed)
