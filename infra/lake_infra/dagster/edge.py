"""The internal load balancer: it asks the identity provider who somebody is before anything reaches a web server."""

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elb
from constructs import Construct

from lake_infra.acknowledge import acknowledge
from lake_infra.dagster.groups import HTTPS, WEB
from lake_infra.dagster.inputs import NETWORK, Provider, WebSite
from lake_infra.names import Names
from lake_infra.parameters import text

SESSION_SECONDS = 8 * 3600


class EdgeNetwork(Construct):
    """Two subnets for the load balancer alone, and for them a way to the identity provider.

    A load balancer gets tokens from the provider itself, so without a way out nobody can log in. The subnets of the
    tasks have none.

    Attributes:
        subnets: ids.
    """

    def __init__(self, scope: Construct, *, vpc: str) -> None:
        super().__init__(scope, "Edge")
        cidr = text(
            scope,
            "EdgeCidr",
            "10.40.240.0/24",
            pattern=NETWORK,
            problem="addresses as 10.40.240.0/24",
            told="Addresses of the VPC that no subnet has, 256 of them: for the load balancer",
        )
        way = cdk.CfnParameter(
            scope,
            "WayOut",
            type="String",
            default="nat",
            allowed_values=["nat", "none"],
            description="nat: a NAT gateway for the load balancer; none: you give its route table a way to the provider",
        )
        self._nat = cdk.CfnCondition(scope, "Nat", expression=cdk.Fn.condition_equals(way.value_as_string, "nat"))
        blocks = cdk.Fn.cidr(cidr, 3, "6")
        zones = [cdk.Fn.select(index, cdk.Fn.get_azs()) for index in (0, 1)]
        table = ec2.CfnRouteTable(self, "Table", vpc_id=vpc)
        self.subnets = [
            self._subnet(f"Subnet{index + 1}", vpc, zone, cdk.Fn.select(index, blocks), table.attr_route_table_id)
            for index, zone in enumerate(zones)
        ]
        gateway = self._way_out(vpc, zones[0], cdk.Fn.select(2, blocks))
        route = ec2.CfnRoute(
            self,
            "Out",
            route_table_id=table.attr_route_table_id,
            destination_cidr_block="0.0.0.0/0",
            nat_gateway_id=gateway.attr_nat_gateway_id,
        )
        route.cfn_options.condition = self._nat

    def _subnet(self, name: str, vpc: str, zone: str, cidr: str, table: str) -> str:
        subnet = ec2.CfnSubnet(
            self, name, vpc_id=vpc, availability_zone=zone, cidr_block=cidr, map_public_ip_on_launch=False
        )
        ec2.CfnSubnetRouteTableAssociation(self, f"{name}Table", subnet_id=subnet.attr_subnet_id, route_table_id=table)
        return subnet.attr_subnet_id

    def _way_out(self, vpc: str, zone: str, cidr: str) -> ec2.CfnNatGateway:
        """A subnet with nothing in it but the NAT gateway."""
        internet = ec2.CfnInternetGateway(self, "Internet")
        attached = ec2.CfnVPCGatewayAttachment(
            self, "InternetOfVpc", vpc_id=vpc, internet_gateway_id=internet.attr_internet_gateway_id
        )
        table = ec2.CfnRouteTable(self, "PublicTable", vpc_id=vpc)
        subnet = ec2.CfnSubnet(
            self, "Public", vpc_id=vpc, availability_zone=zone, cidr_block=cidr, map_public_ip_on_launch=False
        )
        association = ec2.CfnSubnetRouteTableAssociation(
            self, "PublicOfTable", subnet_id=subnet.attr_subnet_id, route_table_id=table.attr_route_table_id
        )
        route = ec2.CfnRoute(
            self,
            "ToInternet",
            route_table_id=table.attr_route_table_id,
            destination_cidr_block="0.0.0.0/0",
            gateway_id=internet.attr_internet_gateway_id,
        )
        route.add_resource_dependency(attached)
        address = ec2.CfnEIP(self, "Address", domain="vpc")
        gateway = ec2.CfnNatGateway(
            self, "Gateway", subnet_id=subnet.attr_subnet_id, allocation_id=address.attr_allocation_id
        )
        gateway.add_resource_dependency(route)
        for resource in (internet, attached, table, subnet, association, route, address, gateway):
            resource.cfn_options.condition = self._nat
        return gateway


@dataclass(frozen=True, kw_only=True)
class Site:
    """A web server behind the load balancer.

    Attributes:
        target: ARN of its target group.
        rule: forwards to it; ECS takes no target group that no rule forwards to.
    """

    target: str
    rule: elb.CfnListenerRule


class Balancer(Construct):
    """TLS, a login for each of the two sites, and nothing for anybody else.

    Attributes:
        address: of the load balancer, for the names of the sites.
    """

    def __init__(
        self, scope: Construct, *, names: Names, group: str, subnets: list[str], certificate: str, vpc: str
    ) -> None:
        super().__init__(scope, "Balancer")
        self._names, self._vpc = names, vpc
        balancer = elb.CfnLoadBalancer(
            self,
            "Balancer",
            name=names.named("dagster"),
            type="application",
            scheme="internal",
            subnets=subnets,
            security_groups=[group],
            load_balancer_attributes=[
                _attribute("deletion_protection.enabled", "true"),
                _attribute("routing.http.drop_invalid_header_fields.enabled", "true"),
                # Dagster's web sites keep a connection open for what is new.
                _attribute("idle_timeout.timeout_seconds", "300"),
            ],
        )
        acknowledge(
            balancer,
            "AwsSolutions-ELB2",
            reason="Access logs need a bucket without a key of its own; who logged in is told by the provider.",
        )
        self.address = balancer.attr_dns_name
        self._listener = elb.CfnListener(
            self,
            "Listener",
            load_balancer_arn=balancer.ref,
            port=HTTPS,
            protocol="HTTPS",
            ssl_policy="ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
            certificates=[elb.CfnListener.CertificateProperty(certificate_arn=certificate)],
            default_actions=[
                elb.CfnListener.ActionProperty(
                    type="fixed-response",
                    fixed_response_config=elb.CfnListener.FixedResponseConfigProperty(
                        status_code="404", content_type="text/plain", message_body="No such site."
                    ),
                )
            ],
        )

    def add_site(self, kind: str, site: WebSite, provider: Provider, *, priority: int) -> Site:
        """A target group for one web server; whoever asks for its host has to log in first."""
        target = elb.CfnTargetGroup(
            self,
            kind,
            # 32 characters are the most, whatever the prefix is.
            name=self._names.named(kind.lower()),
            vpc_id=self._vpc,
            port=WEB,
            protocol="HTTP",
            target_type="ip",
            health_check_path="/server_info",
            health_check_interval_seconds=30,
            target_group_attributes=[
                elb.CfnTargetGroup.TargetGroupAttributeProperty(key="deregistration_delay.timeout_seconds", value="30")
            ],
        )
        properties = elb.CfnListenerRule
        rule = properties(
            self,
            f"{kind}Rule",
            listener_arn=self._listener.attr_listener_arn,
            priority=priority,
            conditions=[
                properties.RuleConditionProperty(
                    field="host-header", host_header_config=properties.HostHeaderConfigProperty(values=[site.host])
                )
            ],
            actions=[
                properties.ActionProperty(
                    type="authenticate-oidc", order=1, authenticate_oidc_config=_login(site, provider)
                ),
                properties.ActionProperty(type="forward", order=2, target_group_arn=target.attr_target_group_arn),
            ],
        )
        return Site(target=target.attr_target_group_arn, rule=rule)


def _login(site: WebSite, provider: Provider) -> elb.CfnListenerRule.AuthenticateOidcConfigProperty:
    return elb.CfnListenerRule.AuthenticateOidcConfigProperty(
        issuer=provider.issuer,
        authorization_endpoint=provider.authorization,
        token_endpoint=provider.token,
        user_info_endpoint=provider.user_info,
        client_id=site.client,
        # CloudFormation reads it when it makes the rule; it is in no template and no event.
        client_secret=cdk.Fn.sub("{{resolve:secretsmanager:${Secret}:SecretString}}", {"Secret": site.secret}),
        on_unauthenticated_request="authenticate",
        scope="openid",
        session_timeout=SESSION_SECONDS,
    )


def _attribute(key: str, value: str) -> elb.CfnLoadBalancer.LoadBalancerAttributeProperty:
    return elb.CfnLoadBalancer.LoadBalancerAttributeProperty(key=key, value=value)
