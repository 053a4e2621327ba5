"""The cluster, and what runs all the time in it: code server, daemon and both web servers."""

from collections.abc import Sequence

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_servicediscovery as discovery
from constructs import Construct

from lake_infra.dagster.groups import WEB
from lake_infra.names import Names


class Cluster(Construct):
    """The cluster of all tasks.

    Attributes:
        resource: the cluster.
        arn: of the cluster.
        code_server: the name by which daemon and operator find the code server.
    """

    def __init__(self, scope: Construct, *, names: Names, vpc: str) -> None:
        super().__init__(scope, "Cluster")
        self.name = names.named("dagster")
        cluster = ecs.CfnCluster(
            self,
            "Cluster",
            cluster_name=self.name,
            cluster_settings=[ecs.CfnCluster.ClusterSettingsProperty(name="containerInsights", value="enabled")],
        )
        self.resource, self.arn = cluster, cluster.attr_arn
        namespace = f"{self.name}.internal"
        self._namespace = discovery.CfnPrivateDnsNamespace(self, "Names", name=namespace, vpc=vpc)
        self.code_server = f"code.{namespace}"

    def registry(self) -> str:
        """ARN of the entry of the code server."""
        entry = discovery.CfnService(
            self,
            "CodeServer",
            name="code",
            dns_config=discovery.CfnService.DnsConfigProperty(
                namespace_id=self._namespace.attr_id,
                routing_policy="MULTIVALUE",
                dns_records=[discovery.CfnService.DnsRecordProperty(type="A", ttl=10)],
            ),
            health_check_custom_config=discovery.CfnService.HealthCheckCustomConfigProperty(failure_threshold=1),
        )
        return entry.attr_arn


class Services(Construct):
    """Services by kind."""

    def __init__(self, scope: Construct, *, cluster: Cluster, subnets: list[str], running: float) -> None:
        super().__init__(scope, "Services")
        self._cluster, self._subnets, self._running = cluster, subnets, running

    def add(
        self,
        kind: str,
        *,
        definition: str,
        groups: Sequence[str],
        target: str | None = None,
        registry: str | None = None,
    ) -> ecs.CfnService:
        """One service.

        Args:
            target: ARN of the load balancer's target group.
            registry: ARN of the entry in the private names.
        """
        properties = ecs.CfnService
        # Two daemons would each start the same ticks: the old one ends first.
        alone = kind == "Daemon"
        return properties(
            self,
            kind,
            service_name=kind.lower(),
            cluster=self._cluster.arn,
            task_definition=definition,
            desired_count=self._running,
            launch_type="FARGATE",
            platform_version="1.4.0",
            propagate_tags="SERVICE",
            enable_execute_command=False,
            deployment_configuration=properties.DeploymentConfigurationProperty(
                minimum_healthy_percent=0 if alone else 100,
                maximum_percent=100 if alone else 200,
                deployment_circuit_breaker=properties.DeploymentCircuitBreakerProperty(enable=True, rollback=True),
            ),
            network_configuration=properties.NetworkConfigurationProperty(
                awsvpc_configuration=properties.AwsVpcConfigurationProperty(
                    subnets=self._subnets, security_groups=list(groups), assign_public_ip="DISABLED"
                )
            ),
            health_check_grace_period_seconds=300 if target else None,
            load_balancers=[
                properties.LoadBalancerProperty(
                    container_name=kind.lower(), container_port=WEB, target_group_arn=target
                )
            ]
            if target
            else None,
            service_registries=[properties.ServiceRegistryProperty(registry_arn=registry)] if registry else None,
        )
