"""Log groups with retention: those that a service makes itself never expire."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from lake_infra.names import Names

KEPT = logs.RetentionDays.THREE_MONTHS


class Logs(Construct):
    """Of the network and of the Glue jobs.

    Attributes:
        flow: of the VPC.
    """

    def __init__(self, scope: Construct, *, names: Names, key: kms.Key, jobs_role: str) -> None:
        super().__init__(scope, "Logs")
        self._key = key
        self.flow = self._group("Flow", f"/{names.prefix}/flow")
        # Glue's own names for jobs with a security configuration.
        jobs = f"/aws-glue/jobs/{names.named('jobs')}-role/{jobs_role}"
        self._group("JobErrors", f"{jobs}/error")
        self._group("JobOutput", f"{jobs}/output")

    def _group(self, name: str, group: str) -> logs.LogGroup:
        return logs.LogGroup(
            self,
            name,
            log_group_name=group,
            encryption_key=self._key,
            retention=KEPT,
            removal_policy=RemovalPolicy.DESTROY,
        )
