"""What both kinds of warehouse have: a security group, a database, what it logs."""

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from lake_infra.network import Network

DATABASE = "lake"
ADMIN = "lakeadmin"
PORT = 5439
LOG_EXPORTS = ["connectionlog", "useractivitylog", "userlog"]


class WarehouseGroup(Construct):
    """The security group of the warehouse: its clients come in, and nobody else.

    Attributes:
        subnets: the ids of the private subnets.
    """

    def __init__(self, scope: Construct, *, network: Network) -> None:
        super().__init__(scope, "Group")
        self.group = ec2.SecurityGroup(
            self, "Group", vpc=network.vpc, description="The warehouse", allow_all_outbound=False
        )
        self.group.add_ingress_rule(network.clients, ec2.Port.tcp(PORT), "clients")
        # S3's addresses are public ones; there is no other way out of the subnets than the gateway to S3.
        self.group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "S3 through the gateway")
        self.subnets = [subnet.subnet_id for subnet in network.vpc.isolated_subnets]
