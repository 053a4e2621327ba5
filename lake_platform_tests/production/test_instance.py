"""The production instance keeps what happened, sees what died, and starts it once more."""

import json
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.storage.compute_log_manager import ComputeIOType
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._daemon.auto_run_reexecution.event_log_consumer import EventLogConsumerDaemon
from dagster._daemon.monitoring.run_monitoring import execute_run_monitoring_iteration
from dagster._daemon.run_coordinator.queued_run_coordinator_daemon import QueuedRunCoordinatorDaemon

from lake_platform.sensors.requests import DATASET_TAG
from lake_platform_tests.production.conftest import LOGS, Production
from lake_platform_tests.production.fargate import OVERRIDES

pytestmark = [pytest.mark.warehouse, pytest.mark.s3]
Submit = Callable[..., str]


@pytest.fixture
def submit(workspace: WorkspaceProcessContext) -> Submit:
    """Puts a run into the queue, as a sensor or a person does; gives its id."""

    def submit_run(config: Mapping[str, object], tags: Mapping[str, str] | None = None) -> str:
        request = workspace.create_request_context()
        (location,) = request.code_locations
        (repository,) = location.get_repositories().values()
        job = repository.get_full_job("small")
        run_config = {"ops": {"work": {"config": dict(config)}}}
        plan = location.get_execution_plan(
            job, run_config, step_keys_to_execute=None, known_state=None, instance=workspace.instance
        )
        run = workspace.instance.create_run(
            job_name="small",
            run_id=None,
            run_config=run_config,
            status=None,
            tags=dict(tags or {}),
            root_run_id=None,
            parent_run_id=None,
            step_keys_to_execute=None,
            execution_plan_snapshot=plan.execution_plan_snapshot,
            job_snapshot=job.job_snapshot,
            parent_job_snapshot=None,
            asset_selection=None,
            asset_check_selection=None,
            resolved_op_selection=None,
            op_selection=None,
            remote_job_origin=job.get_remote_origin(),
            job_code_origin=job.get_python_origin(),
            asset_graph=repository.asset_graph,
        )
        workspace.instance.submit_run(run.run_id, request)
        return run.run_id

    return submit_run


def dequeue(workspace: WorkspaceProcessContext) -> None:
    """One look of the daemon at the queue."""
    with QueuedRunCoordinatorDaemon(interval_seconds=1) as daemon:
        assert [error for error in daemon.run_iteration(workspace) if error] == []


def status(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRunStatus:
    run = instance.get_run_by_id(run_id)
    assert run is not None
    return run.status


def wait_until(holds: Callable[[], bool], ended: Callable[[], int | None]) -> None:
    """Waits for what a task does; a task that ended instead is a failure."""
    deadline = time.monotonic() + 90
    while not holds():
        assert ended() is None
        assert time.monotonic() < deadline
        time.sleep(0.2)


def calls(instance: dg.DagsterInstance) -> list[dict[str, Any]]:
    """Grows by each call that the launcher of this instance makes from now on."""
    asked: list[dict[str, Any]] = []
    launcher: Any = instance.run_launcher
    for client in (launcher.ecs, launcher.ec2.meta.client, launcher.secrets_manager, launcher.logs):
        client.meta.events.register(
            "before-parameter-build.*.*", lambda params, model, **_: asked.append({"call": model.name, **params})
        )
    return asked


def test_a_run_is_a_task_and_all_it_said_is_kept(
    production: Production,
    workspace: WorkspaceProcessContext,
    submit: Submit,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run_id = submit({"say": "forty-two rows"})
    dequeue(workspace)
    production.fargate.start(workspace.instance, run_id)
    production.fargate.finish(workspace.instance, run_id)

    monkeypatch.setenv("DAGSTER_SCRATCH", str(tmp_path))
    with production.instance() as restarted:
        assert status(restarted, run_id) is dg.DagsterRunStatus.SUCCESS
        entries = restarted.all_logs(run_id)
        assert "worked" in [entry.user_message for entry in entries]
        (captured,) = [
            entry.dagster_event.logs_captured_data
            for entry in entries
            if entry.dagster_event and entry.dagster_event.event_type is dg.DagsterEventType.LOGS_CAPTURED
        ]
        key = restarted.compute_log_manager.build_log_key_for_run(run_id, captured.file_key)
        told = restarted.compute_log_manager.get_log_data(key)
        path = restarted.compute_log_manager.display_path_for_type(key, ComputeIOType.STDOUT)

    assert told.stdout == b"forty-two rows\n"
    assert str(path).startswith(f"s3://{LOGS}/compute/storage/{run_id}/")


def test_a_task_gets_the_network_of_the_stack_and_fits_the_limit_of_overrides(
    production: Production, workspace: WorkspaceProcessContext, submit: Submit
) -> None:
    asked = calls(workspace.instance)

    submit({})
    dequeue(workspace)

    (task,) = asked
    network = task["networkConfiguration"]["awsvpcConfiguration"]
    assert task["call"] == "RunTask"
    assert task["taskDefinition"].endswith("task-definition/lake-dagster-run:1")
    assert [name[:7] for name in network["subnets"]] == ["subnet-", "subnet-"]
    assert [name[:3] for name in network["securityGroups"]] == ["sg-", "sg-"]
    assert "," not in "".join([*network["subnets"], *network["securityGroups"]])
    assert network["assignPublicIp"] == "DISABLED"
    # Dagster hands over its whole configuration.
    assert len(json.dumps(task["overrides"])) < OVERRIDES
    # Variables travel by their names.
    assert str(production.postgres.port) not in str(task)


def test_a_run_that_is_ended_by_an_operator_ends_its_task(
    production: Production, workspace: WorkspaceProcessContext, submit: Submit
) -> None:
    run_id = submit({})
    dequeue(workspace)

    with production.instance() as web_server:
        assert web_server.run_launcher.terminate(run_id)
        assert status(web_server, run_id) is dg.DagsterRunStatus.CANCELING
        assert production.fargate.task(production.fargate.arn(web_server, run_id))["desiredStatus"] == "STOPPED"


@pytest.mark.filterwarnings("ignore:The 'warn' method is deprecated:DeprecationWarning")
def test_a_run_whose_task_died_is_failed_and_starts_once_more(
    production: Production, workspace: WorkspaceProcessContext, submit: Submit, tmp_path: Path
) -> None:
    instance, logger = workspace.instance, logging.getLogger("test")
    consumer = EventLogConsumerDaemon()
    list(consumer.run_iteration(workspace))
    run_id = submit({"reached": str(tmp_path / "reached"), "wait_for": str(tmp_path / "go")})
    dequeue(workspace)
    task = production.fargate.start(instance, run_id)
    wait_until((tmp_path / "reached").exists, task.poll)

    list(execute_run_monitoring_iteration(workspace, logger))
    assert status(instance, run_id) is dg.DagsterRunStatus.STARTED
    production.fargate.kill(instance, run_id)
    asked = calls(instance)
    list(execute_run_monitoring_iteration(workspace, logger))

    assert status(instance, run_id) is dg.DagsterRunStatus.FAILURE
    told = str([entry.dagster_event for entry in instance.all_logs(run_id)])
    assert "exit code 137" in told
    task_id = production.fargate.arn(instance, run_id).rpartition("/")[2]
    assert f"log group /lake/dagster/run, stream run/run/{task_id}." in told
    # The daemon's role has no more.
    assert {call["call"] for call in asked} == {"DescribeTasks"}

    list(consumer.run_iteration(workspace))
    (again,) = instance.get_runs(dg.RunsFilter(tags={"dagster/parent_run_id": run_id}))
    (tmp_path / "go").touch()
    dequeue(workspace)
    production.fargate.start(instance, again.run_id)
    production.fargate.finish(instance, again.run_id)
    assert status(instance, again.run_id) is dg.DagsterRunStatus.SUCCESS


@pytest.mark.filterwarnings("ignore:The 'warn' method is deprecated:DeprecationWarning")
def test_a_run_that_failed_by_itself_is_not_started_again(
    production: Production, workspace: WorkspaceProcessContext, submit: Submit
) -> None:
    """Steps have retries of their own, and the sensors ask again for what failed."""
    consumer = EventLogConsumerDaemon()
    list(consumer.run_iteration(workspace))
    run_id = submit({"fail": True})
    dequeue(workspace)
    production.fargate.start(workspace.instance, run_id)
    production.fargate.finish(workspace.instance, run_id)

    list(consumer.run_iteration(workspace))

    assert status(workspace.instance, run_id) is dg.DagsterRunStatus.FAILURE
    assert workspace.instance.get_runs(dg.RunsFilter(tags={"dagster/parent_run_id": run_id})) == []


def test_a_dataset_has_one_run_at_a_time_and_two_datasets_run_side_by_side(
    production: Production, workspace: WorkspaceProcessContext, submit: Submit, tmp_path: Path
) -> None:
    first, second, other = [
        submit({"reached": str(tmp_path / name), "wait_for": str(tmp_path / "go")}, {DATASET_TAG: dataset})
        for name, dataset in (("first", "orders"), ("second", "orders"), ("other", "flights"))
    ]
    dequeue(workspace)

    assert status(workspace.instance, second) is dg.DagsterRunStatus.QUEUED
    tasks = [production.fargate.start(workspace.instance, run_id) for run_id in (first, other)]
    for name, task in zip(("first", "other"), tasks, strict=True):
        wait_until((tmp_path / name).exists, task.poll)
    dequeue(workspace)
    assert status(workspace.instance, second) is dg.DagsterRunStatus.QUEUED

    (tmp_path / "go").touch()
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda run_id: production.fargate.finish(workspace.instance, run_id), (first, other)))
    dequeue(workspace)
    assert status(workspace.instance, second) is dg.DagsterRunStatus.STARTING
    for run_id in (first, other):
        assert status(workspace.instance, run_id) is dg.DagsterRunStatus.SUCCESS
