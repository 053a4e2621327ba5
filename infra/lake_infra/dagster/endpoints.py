"""Services that tasks of Fargate call beside those that the data stack has endpoints for."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from lake_infra.dagster.inputs import Place

SERVICES = {
    "ecr.api": "which layers an image has",
    "ecr.dkr": "the image",
    "ecs": "the daemon starts runs, the operator stops them",
    "secretsmanager": "the administrator's password and the address of alerts, when a task starts",
}


class Endpoints(Construct):
    """Interface endpoints in the private subnets, for those whom the security group of the data stack lets in."""

    def __init__(self, scope: Construct, *, place: Place) -> None:
        super().__init__(scope, "Endpoints")
        for service in SERVICES:
            ec2.CfnVPCEndpoint(
                self,
                "".join(part.capitalize() for part in service.split(".")),
                service_name=f"com.amazonaws.{cdk.Stack.of(self).region}.{service}",
                vpc_endpoint_type="Interface",
                private_dns_enabled=True,
                vpc_id=place.vpc,
                subnet_ids=place.subnets,
                security_group_ids=[place.endpoints],
            )
