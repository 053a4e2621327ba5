"""What other stacks have to know of the network, in the parameter store."""

from aws_cdk import aws_ssm as ssm
from constructs import Construct

from lake_infra.names import Names
from lake_infra.network import Network

NETWORK = ("vpc", "subnets", "clients", "endpoints")


class NetworkParameters(Construct):
    """Parameters below `/<Prefix>/network/`, not outputs: those are the variables of the backend and nothing else.

    An output that another stack imports could not be changed any more while it is imported.
    """

    def __init__(self, scope: Construct, *, names: Names, network: Network) -> None:
        super().__init__(scope, "NetworkParameters")
        values = {
            "vpc": network.vpc.vpc_id,
            "subnets": ",".join(subnet.subnet_id for subnet in network.vpc.isolated_subnets),
            "clients": network.clients.security_group_id,
            "endpoints": network.endpoints.security_group_id,
        }
        for name in NETWORK:
            ssm.CfnParameter(
                self,
                name.capitalize(),
                name=f"/{names.prefix}/network/{name}",
                type="StringList" if name == "subnets" else "String",
                value=values[name],
            )
