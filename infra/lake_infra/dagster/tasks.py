"""Task definitions: one image, and for each kind its command, its variables and its roles."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_logs as logs
from constructs import Construct

from lake_infra.acknowledge import acknowledge
from lake_infra.dagster.groups import CODE, WEB
from lake_infra.names import Names

RUN_CONTAINER = "run"
"""The launcher of runs gives its command to the container of this name."""
WORKSPACE = "/opt/dagster/workspace.yaml"
_WEB = ["dagster-webserver", "-h", "0.0.0.0", "-p", str(WEB)]


@dataclass(frozen=True, kw_only=True)
class Task:
    """One kind of task.

    Attributes:
        command: none where whoever starts the task gives it.
        cpu: units, 1024 to a core.
        memory: MB.
        alive: says whether it works; none where the load balancer asks, or nobody.
    """

    command: tuple[str, ...]
    cpu: int
    memory: int
    port: int | None = None
    alive: str | None = None


KINDS: Mapping[str, Task] = {
    "Code": Task(
        command=(
            "dagster",
            "code-server",
            "start",
            "-h",
            "0.0.0.0",
            "-p",
            str(CODE),
            "-m",
            "lake_platform.definitions",
        ),
        cpu=1024,
        memory=4096,
        port=CODE,
        alive=f"dagster api grpc-health-check -p {CODE}",
    ),
    "Daemon": Task(
        command=("dagster-daemon", "run", "-w", WORKSPACE), cpu=512, memory=2048, alive="dagster-daemon liveness-check"
    ),
    "Operator": Task(command=(*_WEB, "-w", WORKSPACE), cpu=512, memory=2048, port=WEB),
    # It loads the definitions itself: to ask the code server is to be able to start runs.
    "Viewer": Task(command=(*_WEB, "--read-only", "-w", "/opt/lake/workspace.yaml"), cpu=1024, memory=3072, port=WEB),
    "Run": Task(command=(), cpu=1024, memory=4096),
    "Prepare": Task(command=("python", "-m", "lake_platform.aws.run_storage"), cpu=512, memory=2048),
}


@dataclass(frozen=True)
class Secrets:
    """Variables that ECS reads from Secrets Manager when a task starts.

    Attributes:
        references: variable to the reference of ECS.
        given: the condition under which there are any; without one always.
    """

    references: Mapping[str, str]
    given: cdk.CfnCondition | None = None


class Tasks(Construct):
    """Task definitions by kind; made one by one, since the daemon has to know that of the runs."""

    def __init__(self, scope: Construct, *, names: Names, image: str, groups: Mapping[str, logs.LogGroup]) -> None:
        super().__init__(scope, "Tasks")
        self._names, self._image, self._groups = names, image, groups

    def family(self, kind: str) -> str:
        return self._names.named(f"dagster-{kind.lower()}")

    def define(
        self,
        kind: str,
        *,
        role: str,
        execution_role: str,
        environment: Mapping[str, str],
        secrets: Secrets | None = None,
    ) -> ecs.CfnTaskDefinition:
        """One task definition."""
        task = KINDS[kind]
        definition = ecs.CfnTaskDefinition(
            self,
            kind,
            family=self.family(kind),
            network_mode="awsvpc",
            requires_compatibilities=["FARGATE"],
            cpu=str(task.cpu),
            memory=str(task.memory),
            task_role_arn=role,
            execution_role_arn=execution_role,
            runtime_platform=ecs.CfnTaskDefinition.RuntimePlatformProperty(
                cpu_architecture="X86_64", operating_system_family="LINUX"
            ),
            volumes=[ecs.CfnTaskDefinition.VolumeProperty(name=name) for name in ("scratch", "tmp")],
            container_definitions=[self._container(kind, task, environment, secrets)],
        )
        acknowledge(
            definition,
            "AwsSolutions-ECS2",
            reason="Names of resources and no secret; a parameter of the stack is where they come from.",
        )
        return definition

    def _container(
        self, kind: str, task: Task, environment: Mapping[str, str], secrets: Secrets | None
    ) -> ecs.CfnTaskDefinition.ContainerDefinitionProperty:
        properties = ecs.CfnTaskDefinition
        return properties.ContainerDefinitionProperty(
            name=RUN_CONTAINER if kind == "Run" else kind.lower(),
            image=self._image,
            command=list(task.command) or None,
            essential=True,
            # Two folders can be written, and go with the task.
            readonly_root_filesystem=True,
            mount_points=[
                properties.MountPointProperty(container_path=path, source_volume=path[1:], read_only=False)
                for path in ("/scratch", "/tmp")
            ],
            linux_parameters=properties.LinuxParametersProperty(init_process_enabled=True),
            # A run that is told to stop takes its Glue jobs with it.
            stop_timeout=120,
            environment=[
                properties.KeyValuePairProperty(name=name, value=environment[name]) for name in sorted(environment)
            ],
            secrets=_references(secrets) if secrets else None,
            port_mappings=[properties.PortMappingProperty(container_port=task.port, protocol="tcp")]
            if task.port
            else None,
            health_check=_health(task.alive) if task.alive else None,
            log_configuration=properties.LogConfigurationProperty(
                log_driver="awslogs",
                options={
                    "awslogs-group": self._groups[kind].log_group_name,
                    "awslogs-region": cdk.Stack.of(self).region,
                    "awslogs-stream-prefix": kind.lower(),
                },
            ),
        )


def _references(secrets: Secrets) -> Any:
    told = [{"Name": name, "ValueFrom": secrets.references[name]} for name in sorted(secrets.references)]
    if secrets.given is None:
        return [ecs.CfnTaskDefinition.SecretProperty(name=one["Name"], value_from=one["ValueFrom"]) for one in told]
    return cdk.Fn.condition_if(secrets.given.logical_id, told, cdk.Aws.NO_VALUE)


def _health(command: str) -> ecs.CfnTaskDefinition.HealthCheckProperty:
    return ecs.CfnTaskDefinition.HealthCheckProperty(
        command=["CMD-SHELL", command], interval=60, timeout=30, retries=3, start_period=180
    )
