"""Roles of the Dagster stack: a task role and an execution role for each kind of task.

Code server and runs take the role of the orchestrator, which the data stack has; they are given here what they need of
Dagster itself.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from lake_infra.acknowledge import acknowledge_wildcards
from lake_infra.dagster.groups import TASKS
from lake_infra.dagster.inputs import Webhook
from lake_infra.dagster.storage import OWNER, VIEWER, ComputeLogs, RunStorage
from lake_infra.names import Names
from lake_infra.roles.statements import allow
from lake_infra.roles.trust import of_this_account

ECS = "ecs-tasks.amazonaws.com"
ORCHESTRATORS = ("Code", "Run")
OWN = tuple(kind for kind in TASKS if kind not in ORCHESTRATORS)


class TaskRoles(Construct):
    """Task roles by kind: who may do what once it runs.

    Attributes:
        of_orchestrator: the policy that its role is given here.
    """

    def __init__(
        self, scope: Construct, *, names: Names, key: kms.Key, storage: RunStorage, compute: ComputeLogs
    ) -> None:
        super().__init__(scope, "TaskRoles")
        self._names, self._key, self._storage, self._bucket = names, key, storage, compute.bucket.bucket_arn
        self._roles = {kind: self._role(kind) for kind in OWN}
        for kind, role in self._roles.items():
            self._connect(role, VIEWER if kind == "Viewer" else OWNER)
        for kind in ("Operator", "Viewer"):
            self._read_logs(self._roles[kind])
        self.of_orchestrator = self._orchestrator_policy()

    def arn(self, kind: str) -> str:
        return self._names.role_arn("orchestrator") if kind in ORCHESTRATORS else self._roles[kind].role_arn

    def launch(self, *, cluster: str, family: str, passed: Sequence[str]) -> None:
        """The daemon starts runs; the daemon and the operator see and stop them.

        Args:
            cluster: ARN.
            family: of the task definition of runs, ARN without a revision.
            passed: ARNs of the roles of a run.
        """
        here = {"ArnEquals": {"ecs:cluster": cluster}}
        tasks = self._names.arn("ecs", f"task/{self._names.named('dagster')}/*")
        daemon = self._roles["Daemon"]
        allow(
            daemon,
            ["ecs:RunTask"],
            [f"{family}:*"],
            conditions=here,
            why_a_pattern="Any revision of the one family of runs.",
        )
        allow(
            daemon,
            ["ecs:TagResource"],
            [tasks],
            conditions={"StringEquals": {"ecs:CreateAction": "RunTask"}},
            why_a_pattern="A run's task is tagged with the run when it is started; its id is not known before.",
        )
        allow(daemon, ["iam:PassRole"], passed, conditions={"StringEquals": {"iam:PassedToService": ECS}})
        for kind in ("Daemon", "Operator"):
            allow(
                self._roles[kind],
                ["ecs:DescribeTasks", "ecs:StopTask"],
                [tasks],
                conditions=here,
                why_a_pattern="Tasks of this cluster; their ids are not known before.",
            )

    def _role(self, kind: str) -> iam.Role:
        return iam.Role(
            self,
            kind,
            role_name=self._names.named(f"dagster-{kind.lower()}"),
            description=f"Dagster: {kind.lower()}",
            assumed_by=of_this_account(self, ECS),
        )

    def _connect(self, role: iam.Role, user: str) -> None:
        allow(role, ["rds-db:connect"], [self._storage.user_arn(user)])

    def _read_logs(self, role: iam.Role) -> None:
        allow(role, ["s3:ListBucket"], [self._bucket])
        allow(role, ["s3:GetObject"], [f"{self._bucket}/*"], why_a_pattern="What steps printed, of every run.")
        allow(role, ["kms:Decrypt"], [self._key.key_arn])

    def _orchestrator_policy(self) -> iam.CfnRolePolicy:
        """Beside what the data stack lets the orchestrator do."""
        objects = f"{self._bucket}/*"
        policy = iam.CfnRolePolicy(
            self,
            "Orchestrator",
            role_name=self._names.named("orchestrator"),
            policy_name="dagster",
            policy_document={
                "Version": "2012-10-17",
                "Statement": [
                    _statement(["rds-db:connect"], [self._storage.user_arn(OWNER)]),
                    _statement(["s3:ListBucket"], [self._bucket]),
                    _statement(["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"], [objects]),
                    _statement(["kms:Decrypt", "kms:GenerateDataKey"], [self._key.key_arn]),
                ],
            },
        )
        acknowledge_wildcards(policy, [objects], reason="What steps printed, of every run.")
        return policy


class ExecutionRoles(Construct):
    """Execution roles by kind: what ECS does to start a task, before its first line runs.

    Attributes:
        arns: by kind.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        names: Names,
        repository: str,
        groups: Mapping[str, logs.LogGroup],
        key: kms.Key,
        admin_secret: str,
        webhook: Webhook,
    ) -> None:
        super().__init__(scope, "ExecutionRoles")
        self.arns: dict[str, str] = {}
        for kind in TASKS:
            role = iam.Role(
                self,
                kind,
                role_name=names.named(f"dagster-start-{kind.lower()}"),
                description=f"ECS starts Dagster: {kind.lower()}",
                assumed_by=of_this_account(self, ECS),
            )
            allow(
                role,
                ["ecr:GetAuthorizationToken"],
                ["*"],
                why_a_pattern="It has no resource: AWS allows no narrower one.",
            )
            allow(
                role,
                ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
                [names.arn("ecr", f"repository/{repository}")],
            )
            streams = groups[kind].log_group_arn
            allow(
                role,
                ["logs:CreateLogStream", "logs:PutLogEvents"],
                [streams],
                why_a_pattern="Streams of its own log group.",
            )
            if kind == "Prepare":
                allow(role, ["secretsmanager:GetSecretValue"], [admin_secret])
                allow(role, ["kms:Decrypt"], [key.key_arn])
            if kind == "Code":
                _let_read(role, webhook)
            self.arns[kind] = role.role_arn


def _let_read(role: iam.Role, webhook: Webhook) -> None:
    """Part of the role itself, since nothing can wait for a policy that may not be there."""
    policy = {
        "PolicyName": "webhook",
        "PolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [_statement(["secretsmanager:GetSecretValue"], [webhook.secret])],
        },
    }
    made = role.node.default_child
    assert isinstance(made, iam.CfnRole)
    made.add_property_override("Policies", [cdk.Fn.condition_if(webhook.given.logical_id, policy, cdk.Aws.NO_VALUE)])


def _statement(actions: Sequence[str], resources: Sequence[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}
