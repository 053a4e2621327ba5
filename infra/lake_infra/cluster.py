"""A provisioned Redshift cluster of RA3 nodes."""

import json

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_redshift as redshift
from constructs import Construct

from lake_infra.acknowledge import acknowledge
from lake_infra.names import Names
from lake_infra.network import Network
from lake_infra.parameters import number, text
from lake_infra.roles.orchestrator import Login
from lake_infra.warehouse import ADMIN, DATABASE, LOG_EXPORTS, PORT, WarehouseGroup

USER = "lake_platform"
"""The database user of the platform; it has no password, its credentials come from IAM."""
QUEUES = [{"auto_wlm": True, "priority": "normal"}, {"short_query_queue": True}]
"""Redshift shares out memory and slots itself; short queries have a lane of their own."""
SNAPSHOT_DAYS = 7


class ClusterWarehouse(Construct):
    """A cluster, encrypted, private, logged; Redshift itself keeps the password of its administrator.

    Attributes:
        variables: what the backend reads of it.
        logins: how the orchestrator gets its temporary credentials.
    """

    def __init__(self, scope: Construct, *, names: Names, network: Network, key: kms.Key, copy_role: str) -> None:
        super().__init__(scope, "Warehouse")
        inside = WarehouseGroup(self, network=network)
        nodes = number(scope, "WarehouseNodes", 2, least=2, told="Nodes of the cluster")
        kind = text(
            scope,
            "WarehouseNodeType",
            "ra3.large",
            pattern=r"ra3\.[a-z0-9]+",
            problem="a kind of RA3 node, such as ra3.large",
            told="Kind of the nodes",
        )
        cluster = redshift.CfnCluster(
            self,
            "Cluster",
            cluster_identifier=names.named("warehouse"),
            cluster_type="multi-node",
            number_of_nodes=nodes,
            node_type=kind,
            db_name=DATABASE,
            master_username=ADMIN,
            manage_master_password=True,
            master_password_secret_kms_key_id=key.key_id,
            encrypted=True,
            kms_key_id=key.key_id,
            iam_roles=[copy_role],
            port=PORT,
            publicly_accessible=False,
            enhanced_vpc_routing=True,
            allow_version_upgrade=True,
            automated_snapshot_retention_period=SNAPSHOT_DAYS,
            cluster_subnet_group_name=self._subnets(inside),
            cluster_parameter_group_name=self._parameters(),
            vpc_security_group_ids=[inside.group.security_group_id],
            logging_properties=redshift.CfnCluster.LoggingPropertiesProperty(
                log_destination_type="cloudwatch", log_exports=LOG_EXPORTS
            ),
        )
        acknowledge(
            cluster,
            "AwsSolutions-RS4",
            reason="Only the security group of its clients gets in; another port would hide it from nobody else.",
        )
        cluster.apply_removal_policy(RemovalPolicy.SNAPSHOT)
        self.variables = {"LAKE_REDSHIFT_CLUSTER": names.named("warehouse"), "LAKE_REDSHIFT_USER": USER}
        name = names.named("warehouse")
        user, database = (
            names.arn("redshift", f"{kind}:{name}/{told}") for kind, told in (("dbuser", USER), ("dbname", DATABASE))
        )
        self.logins = [
            Login(actions=("redshift:DescribeClusters",), resources=(names.arn("redshift", f"cluster:{name}"),)),
            Login(actions=("redshift:GetClusterCredentials",), resources=(user, database)),
        ]

    def _subnets(self, inside: WarehouseGroup) -> str:
        return redshift.CfnClusterSubnetGroup(
            self, "Subnets", description="Private subnets of the lake", subnet_ids=inside.subnets
        ).ref

    def _parameters(self) -> str:
        values = {
            "enable_user_activity_logging": "true",
            "max_concurrency_scaling_clusters": "0",
            "require_ssl": "true",
            "wlm_json_configuration": json.dumps(QUEUES),
        }
        return redshift.CfnClusterParameterGroup(
            self,
            "Parameters",
            description="The warehouse of the lake",
            parameter_group_family="redshift-1.0",
            parameters=[
                redshift.CfnClusterParameterGroup.ParameterProperty(parameter_name=name, parameter_value=value)
                for name, value in values.items()
            ],
        ).ref
