"""The key that encrypts data, logs, alerts and the warehouse."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from lake_infra.names import Names


class DataKey(Construct):
    """One key of the account. Roles use it by their own policies; services of AWS by the statements here."""

    def __init__(self, scope: Construct, *, names: Names) -> None:
        super().__init__(scope, "Key")
        stack = cdk.Stack.of(self)
        self.key = kms.Key(
            self,
            "Key",
            alias=f"alias/{names.named('data')}",
            description="Data, logs, alerts and warehouse of the lake",
            enable_key_rotation=True,
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        self._allow(
            "LogsOfThisLake",
            f"logs.{stack.region}.{stack.url_suffix}",
            [
                "kms:Encrypt",
                "kms:Decrypt",
                "kms:ReEncryptFrom",
                "kms:ReEncryptTo",
                "kms:GenerateDataKey",
                "kms:DescribeKey",
            ],
            # The encryption context names the log group that is encrypted.
            {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": names.arn("logs", "log-group:*")}},
        )
        # Without it alarms change their state and nobody hears of them: CloudWatch may not publish to the topic.
        self._allow(
            "AlarmsToTheTopic",
            "cloudwatch.amazonaws.com",
            ["kms:Decrypt", "kms:GenerateDataKey"],
            {"StringEquals": {"aws:SourceAccount": stack.account}},
        )

    def _allow(self, sid: str, service: str, actions: list[str], conditions: dict[str, dict[str, str]]) -> None:
        # In the policy of a key `*` is this key.
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                sid=sid,
                principals=[iam.ServicePrincipal(service)],
                actions=actions,
                resources=["*"],
                conditions=conditions,
            )
        )
