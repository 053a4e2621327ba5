"""What landed: from S3 through EventBridge into a queue that the sensors read."""

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from lake_infra.declaration import Declaration
from lake_infra.names import Names
from lake_infra.patterns import event_pattern, rules

MOST_RECEIVES = 5


class Arrivals(Construct):
    """The queue of arrivals, its dead letters, and the rules that fill it.

    Attributes:
        queue: of hints; the sensors delete what they have looked at.
        dead_letters: messages that could not be read.
        rules: their names.
    """

    def __init__(self, scope: Construct, *, names: Names, declaration: Declaration, bucket: str) -> None:
        super().__init__(scope, "Arrivals")
        self._names = names
        self.dead_letters = self._queue("DeadLetters", "arrivals-dead", None)
        self.queue = self._queue(
            "Queue", "arrivals", sqs.DeadLetterQueue(max_receive_count=MOST_RECEIVES, queue=self.dead_letters)
        )
        self.rules = [
            self._rule(number, event_pattern(bucket, matchers))
            for number, matchers in enumerate(rules(declaration.datasets), start=1)
        ]
        self._let_event_bridge_send()

    def _queue(self, name: str, kind: str, dead: sqs.DeadLetterQueue | None) -> sqs.Queue:
        return sqs.Queue(
            self,
            name,
            queue_name=self._names.named(kind),
            # Messages hold names of objects; a key of KMS would have to let EventBridge in as well.
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
            dead_letter_queue=dead,
        )

    def _rule(self, number: int, pattern: dict[str, object]) -> str:
        name = self._names.named(f"arrivals-{number}")
        events.CfnRule(
            self,
            f"Rule{number}",
            name=name,
            description="Objects in the prefixes of the datasets",
            event_pattern=pattern,
            targets=[events.CfnRule.TargetProperty(id="queue", arn=self.queue.queue_arn)],
        )
        return name

    def _let_event_bridge_send(self) -> None:
        """One statement for all rules: a policy of a queue holds no more than twenty.

        No condition on `aws:SourceAccount`: the rule's ARN holds the account, and where a condition does not hold,
        EventBridge drops the event and nobody is told.
        """
        self.queue.add_to_resource_policy(
            iam.PolicyStatement(
                sid="RulesOfArrivals",
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[self.queue.queue_arn],
                conditions={
                    "ArnLike": {"aws:SourceArn": self._names.arn("events", f"rule/{self._names.named('arrivals-*')}")}
                },
            )
        )
