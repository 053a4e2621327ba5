"""The role of COPY: it reads the lake."""

from aws_cdk import aws_iam as iam
from constructs import Construct

from lake_infra.names import Names
from lake_infra.roles.statements import allow
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
        lake = names.bucket_arn("lake")
        allow(self.role, ["s3:ListBucket"], [lake])
        allow(self.role, ["s3:GetObject"], [f"{lake}/*"], why_a_pattern="The keys of the lake are made by runs.")
        allow(self.role, ["kms:Decrypt"], [key_arn])
