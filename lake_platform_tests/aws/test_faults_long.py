"""Whole runs while S3 refuses three calls of ten, and while the queue tells everything thrice, out of order or not at all."""

import contextlib
import json
import os
import random
import shutil
import time
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from lake_platform.cli.jobs import deploy
from lake_platform.cli.runs import QUIET
from lake_platform.cli.tick import run_tick
from lake_platform.cli.warehouse import read_table
from lake_platform.definitions import build_definitions, build_resources
from lake_platform.lake import hints
from lake_platform.local.rehearsal.cloud import LANDING, Cloud, environment, open_cloud
from lake_platform.local.rehearsal.compare import compare_tables
from lake_platform.settings import Settings
from lake_platform.spark.glue.settings import GlueSettings
from lake_platform_tests.aws.faulty import Faults
from lake_platform_tests.aws.rehearsed import Rehearsed, rehearse_crm
from lake_platform_tests.e2e.conftest import INSTANCE_FILE
from lake_platform_tests.e2e.contracts import day_file, scd2

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.long,
    pytest.mark.s3,
    pytest.mark.spark,
    pytest.mark.warehouse,
    pytest.mark.timeout(1800),
]

DAYS = ("2024-01-01", "2024-01-02", "2024-01-03")
ROUNDS = 40
"""Ticks of all sensors, at most."""


def test_three_calls_of_ten_are_refused_and_bodies_are_cut(tmp_path: Path, spark_dir: Path) -> None:
    faults = Faults(
        share={"refused": 0.15, "lost": 0.15, "conflict": 0.05, "cut": 0.1},
        expires={"ASIAORCHESTRATOR": 200},
        secrets=1,
    )

    with rehearse_crm(tmp_path, spark_dir, faults) as done:
        assert compare_tables(done.tables_here, done.tables_there) == []
        assert [run.partitions for run in done.there.runs] == [("2024-01-01", "2024-01-02")]
        assert [each.reason for each in done.here.refused] == [each.reason for each in done.there.refused]
        _until_told(done)
        assert [told["status"] for told in done.receiver.messages] == ["failure"]
        assert min(faults.made[fault] for fault in ("refused", "cut", "expired")) > 0


def test_whatever_becomes_of_messages_every_file_counts_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The messages of one dataset come thrice and in random order, with one that nobody can read; those of another
    are lost."""
    monkeypatch.setattr(hints, "INVISIBLE_SECONDS", 5)
    names = ("told", "untold")
    for name in names:
        (tmp_path / "defs" / name).mkdir(parents=True)
        (tmp_path / "defs" / name / "defs.yaml").write_text(scd2(name))
    home = tmp_path / "aws"
    home.mkdir()
    shutil.copy(INSTANCE_FILE, home)
    told = {"LAKE_DEFS": str(tmp_path / "defs"), "DAGSTER_HOME": str(home), "LAKE_SWEEP_SECONDS": "30"}
    with open_cloud(home) as cloud, contextlib.chdir(home):
        with environment({**cloud.deployer, **told}):
            deploy(GlueSettings.from_environment(os.environ))
        with environment({**cloud.environment, **told}):
            ticks = _Daemon(Settings.from_environment())
            assert ticks.run_what_is_asked_for() == []
            for name in names:
                for day in DAYS:
                    key, content = day_file(name, day, (1, "U", f"r{day[-1]}", "1.00", f"{day} 10:00"))
                    cloud.client("s3").put_object(Bucket=LANDING, Key=key, Body=content.encode())
            _disturb(cloud)

            ran = ticks.until_nothing_is_asked_for(2)

            tables = {name: read_table(f"SELECT region FROM dim_{name} ORDER BY valid_from")[1] for name in names}
            assert sorted(ran) == list(names), "one run each, over all days"
            regions = {name: [row[0] for row in rows] for name, rows in tables.items()}
            assert regions == {name: ["r1", "r2", "r3"] for name in names}
            _await_poison_in_dead_letters(cloud, ticks)


def _until_told(done: Rehearsed) -> None:
    """A tick that could not tell of the end of a run leaves it to the next one."""
    for _ in range(ROUNDS):
        if done.receiver.messages:
            return
        assert run_tick(Settings.from_environment()).runs == []


class _Daemon:
    """Evaluates the sensors as the daemon does, and runs what they ask for, each run key once."""

    def __init__(self, settings: Settings) -> None:
        self._definitions = build_definitions(settings)
        self._repository = self._definitions.get_repository_def()
        self._resources = build_resources(settings)
        self._sensors = [sensor for sensor in self._repository.sensor_defs if sensor.name != "run_alerts"]
        self._cursors: dict[str, str | None] = {}
        self._keys: set[str] = set()

    def run_what_is_asked_for(self) -> list[str]:
        """One tick of each sensor. Returns the datasets that were run."""
        ran: list[str] = []
        with dg.DagsterInstance.get() as instance:
            for sensor in self._sensors:
                needed = {name: self._resources[name] for name in sensor.required_resource_keys}
                context = dg.build_sensor_context(
                    instance,
                    repository_def=self._repository,
                    sensor_name=sensor.name,
                    cursor=self._cursors.get(sensor.name),
                    resources=needed,
                )
                told = sensor.evaluate_tick(context)
                self._cursors[sensor.name] = told.cursor
                ran += [self._run(instance, request) for request in told.run_requests or []]
        return [name for name in ran if name]

    def until_nothing_is_asked_for(self, expected: int) -> list[str]:
        """Ticks until as many runs were made, and twice more."""
        ran: list[str] = []
        for _ in range(ROUNDS):
            ran += self.run_what_is_asked_for()
            if len(ran) >= expected:
                return [*ran, *self.run_what_is_asked_for(), *self.run_what_is_asked_for()]
            time.sleep(hints.POLL_SECONDS)
        raise AssertionError(f"only {ran} after {ROUNDS} ticks")

    def _run(self, instance: dg.DagsterInstance, request: dg.RunRequest) -> str:
        if request.run_key in self._keys:
            return ""
        self._keys.add(str(request.run_key))
        done = self._definitions.resolve_implicit_global_asset_job_def().execute_in_process(
            instance=instance,
            asset_selection=list(request.asset_selection or []),
            tags=dict(request.tags),
            partition_key=request.partition_key,
            run_config=QUIET,
        )
        assert done.success
        return str(request.tags["lake_platform/dataset"])


def _disturb(cloud: Cloud) -> None:
    sqs: Any = cloud.client("sqs")
    bodies: list[str] = []
    while messages := sqs.receive_message(QueueUrl=cloud.queue, MaxNumberOfMessages=10).get("Messages", []):
        for message in messages:
            bodies.append(message["Body"])
            sqs.delete_message(QueueUrl=cloud.queue, ReceiptHandle=message["ReceiptHandle"])
    assert len(bodies) == 2 * len(DAYS)
    kept = [body for body in bodies if "untold/" not in json.dumps(json.loads(body))] * 3
    random.Random(7).shuffle(kept)
    for body in ["poison", *kept]:
        sqs.send_message(QueueUrl=cloud.queue, MessageBody=body)


def _await_poison_in_dead_letters(cloud: Cloud, ticks: _Daemon) -> None:
    """It came back as often as the queue allows; all other messages were deleted."""
    sqs: Any = cloud.client("sqs")
    dead = sqs.get_queue_url(QueueName="rehearsal-dead")["QueueUrl"]
    for _ in range(ROUNDS):
        messages = sqs.receive_message(QueueUrl=dead).get("Messages", [])
        if messages:
            break
        time.sleep(hints.POLL_SECONDS)
        assert ticks.run_what_is_asked_for() == []
    assert [message["Body"] for message in messages] == ["poison"]
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    left = sqs.get_queue_attributes(QueueUrl=cloud.queue, AttributeNames=names)["Attributes"]
    assert set(left.values()) == {"0"}
