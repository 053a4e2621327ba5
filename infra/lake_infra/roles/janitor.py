"""The role of `lake janitor`: the only one that deletes what runs have made, and it reads no rows."""

from aws_cdk import aws_iam as iam
from constructs import Construct

from lake_infra.names import Names
from lake_infra.roles.lake_keys import COPIES, PAGES, ROWS, keys
from lake_infra.roles.statements import allow, through

_RUNS = "Runs make the keys below these prefixes."


class JanitorRole(Construct):
    """Taken by people and schedules of this account whose own policies let them."""

    def __init__(self, scope: Construct, *, names: Names, key_arn: str) -> None:
        super().__init__(scope, "JanitorRole")
        self.role = iam.Role(
            self,
            "Role",
            role_name=names.named("janitor"),
            description="Removes from the lake what no document names any more",
            assumed_by=iam.AccountRootPrincipal(),
        )
        allow(self.role, ["s3:ListBucket"], [names.bucket_arn("lake")])
        read = keys(names, ["jobs", "manifests", "refusals", "versions"])
        allow(self.role, ["s3:GetObject"], read, why_a_pattern=_RUNS)
        gone = keys(names, [*COPIES, *ROWS, *PAGES, "jobs", "manifests"])
        allow(self.role, ["s3:DeleteObject"], gone, why_a_pattern=_RUNS)
        allow(self.role, ["kms:Decrypt"], [key_arn], conditions=through(self.role, "s3"))
