"""Keys of KMS: the one of the data stack, and how any key of ours is made."""

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from lake_infra.names import Names

LOG_ACTIONS = (
    "kms:Encrypt",
    "kms:Decrypt",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "kms:GenerateDataKey",
    "kms:DescribeKey",
)
"""What CloudWatch Logs does with the key of a log group."""


class DataKey(Construct):
    """The key that encrypts data, logs, alerts and the warehouse."""

    def __init__(self, scope: Construct, *, names: Names) -> None:
        super().__init__(scope, "Key")
        self.key = make_key(self, alias=names.named("data"), told="Data, logs, alerts and warehouse of the lake")
        let_logs(self.key, sid="LogsOfThisLake", groups=names.arn("logs", "log-group:*"))
        # Without it alarms change their state and nobody hears of them: CloudWatch may not publish to the topic.
        let_service(
            self.key,
            sid="AlarmsToTheTopic",
            service="cloudwatch.amazonaws.com",
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            conditions={"StringEquals": {"aws:SourceAccount": cdk.Stack.of(self).account}},
        )


def make_key(scope: Construct, *, alias: str, told: str) -> kms.Key:
    """A key of the account that outlives its stack. Roles use it by their own policies; services by `let_service`."""
    return kms.Key(
        scope,
        "Key",
        alias=f"alias/{alias}",
        description=told,
        enable_key_rotation=True,
        removal_policy=cdk.RemovalPolicy.RETAIN,
    )


def let_logs(key: kms.Key, *, sid: str, groups: str | Sequence[str]) -> None:
    """Lets CloudWatch encrypt log groups; the encryption context names the group by its ARN."""
    stack = cdk.Stack.of(key)
    let_service(
        key,
        sid=sid,
        service=f"logs.{stack.region}.{stack.url_suffix}",
        actions=LOG_ACTIONS,
        conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
    )


def let_service(
    key: kms.Key,
    *,
    sid: str,
    service: str,
    actions: Sequence[str],
    conditions: Mapping[str, Mapping[str, str | Sequence[str]]],
) -> None:
    """Lets a service of AWS use the key. In the policy of a key `*` is this key."""
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid=sid,
            principals=[iam.ServicePrincipal(service)],
            actions=list(actions),
            resources=["*"],
            conditions=dict(conditions),
        )
    )
