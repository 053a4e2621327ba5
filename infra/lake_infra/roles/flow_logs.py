"""The role of the VPC's flow logs: it writes one log group."""

from aws_cdk import aws_iam as iam
from constructs import Construct

from lake_infra.names import Names
from lake_infra.roles.trust import of_this_account


class FlowLogsRole(Construct):
    """Taken by the VPC. CDK makes one as well, which any account's flow logs could take; what it may is CDK's to add."""

    def __init__(self, scope: Construct, *, names: Names) -> None:
        super().__init__(scope, "FlowLogsRole")
        self.role = iam.Role(
            self,
            "Role",
            role_name=names.named("flow-logs"),
            description="Flow logs of the network of the lake",
            assumed_by=of_this_account(self, "vpc-flow-logs.amazonaws.com"),
        )
