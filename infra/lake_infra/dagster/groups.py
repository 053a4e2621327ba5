"""Who may reach whom: a security group for each kind of task."""

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from lake_infra.acknowledge import acknowledge
from lake_infra.dagster.inputs import Place

WEB, CODE, POSTGRES, HTTPS = 3000, 4000, 5432, 443
TASKS = ("Code", "Daemon", "Operator", "Viewer", "Run", "Prepare")


class Groups(Construct):
    """Security groups by kind; nobody reaches what is not named here.

    The read-only web server reaches neither the code server, which would start runs for whoever asks, nor the
    warehouse.
    """

    def __init__(self, scope: Construct, *, place: Place, people: str) -> None:
        super().__init__(scope, "Groups")
        self._place = place
        self._ids = {kind: self._group(kind) for kind in (*TASKS, "Balancer", "Storage")}
        entered = self._enter("PeopleToBalancer", self["Balancer"], HTTPS, cidr=people)
        acknowledge(entered, "AwsSolutions-EC23", reason="A parameter whose pattern refuses the whole internet.")
        # The identity provider's addresses are its own matter.
        self._leave("BalancerToProvider", self["Balancer"], HTTPS, cidr="0.0.0.0/0")
        for web in ("Operator", "Viewer"):
            self._allow("Balancer", web, WEB)
        for caller in ("Daemon", "Operator"):
            self._allow(caller, "Code", CODE)
        for task in TASKS:
            self._allow(task, "Storage", POSTGRES)
            # S3 is behind a gateway, whose addresses are public ones; there is no other way out of the subnets.
            self._leave(f"{task}ToAws", self[task], HTTPS, cidr="0.0.0.0/0")
            self._enter(f"{task}ToEndpoints", place.endpoints, HTTPS, source=self[task])

    def __getitem__(self, kind: str) -> str:
        return self._ids[kind]

    def of_task(self, kind: str) -> list[str]:
        """Code server and runs call the warehouse, too."""
        return [self[kind], *([self._place.clients] if kind in ("Code", "Run") else [])]

    def _group(self, kind: str) -> str:
        return ec2.CfnSecurityGroup(
            self,
            kind,
            group_description=f"Dagster: {kind.lower()}",
            vpc_id=self._place.vpc,
            # Without a rule of its own a group may call everything.
            security_group_egress=[
                ec2.CfnSecurityGroup.EgressProperty(
                    ip_protocol="icmp", from_port=252, to_port=86, cidr_ip="255.255.255.255/32", description="nobody"
                )
            ],
        ).attr_group_id

    def _allow(self, caller: str, called: str, port: int) -> None:
        self._enter(f"{caller}To{called}", self[called], port, source=self[caller])
        ec2.CfnSecurityGroupEgress(
            self,
            f"{caller}To{called}Out",
            group_id=self[caller],
            destination_security_group_id=self[called],
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            description=f"to {called.lower()}",
        )

    def _enter(
        self, name: str, group: str, port: int, *, source: str | None = None, cidr: str | None = None
    ) -> ec2.CfnSecurityGroupIngress:
        return ec2.CfnSecurityGroupIngress(
            self,
            name,
            group_id=group,
            source_security_group_id=source,
            cidr_ip=cidr,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            description=name,
        )

    def _leave(self, name: str, group: str, port: int, *, cidr: str) -> None:
        ec2.CfnSecurityGroupEgress(
            self,
            name,
            group_id=group,
            cidr_ip=cidr,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            description=name,
        )
