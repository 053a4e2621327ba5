"""Redshift Serverless."""

from aws_cdk import aws_kms as kms
from aws_cdk import aws_redshiftserverless as serverless
from constructs import Construct

from lake_infra.names import Names
from lake_infra.network import Network
from lake_infra.parameters import number
from lake_infra.roles.orchestrator import Login
from lake_infra.warehouse import ADMIN, DATABASE, LOG_EXPORTS, PORT, WarehouseGroup

QUERY_SECONDS = 3600
"""A query that takes longer is ended."""


class ServerlessWarehouse(Construct):
    """A workgroup whose size is bounded; Redshift itself keeps the password of its administrator.

    Attributes:
        workgroup: its name.
        variables: what the backend reads of it.
        logins: how the orchestrator gets its temporary credentials.
    """

    def __init__(self, scope: Construct, *, names: Names, network: Network, key: kms.Key, copy_role: str) -> None:
        super().__init__(scope, "Warehouse")
        namespace = self._namespace(names, key, copy_role)
        inside = WarehouseGroup(self, network=network)
        least = number(scope, "WarehouseCapacity", 8, least=4, told="RPUs of the workgroup, at first")
        most = number(scope, "WarehouseMostCapacity", 32, least=4, told="RPUs of the workgroup, at most")
        workgroup = serverless.CfnWorkgroup(
            self,
            "Workgroup",
            workgroup_name=names.named("warehouse"),
            namespace_name=names.named("warehouse"),
            base_capacity=least,
            max_capacity=most,
            # With it Redshift asks for a third zone; what COPY reads stays in AWS's network without it too.
            enhanced_vpc_routing=False,
            publicly_accessible=False,
            port=PORT,
            subnet_ids=inside.subnets,
            security_group_ids=[inside.group.security_group_id],
            config_parameters=[
                _parameter("enable_user_activity_logging", "true"),
                _parameter("max_query_execution_time", str(QUERY_SECONDS)),
                _parameter("require_ssl", "true"),
            ],
        )
        workgroup.add_resource_dependency(namespace)
        self.workgroup = names.named("warehouse")
        self.variables = {"LAKE_REDSHIFT_WORKGROUP": self.workgroup}
        # Its ARN holds an id, not the name.
        self.logins = [
            Login(
                actions=("redshift-serverless:GetCredentials", "redshift-serverless:GetWorkgroup"),
                resources=(workgroup.attr_workgroup_workgroup_arn,),
            )
        ]

    def _namespace(self, names: Names, key: kms.Key, copy_role: str) -> serverless.CfnNamespace:
        return serverless.CfnNamespace(
            self,
            "Namespace",
            namespace_name=names.named("warehouse"),
            db_name=DATABASE,
            admin_username=ADMIN,
            manage_admin_password=True,
            admin_password_secret_kms_key_id=key.key_id,
            kms_key_id=key.key_arn,
            iam_roles=[copy_role],
            default_iam_role_arn=copy_role,
            log_exports=LOG_EXPORTS,
            # Taken where the namespace goes with the stack.
            final_snapshot_name=names.named("warehouse-final"),
            final_snapshot_retention_period=30,
        )


def _parameter(key: str, value: str) -> serverless.CfnWorkgroup.ConfigParameterProperty:
    return serverless.CfnWorkgroup.ConfigParameterProperty(parameter_key=key, parameter_value=value)
