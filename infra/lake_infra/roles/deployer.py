"""The role of `lake deploy-jobs`: it writes code and job definitions, and sees no data."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from lake_infra.names import Names
from lake_infra.roles.statements import allow, through


class DeployerRole(Construct):
    """Taken by people and pipelines of this account whose own policies let them."""

    def __init__(
        self, scope: Construct, *, names: Names, key_arn: str, jobs_role_arn: str, jobs: Sequence[str]
    ) -> None:
        super().__init__(scope, "DeployerRole")
        self.role = iam.Role(
            self,
            "Role",
            role_name=names.named("deployer"),
            description="Deploys the code of the Glue jobs of the lake",
            assumed_by=iam.AccountRootPrincipal(),
        )
        allow(self.role, ["s3:ListBucket"], [names.bucket_arn("code")])
        allow(
            self.role,
            ["s3:GetObject", "s3:PutObject"],
            [names.bucket_arn("code", "glue/*")],
            why_a_pattern="The keys of the code hold its digest.",
        )
        allow(
            self.role,
            ["kms:Decrypt", "kms:GenerateDataKey"],
            [key_arn],
            conditions=through(self.role, "s3"),
        )
        allow(
            self.role,
            ["glue:CreateJob", "glue:GetJob", "glue:TagResource", "glue:UpdateJob"],
            [names.arn("glue", f"job/{job}") for job in jobs],
        )
        allow(
            self.role,
            ["iam:PassRole"],
            [jobs_role_arn],
            conditions={"StringEquals": {"iam:PassedToService": "glue.amazonaws.com"}},
        )
