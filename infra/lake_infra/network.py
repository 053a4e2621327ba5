"""The VPC: private subnets in two zones, without a way out."""

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from lake_infra.options import Options

ENDPOINTS = {
    "glue": "jobs and the catalog",
    "logs": "the end of a job's log",
    "sqs": "arrivals",
    "sns": "alerts",
    "sts": "the warehouse's temporary credentials",
}
"""Services that the orchestrator calls from a private subnet, and for what. S3 has a gateway, which costs nothing."""
WAREHOUSE_ENDPOINTS = {"serverless": "redshift-serverless", "cluster": "redshift"}


class Network(Construct):
    """Where the warehouse is, and where the orchestrator may run.

    Attributes:
        vpc: of two zones, with isolated subnets only.
        clients: the security group of whoever may call the endpoints and the warehouse.
    """

    def __init__(
        self, scope: Construct, *, options: Options, flow_logs: logs.LogGroup, flow_logs_role: iam.Role
    ) -> None:
        super().__init__(scope, "Network")
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(options.cidr),
            max_azs=2,
            nat_gateways=0,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="private", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=20)
            ],
            gateway_endpoints={"S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3)},
        )
        self.vpc.add_flow_log(
            "FlowLog", destination=ec2.FlowLogDestination.to_cloud_watch_logs(flow_logs, flow_logs_role)
        )
        self.clients = self._group("Clients", "Who may call the endpoints and the warehouse", outbound=True)
        self.endpoints = self._group("Endpoints", "Endpoints of AWS services", outbound=False)
        self.endpoints.add_ingress_rule(self.clients, ec2.Port.tcp(443), "clients")
        for service in [*ENDPOINTS, WAREHOUSE_ENDPOINTS[options.warehouse]]:
            self._endpoint(service)

    def _group(self, name: str, description: str, *, outbound: bool) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(
            self, name, vpc=self.vpc, description=description, allow_all_outbound=outbound, disable_inline_rules=False
        )

    def _endpoint(self, service: str) -> None:
        name = "".join(part.capitalize() for part in service.split("-"))
        self.vpc.add_interface_endpoint(
            f"{name}Endpoint",
            service=ec2.InterfaceVpcEndpointAwsService(service),
            security_groups=[self.endpoints],
            open=False,
            private_dns_enabled=True,
        )
