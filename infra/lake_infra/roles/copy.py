"""The role of COPY: it reads the lake."""

from aws_cdk import aws_iam as iam
from constructs import Construct

from lake_infra.names import Names
from lake_infra.roles.trust import of_this_account


class CopyRole(Construct):
    """Taken by the warehouse; it writes nothing."""

    def __init__(self, scope: Construct, *, names: Names, key_arn: str, service: str) -> None:
        super().__init__(scope, "CopyRole")
        self.role = iam.Role(
            self,
            "Role",
            role_name=names.named("copy"),
            description="COPY of the warehouse of the lake",
            assumed_by=of_this_account(self, service),
        )
        allow = self.role.add_to_policy
        allow(iam.PolicyStatement(actions=["s3:ListBucket"], resources=[names.bucket_arn("lake")]))
        allow(iam.PolicyStatement(actions=["s3:GetObject"], resources=[names.bucket_arn("lake", "*")]))
        allow(iam.PolicyStatement(actions=["kms:Decrypt"], resources=[key_arn]))
