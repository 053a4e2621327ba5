"""Runs as tasks of AWS Fargate, from one task definition that the deployment made."""

from collections.abc import Mapping
from typing import Any

from dagster import DagsterRun, Field, StringSource
from dagster._core.launcher.base import CheckRunHealthResult, WorkerStatus
from dagster._core.storage.tags import RUN_WORKER_ID_TAG
from dagster._serdes import ConfigurableClassData
from dagster_aws.ecs import EcsRunLauncher
from dagster_aws.ecs.launcher import RUNNING_STATUSES, STOPPED_STATUSES

CONTAINER = "run"
"""The container of the task definition that executes the run; also the prefix of its streams in the log group."""
FAMILY = "-dagster-run"
"""Ends the name of the task definition, after the prefix of the stack."""


class FargateRunLauncher(EcsRunLauncher[Any]):
    """Dagster's launcher for ECS with everything given, so that it asks AWS for nothing but the task.

    `EcsRunLauncher` as it stands finds subnets and security groups through the network interface of its own task
    (a call of EC2 and an endpoint for it), looks for tagged secrets, and describes or registers task definitions:
    rights on all resources of the account. For a task that died it also reads the task definition and the log. With
    this one the daemon may run one family of tasks, and see and stop its tasks.
    """

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        return {
            "cluster": Field(StringSource, description="ARN of the ECS cluster."),
            "task_definition": Field(
                StringSource, description=f"ARN of the task definition, with a container named {CONTAINER}."
            ),
            "subnets": Field(StringSource, description="Ids of private subnets, with commas between them."),
            "security_groups": Field(
                StringSource, description="Ids of the security groups of the runs, with commas between them."
            ),
        }

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]
    ) -> "FargateRunLauncher":
        network = {
            "subnets": _ids(config_value["subnets"]),
            "securityGroups": _ids(config_value["security_groups"]),
            "assignPublicIp": "DISABLED",
        }
        launcher = cls(
            inst_data=inst_data,
            container_name=CONTAINER,
            secrets_tag=None,  # pyright: ignore[reportArgumentType] its own schema allows none
            use_current_ecs_task_config=False,
            run_task_kwargs={
                "cluster": config_value["cluster"],
                "launchType": "FARGATE",
                "networkConfiguration": {"awsvpcConfiguration": network},
                "propagateTags": "TASK_DEFINITION",
            },
        )
        # Given to the constructor it would be described, which no policy can narrow to one task definition.
        launcher.task_definition = config_value["task_definition"]
        return launcher

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Whether the run's task works; of one that failed, why ECS stopped it and where the end of its log is."""
        worker, task = run.tags.get(RUN_WORKER_ID_TAG), self._task(run)
        status = task.get("lastStatus")
        if status in RUNNING_STATUSES:
            return CheckRunHealthResult(WorkerStatus.RUNNING, run_worker_id=worker)
        if status not in STOPPED_STATUSES:
            return CheckRunHealthResult(WorkerStatus.UNKNOWN, "ECS does not know the task.", run_worker_id=worker)
        if all(container.get("exitCode") == 0 for container in task["containers"]):
            return CheckRunHealthResult(WorkerStatus.SUCCESS, run_worker_id=worker)
        return CheckRunHealthResult(
            WorkerStatus.FAILED,
            _why_it_failed(task),
            transient=self._is_transient_startup_failure(run, task),
            run_worker_id=worker,
        )

    def _task(self, run: DagsterRun) -> dict[str, Any]:
        """What ECS says of the run's task; nothing where it has none, or ECS has forgotten it."""
        tags = self._get_run_tags(run.run_id)
        if not (tags.arn and tags.cluster):
            return {}
        tasks = self.ecs.describe_tasks(tasks=[tags.arn], cluster=tags.cluster).get("tasks")
        return tasks[0] if tasks else {}


def log_group(task_definition: str) -> str:
    """Of the runs, by the names of the stack: `/lake/dagster/run` for `…:task-definition/lake-dagster-run:3`."""
    family = task_definition.rpartition("/")[2].partition(":")[0]
    return f"/{family.removesuffix(FAMILY)}/dagster/run"


def _why_it_failed(task: Mapping[str, Any]) -> str:
    failed = [container for container in task["containers"] if container.get("exitCode") != 0]
    codes = [
        f"Container '{container.get('name')}' failed"
        + (f" - exit code {container['exitCode']}." if container.get("exitCode") is not None else ".")
        for container in failed
    ]
    stream = f"{CONTAINER}/{CONTAINER}/{task['taskArn'].rpartition('/')[2]}"
    return "\n".join(
        [
            f"Task {task['taskArn']} failed.",
            f"Stop code: {task.get('stopCode')}.",
            f"Stop reason: {task.get('stoppedReason')}.",
            *codes,
            f"The end of its log: log group {log_group(task['taskDefinitionArn'])}, stream {stream}.",
        ]
    )


def _ids(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
