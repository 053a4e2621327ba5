"""The topic that hears of the end of runs and of alarms."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from lake_infra.names import Names


class Alerts(Construct):
    """The topic; whoever wants to hear subscribes to it."""

    def __init__(self, scope: Construct, *, names: Names, key: kms.Key) -> None:
        super().__init__(scope, "Alerts")
        self.topic = sns.Topic(
            self, "Topic", topic_name=names.named("alerts"), display_name="Lake", master_key=key, enforce_ssl=True
        )
        # A topic with a policy of its own has no other: the account's own alarms have to be let in.
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsOfThisAccount",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": cdk.Stack.of(self).account}},
            )
        )
