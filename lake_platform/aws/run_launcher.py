"""Runs as tasks of AWS Fargate, from one task definition that the deployment made."""

from collections.abc import Mapping
from typing import Any

from dagster import Field, StringSource
from dagster._serdes import ConfigurableClassData
from dagster_aws.ecs import EcsRunLauncher

CONTAINER = "run"
"""The container of the task definition that executes the run."""


class FargateRunLauncher(EcsRunLauncher[Any]):
    """Dagster's launcher for ECS with everything given, so that it asks AWS for nothing but the task.

    `EcsRunLauncher` as it stands finds subnets and security groups through the network interface of its own task
    (a call of EC2 and an endpoint for it), looks for tagged secrets, and describes or registers task definitions:
    rights on all resources of the account. With this one the daemon may run one family of tasks, and see and stop
    its tasks.
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


def _ids(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
