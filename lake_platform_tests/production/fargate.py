"""Plays Fargate: takes the command of a task that the ECS of a moto server was asked to run, and runs it."""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import dagster as dg
from moto.ecs.models import ecs_backends

from lake_platform_tests.production.template import variables

ACCOUNT, REGION = "123456789012", "us-east-1"
OVERRIDES = 8192
"""Characters that ECS allows for the overrides of a task."""


def container(name: str) -> dict[str, str]:
    """The variables of this process that the template gives this container, and what Fargate gives everybody."""
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    credentials = {key: os.environ[key] for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL")}
    given = {key: os.environ[key] for key in variables(name) if key in os.environ}
    return {"PATH": programs, **credentials, **given}


@dataclass(frozen=True)
class Fargate:
    """A cluster in the moto server of this process, and the processes of its tasks.

    Attributes:
        cluster: ARN.
        disk: each task has a folder of its own below it.
    """

    cluster: str
    disk: Path
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def start(self, instance: dg.DagsterInstance, run_id: str) -> "subprocess.Popen[bytes]":
        """The container of this run's task, as a process with a disk of its own."""
        task = self.task(self.arn(instance, run_id))
        (override,) = task["overrides"]["containerOverrides"]
        scratch = self.disk / run_id
        scratch.mkdir(parents=True)
        with (scratch / "console").open("wb") as console:
            started = subprocess.Popen(
                override["command"],
                env={**container("run"), "DAGSTER_SCRATCH": str(scratch)},
                cwd=scratch,
                stdout=console,
                stderr=console,
            )
        self.running[run_id] = started
        return started

    def finish(self, instance: dg.DagsterInstance, run_id: str) -> None:
        """Waits until the task has ended by itself."""
        assert self.running[run_id].wait(timeout=90) == 0, (self.disk / run_id / "console").read_text()
        self._stopped(instance, run_id, exit_code=0)

    def kill(self, instance: dg.DagsterInstance, run_id: str) -> None:
        """What happens to a task that needs more memory than it has."""
        self.running[run_id].kill()
        self.running[run_id].wait()
        self._stopped(instance, run_id, exit_code=137)

    def arn(self, instance: dg.DagsterInstance, run_id: str) -> str:
        run = instance.get_run_by_id(run_id)
        assert run is not None
        return run.tags["ecs/task_arn"]

    def task(self, arn: str) -> dict[str, Any]:
        client: Any = boto3.client("ecs")
        (task,) = client.describe_tasks(cluster=self.cluster, tasks=[arn])["tasks"]
        client.close()
        return task

    def tasks(self) -> list[str]:
        """ARNs of all tasks that were asked for."""
        return [task.task_arn for tasks in self._backend().tasks.values() for task in tasks.values()]

    def close(self) -> None:
        for process in self.running.values():
            process.kill()
            process.wait()

    def _stopped(self, instance: dg.DagsterInstance, run_id: str, *, exit_code: int) -> None:
        arn = self.arn(instance, run_id)
        (task,) = [task for tasks in self._backend().tasks.values() for task in tasks.values() if task.task_arn == arn]
        # moto ends each task with 0, after a number of looks.
        task.last_status, task.containers[0].exitCode = "STOPPED", exit_code

    def _backend(self) -> Any:
        return ecs_backends[ACCOUNT][REGION]
