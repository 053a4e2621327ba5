"""The role of COPY: it reads manifests and processed rows, and writes nothing."""

from aws_cdk import aws_iam as iam
from constructs import Construct

from lake_infra.names import Names
from lake_infra.options import Warehouse
from lake_infra.roles.lake_keys import keys
from lake_infra.roles.statements import allow, through
from lake_infra.roles.trust import of_this_account

_SERVICES = {
    "serverless": ("redshift-serverless.amazonaws.com", "redshift.amazonaws.com"),
    "cluster": ("redshift.amazonaws.com",),
}


class CopyRole(Construct):
    """Taken by the warehouse. There is no UNLOAD: the files of the lake are made by jobs alone."""

    def __init__(self, scope: Construct, *, names: Names, key_arn: str, warehouse: Warehouse) -> None:
        super().__init__(scope, "CopyRole")
        self.role = iam.Role(
            self,
            "Role",
            role_name=names.named("copy"),
            description="COPY of the warehouse of the lake",
            assumed_by=of_this_account(self, *_SERVICES[warehouse]),
        )
        allow(self.role, ["s3:ListBucket"], [names.bucket_arn("lake")])
        allow(
            self.role,
            ["s3:GetObject"],
            keys(names, ["manifests", "processed"]),
            why_a_pattern="Runs make the keys below these prefixes.",
        )
        allow(self.role, ["kms:Decrypt"], [key_arn], conditions=through(self.role, "s3"))
