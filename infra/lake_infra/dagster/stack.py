"""The Dagster stack, put together."""

from collections.abc import Mapping

import aws_cdk as cdk
from constructs import Construct

from lake_infra.dagster.edge import Balancer, EdgeNetwork
from lake_infra.dagster.endpoints import Endpoints
from lake_infra.dagster.groups import CODE, TASKS, Groups
from lake_infra.dagster.inputs import Inputs
from lake_infra.dagster.roles import ExecutionRoles, TaskRoles
from lake_infra.dagster.services import Cluster, Services
from lake_infra.dagster.storage import (
    DATABASE,
    OWNER,
    PORT,
    VIEWER,
    ComputeLogs,
    DagsterKey,
    RunStorage,
    TaskLogs,
)
from lake_infra.dagster.tasks import Secrets, Tasks
from lake_infra.declaration import Declaration
from lake_infra.names import Names

LOADS_DEFINITIONS = ("Code", "Run", "Viewer")
LAUNCHES = ("Daemon", "Operator")


class DagsterStack(cdk.Stack):
    """Dagster on ECS Fargate: deployed after the data stack, into its network."""

    def __init__(self, scope: Construct, name: str, *, declaration: Declaration) -> None:
        super().__init__(
            scope,
            name,
            description="Dagster for a data lake: code server, daemon, web servers, runs and their storage",
            synthesizer=cdk.BootstraplessSynthesizer(),
        )
        self._names = names = Names(self)
        self._inputs = inputs = Inputs.read(self, declaration)
        place = inputs.place
        self._groups = groups = Groups(self, place=place, people=inputs.people)
        Endpoints(self, place=place)
        key = DagsterKey(self, names=names).key
        self._storage = storage = RunStorage(self, names=names, key=key, subnets=place.subnets, group=groups["Storage"])
        self._compute = ComputeLogs(self, names=names, key=key)
        kept = TaskLogs(self, names=names, key=key, kinds=TASKS)
        logs = kept.groups
        storage.resource.node.add_dependency(*kept.of_services)
        self._roles = TaskRoles(self, names=names, key=key, storage=storage, compute=self._compute)
        self._starters = ExecutionRoles(
            self,
            names=names,
            repository=inputs.repository,
            groups=logs,
            key=key,
            admin_secret=storage.admin_secret,
            webhook=inputs.webhook,
        ).arns
        self._cluster = Cluster(self, names=names, vpc=place.vpc)
        self._cluster.resource.node.add_dependency(*kept.of_services)
        self._tasks = Tasks(self, names=names, image=inputs.image, groups=logs)
        definitions = self._define()
        self._roles.launch(
            cluster=self._cluster.arn,
            family=names.arn("ecs", f"task-definition/{self._tasks.family('Run')}"),
            passed=[self._roles.arn("Run"), self._starters["Run"]],
        )
        self._serve(definitions)

    def _define(self) -> dict[str, str]:
        """ARNs of the task definitions, that of the runs first."""
        made: dict[str, str] = {}
        for kind in ("Run", *(kind for kind in TASKS if kind != "Run")):
            made[kind] = self._tasks.define(
                kind,
                role=self._roles.arn(kind),
                execution_role=self._starters[kind],
                environment=self._environment(kind, made.get("Run")),
                secrets=self._secrets(kind),
            ).ref
        return made

    def _secrets(self, kind: str) -> Secrets | None:
        if kind == "Prepare":
            admin = self._storage.admin_secret
            return Secrets(
                {
                    "DAGSTER_POSTGRES_ADMIN": f"{admin}:username::",
                    "DAGSTER_POSTGRES_ADMIN_PASSWORD": f"{admin}:password::",
                }
            )
        if kind == "Code":
            # Sensors tell the ends of runs, and the code server evaluates them.
            webhook = self._inputs.webhook
            return Secrets({"LAKE_ALERT_WEBHOOK": webhook.secret}, given=webhook.given)
        return None

    def _environment(self, kind: str, run: str | None) -> Mapping[str, str]:
        shared = {
            # Dagster's own clients of AWS read this one only.
            "AWS_DEFAULT_REGION": self._inputs.variables["AWS_REGION"],
            "AWS_REGION": self._inputs.variables["AWS_REGION"],
            "DAGSTER_LOGS_BUCKET": self._compute.bucket.bucket_name,
            "DAGSTER_POSTGRES_DATABASE": DATABASE,
            "DAGSTER_POSTGRES_HOST": self._storage.host,
            "DAGSTER_POSTGRES_PORT": str(PORT),
            "DAGSTER_POSTGRES_USER": VIEWER if kind == "Viewer" else OWNER,
        }
        backend = {
            **self._inputs.variables,
            "LAKE_SWEEP_SECONDS": cdk.Token.as_string(self._inputs.sweep_seconds),
            "LAKE_UI_URL": f"https://{self._inputs.operator.host}",
        }
        asks = {"DAGSTER_CODE_SERVER": self._cluster.code_server, "DAGSTER_CODE_SERVER_PORT": str(CODE)}
        launch = {
            "DAGSTER_ECS_CLUSTER": self._cluster.arn,
            "DAGSTER_RUN_SECURITY_GROUPS": cdk.Fn.join(",", self._groups.of_task("Run")),
            "DAGSTER_RUN_SUBNETS": cdk.Fn.join(",", self._inputs.place.subnets),
            "DAGSTER_RUN_TASK_DEFINITION": run or "",
        }
        return {
            **shared,
            **(backend if kind in LOADS_DEFINITIONS else {}),
            **({**asks, **launch} if kind in LAUNCHES else {}),
        }

    def _serve(self, definitions: Mapping[str, str]) -> None:
        place, inputs = self._inputs.place, self._inputs
        services = Services(self, cluster=self._cluster, subnets=place.subnets, running=inputs.running)
        balancer = Balancer(
            self,
            names=self._names,
            group=self._groups["Balancer"],
            subnets=EdgeNetwork(self, vpc=place.vpc).subnets,
            certificate=inputs.certificate,
            vpc=place.vpc,
        )
        code = services.add(
            "Code",
            definition=definitions["Code"],
            groups=self._groups.of_task("Code"),
            registry=self._cluster.registry(),
        )
        code.add_resource_dependency(self._roles.of_orchestrator)
        services.add(
            "Daemon", definition=definitions["Daemon"], groups=self._groups.of_task("Daemon")
        ).add_resource_dependency(code)
        for priority, (kind, site) in enumerate((("Operator", inputs.operator), ("Viewer", inputs.viewer)), start=1):
            shown = balancer.add_site(kind, site, inputs.provider, priority=priority)
            service = services.add(
                kind, definition=definitions[kind], groups=self._groups.of_task(kind), target=shown.target
            )
            service.add_resource_dependency(shown.rule)
        for name, value, told in (
            ("LoadBalancerName", balancer.address, "Both host names lead here"),
            ("ClusterName", self._cluster.name, "For `aws ecs run-task`"),
            ("Subnets", cdk.Fn.join(",", place.subnets), "Of all tasks"),
            ("PrepareTask", definitions["Prepare"], "Prepares the storage: once, and after each upgrade"),
            ("PrepareGroup", self._groups["Prepare"], "Its security group"),
            ("RunTask", definitions["Run"], "What runs are, and commands of `lake`"),
            ("RunGroups", cdk.Fn.join(",", self._groups.of_task("Run")), "Their security groups"),
        ):
            cdk.CfnOutput(self, name, value=value, description=told)
