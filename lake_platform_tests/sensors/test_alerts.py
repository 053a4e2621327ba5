"""Every run's end is told once: counted at a real receiver, for runs that end in every way."""

import datetime as dt
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from lake_platform.lake import deliveries
from lake_platform.lake.deliveries import Deliveries
from lake_platform.lake.refusals import Refusal, refuse
from lake_platform.lake.stores.local import LocalStore
from lake_platform.sensors import alerts as module
from lake_platform.sensors.alerts import TOLD_TAG, build_alert_sensor
from lake_platform.sensors.live import live_runs
from lake_platform.sensors.requests import DATASET_TAG
from lake_platform.sensors.webhook import WebhookSender
from lake_platform_tests.lake.builders import memory_lake
from lake_platform_tests.sensors.alerting import DAYS, Post, dataset_job, published, refused
from lake_platform_tests.sensors.receiver import TOKEN, Receiver, receiving

ROOT = Path(__file__).parents[2]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def instance_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("instance")


@pytest.fixture(scope="module")
def instance(instance_home: Path) -> Iterator[dg.DagsterInstance]:
    """One for all tests, since making its tables takes longer than most of them."""
    silent = {"telemetry": {"enabled": False}}
    with dg.DagsterInstance.local_temp(str(instance_home), overrides=silent) as instance:
        yield instance


@pytest.fixture
def post(receiver: Receiver, instance: dg.DagsterInstance, tmp_path: Path) -> Post:
    instance.wipe()
    lake = memory_lake(lake=LocalStore("lake", tmp_path / "lake"))
    return Post(instance, lake, [WebhookSender(receiver.url)])


def log_of(post: Post, run_id: str) -> list[str]:
    """The alerts in the event log of a run."""
    entries = post.instance.all_logs(run_id, of_type=dg.DagsterEventType.ENGINE_EVENT)
    return [entry.message for entry in entries if "Alert: " in entry.message]


def test_success_is_told_once_with_rows_and_link(post: Post, receiver: Receiver) -> None:
    run_id = post.run(dataset_job([published(day, quarantined=2) for day in DAYS]))

    told, again = post.tell(), post.tell()

    (message,) = receiver.messages
    assert (told.told, told.waiting, again.told) == ([run_id], [], [])
    assert {name: message[name] for name in ("status", "dataset", "partitions", "published", "rows")} == {
        "status": "success",
        "dataset": "orders",
        "partitions": "2024-03-01 to 2024-03-03",
        "published": 3,
        "rows": 27,
    }
    assert message["rows_quarantined"] == 6
    assert (message["step"], message["gate"], message["reason"], message["refused"]) == (None, None, None, {})
    assert message["url"] == f"http://ui:3000/runs/{run_id}"
    assert message["seconds"] >= 0
    assert message["text"].startswith("orders 2024-03-01 to 2024-03-03: success. 3 partition(s) published, 27 rows")
    assert receiver.headers[0]["Idempotency-Key"] == run_id
    assert len(log_of(post, run_id)) == 1


def test_refused_partitions_of_a_range_are_named_and_the_others_counted(post: Post, receiver: Receiver) -> None:
    post.run(dataset_job([published(DAYS[0]), refused(DAYS[1]), published(DAYS[2])]))

    post.tell()

    (message,) = receiver.messages
    assert message["status"] == "failure"
    assert (message["published"], message["rows"]) == (2, 18)
    assert message["refused"] == {"2024-03-02": "row_count: rule 'RowCount > 2' failed: Value: 1"}
    assert (message["gate"], message["reason"]) == ("row_count", "rule 'RowCount > 2' failed: Value: 1")
    assert "refused: 2024-03-02" in message["text"]


def test_the_gate_is_told_and_not_the_steps_that_never_ran(post: Post, receiver: Receiver) -> None:
    post.run(dataset_job([refused(day) for day in DAYS]))

    post.tell()

    (message,) = receiver.messages
    assert (message["step"], message["gate"], message["published"]) == ("orders_raw", "row_count", 0)
    assert sorted(message["refused"]) == sorted(DAYS)
    assert "orders_validated" not in str(message)


def test_an_error_is_told_with_its_step(post: Post, receiver: Receiver) -> None:
    post.run(dataset_job([], error=RuntimeError("no such bucket " + "x" * 5000)), DAYS[0], DAYS[0])

    post.tell()

    (message,) = receiver.messages
    assert (message["status"], message["step"], message["gate"]) == ("failure", "orders_raw", None)
    assert message["partitions"] == DAYS[0]
    assert message["reason"].startswith("no such bucket")
    assert len(message["reason"]) == 1000


def test_refusals_are_named_also_where_another_step_failed_first(post: Post, receiver: Receiver) -> None:
    class RefusesOneError(Exception):
        def __str__(self) -> str:
            fields = dict.fromkeys(("token", "content", "fingerprint"), "x")
            refusal = Refusal(**fields, layer="validated", gate="row_count", reason="1 row", checks=[], figures={})
            refuse(post.lake.lake, "orders", DAYS[1], refusal)
            return "disk full"

    post.run(dataset_job([], error=RefusesOneError()))

    post.tell()

    (message,) = receiver.messages
    assert (message["step"], message["reason"]) == ("orders_raw", "disk full")
    assert message["refused"] == {DAYS[1]: "row_count: 1 row"}


def test_many_refused_partitions_are_counted(post: Post, receiver: Receiver) -> None:
    days = [f"2024-03-{day:02}" for day in range(1, 31)]
    post.run(dataset_job([refused(day) for day in days]), days[0], days[-1])

    post.tell()

    (message,) = receiver.messages
    assert (len(message["refused"]), message["refused_count"]) == (20, 30)
    assert "and 10 more" in message["text"]


def test_a_canceled_run_is_told(post: Post, receiver: Receiver) -> None:
    run = post.instance.create_run_for_job(dataset_job([]), tags={DATASET_TAG: "orders"})
    post.instance.report_run_canceled(run)

    post.tell()
    post.tell()

    assert [message["status"] for message in receiver.messages] == ["canceled"]


KILLED = """
import os, signal, sys
import dagster as dg
from lake_platform.lake.process import PROCESS_TAG, process_tag
from lake_platform.sensors.requests import DATASET_TAG

@dg.op
def dies(): os.kill(os.getpid(), signal.SIGKILL)

@dg.job
def job(): dies()

with dg.DagsterInstance.local_temp(sys.argv[1], overrides={"telemetry": {"enabled": False}}) as instance:
    job.execute_in_process(instance=instance, tags={DATASET_TAG: "orders", PROCESS_TAG: process_tag()})
"""


def test_a_killed_run_is_told_when_it_is_found(post: Post, receiver: Receiver, instance_home: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", KILLED, str(instance_home)], cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    before = post.tell()

    assert live_runs(post.instance, {dg.AssetKey(["orders", "orders_raw"])}) == []
    post.tell()
    post.tell()

    assert before.told == []
    (message,) = receiver.messages
    assert (message["status"], message["step"]) == ("failure", None)
    assert message["reason"] == "The process of this run is gone."


def sensor_tick(post: Post, cursor: str | None) -> str | None:
    """One look of the daemon; the cursor that it keeps."""
    with dg.build_sensor_context(
        instance=post.instance, cursor=cursor, resources={"lake": post.lake, "alerts": post.alerts}
    ) as context:
        data = build_alert_sensor().evaluate_tick(context)
    assert data.run_requests == []
    return data.cursor


def test_the_sensor_tells_once_also_after_a_restart_and_beside_a_command(post: Post, receiver: Receiver) -> None:
    first = post.ended()
    cursor = sensor_tick(post, None)
    second = post.ended()
    post.tell()
    cursor = sensor_tick(post, cursor)

    sensor_tick(post, cursor)
    sensor_tick(post, None)
    sensor_tick(post, "no cursor at all")

    assert [message["run_id"] for message in receiver.messages] == [first, second]
    assert cursor is not None


def test_two_that_look_at_once_tell_once(post: Post, receiver: Receiver) -> None:
    runs = [post.ended() for _ in range(3)]
    barrier = threading.Barrier(4)

    def look() -> None:
        barrier.wait()
        post.tell()

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(message["run_id"] for message in receiver.messages) == sorted(runs)


def test_runs_of_others_in_the_same_instance_are_not_told(post: Post, receiver: Receiver) -> None:
    @dg.job
    def foreign() -> None: ...

    foreign.execute_in_process(instance=post.instance)

    assert post.tell().told == []
    assert receiver.messages == []


def test_what_a_receiver_did_not_take_is_tried_again_later_and_the_log_is_written_once(
    post: Post, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.answer = 500
    run_id = post.ended()

    first, paused = post.tell(), post.tell()
    assert (first.waiting, paused.waiting, len(receiver.messages)) == ([run_id], [run_id], 1)

    receiver.answer = 204
    without_pauses(monkeypatch)
    assert post.tell().told == [run_id]
    assert post.tell().told == []
    assert len(receiver.messages) == 2
    assert len(log_of(post, run_id)) == 1


def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "PAUSES", (0.0,) * 5)
    monkeypatch.setattr(module, "RECEIVER_PAUSE", dt.timedelta(0))


def test_attempts_are_bounded(post: Post, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    receiver.answer = 503
    without_pauses(monkeypatch)
    run_id = post.ended()

    looks = [post.tell() for _ in range(8)]

    assert len(receiver.messages) == 5
    assert [bool(look.told) for look in looks] == [False] * 4 + [True] + [False] * 3
    run = post.instance.get_run_by_id(run_id)
    assert run is not None
    assert run.tags[TOLD_TAG] == "not sent"


@pytest.mark.parametrize("answer", [400, 404, 302])
def test_an_answer_that_will_not_change_is_no_reason_to_try_again(
    post: Post, receiver: Receiver, answer: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.answer = answer
    without_pauses(monkeypatch)
    post.ended()

    post.tell()
    post.tell()

    assert len(receiver.messages) == 1, "a redirect is not followed either"


def test_a_receiver_that_is_down_costs_one_attempt_a_look(post: Post, receiver: Receiver) -> None:
    post.senders = [WebhookSender("http://127.0.0.1:9/x")]
    runs = [post.ended() for _ in range(2)]

    told = post.tell()

    log = Deliveries(post.lake.lake, "webhook")
    assert told.waiting == runs
    assert [log.find(run_id).attempts for run_id in runs] == [1, 0]
    assert receiver.messages == []


@pytest.mark.parametrize("way", ["hang", "drip"])
def test_a_receiver_that_hangs_costs_one_limit_of_time(
    post: Post, receiver: Receiver, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lake_platform.sensors.webhook.TIMEOUT", 0.5)
    setattr(receiver, way, True)
    runs = [post.ended() for _ in range(3)]
    began = dt.datetime.now(dt.UTC)

    told = post.tell()

    assert told.waiting == runs
    assert len(receiver.messages) == 1
    assert dt.datetime.now(dt.UTC) - began < dt.timedelta(seconds=8)


CLAIMS = """
import sys
from pathlib import Path
from lake_platform.lake.deliveries import Deliveries
from lake_platform.lake.stores.local import LocalStore

log = Deliveries(LocalStore("lake", Path(sys.argv[1])), "webhook")
log.claim(sys.argv[2], log.find(sys.argv[2]))
"""


def test_a_claim_of_a_process_that_died_is_taken_over(post: Post, receiver: Receiver, tmp_path: Path) -> None:
    run_id = post.ended()
    log = Deliveries(post.lake.lake, "webhook")
    subprocess.run([sys.executable, "-c", CLAIMS, str(tmp_path / "lake"), run_id], cwd=ROOT, check=True)
    assert log.find(run_id).state == "claimed"

    told = post.tell()

    assert told.told == [run_id]
    assert [message["run_id"] for message in receiver.messages] == [run_id]


def test_a_claim_of_a_living_process_is_left_alone_until_its_lease_is_over(
    post: Post, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = post.ended()
    log = Deliveries(post.lake.lake, "webhook")
    log.claim(run_id, log.find(run_id))

    assert post.tell().waiting == [run_id]
    assert receiver.messages == []

    monkeypatch.setattr(deliveries, "LEASE", dt.timedelta(0))
    assert post.tell().told == [run_id]


def test_the_address_is_in_no_log_no_document_and_no_event(
    post: Post, receiver: Receiver, tmp_path: Path, instance_home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    receiver.answer = 500
    run_id = post.ended()
    post.tell()
    post.senders = [WebhookSender(f"gopher://{TOKEN}/"), WebhookSender(f"http://nowhere.invalid:1x/{TOKEN}")]
    post.ended()
    post.tell()

    assert "was not sent to webhook" in caplog.text
    assert TOKEN not in caplog.text
    assert TOKEN not in repr(post.alerts)
    assert TOKEN not in "".join(str(entry) for entry in post.instance.all_logs(run_id))
    for file in (path for folder in (tmp_path, instance_home) for path in folder.rglob("*") if path.is_file()):
        assert TOKEN.encode() not in file.read_bytes(), file


def test_a_command_of_many_runs_leaves_a_receiver_alone_that_has_just_failed(post: Post, receiver: Receiver) -> None:
    receiver.answer = 500
    for _ in range(3):
        post.ended()
        post.tell()

    assert len(receiver.messages) == 1
