"""Alarms to the topic. Where a metric is missing they are on, if nothing is what would be wrong."""

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_events as events
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from lake_infra.names import Names
from lake_infra.parameters import number

MINUTE, HOUR, DAY = cdk.Duration.minutes(1), cdk.Duration.hours(1), cdk.Duration.days(1)
MOST_HOURS = 168
"""CloudWatch looks back a week at most."""
QUEUE_AGE_SECONDS = 3600
FAILED = ["ERROR", "EXPIRED", "FAILED", "TIMEOUT"]
"""States in which a Glue run has ended without success; STOPPED is somebody's wish."""

_MISSING = cloudwatch.TreatMissingData
_AT_LEAST = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
_LESS = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD


class Alarms(Construct):
    """One for each way in which the lake can fail without anybody being told by a run."""

    def __init__(
        self,
        scope: Construct,
        *,
        names: Names,
        topic: sns.Topic,
        queue: sqs.Queue,
        dead_letters: sqs.Queue,
        jobs: list[str],
    ) -> None:
        super().__init__(scope, "Alarms")
        self._names, self._action = names, actions.SnsAction(topic)
        self._job_failed(jobs)
        self._dead_letters(dead_letters)
        self._queue_age(queue)
        self._nothing_arrived(scope, queue)
        self._no_heartbeat(queue)

    def watch_capacity(self, scope: Construct, workgroup: str) -> None:
        """An alarm on what a Serverless workgroup has used in a day: CloudFormation has no limit of its use."""
        hours = number(
            scope, "WarehouseRpuHours", 64, least=1, told="RPU-hours of the workgroup in a day until the alarm"
        )
        seconds = _metric("AWS/Redshift-Serverless", "ComputeSeconds", {"Workgroup": workgroup}, DAY)
        used = cloudwatch.MathExpression(
            expression="seconds / 3600", using_metrics={"seconds": seconds}, label="RPU-hours", period=DAY
        )
        told = "The warehouse has used more than is meant for a day"
        self._alarm("WarehouseUse", used, told=told, missing=_MISSING.NOT_BREACHING, threshold=hours)

    def _job_failed(self, jobs: list[str]) -> None:
        """A rule without a target: EventBridge counts what it matches, and that is all that is needed of it."""
        rule = self._names.named("job-failed")
        events.CfnRule(
            self,
            "JobFailedRule",
            name=rule,
            description="Counts runs of the jobs that failed",
            event_pattern={
                "source": ["aws.glue"],
                "detail-type": ["Glue Job State Change"],
                "detail": {"jobName": jobs, "state": FAILED},
            },
        )
        metric = _metric("AWS/Events", "TriggeredRules", {"RuleName": rule}, MINUTE)
        self._alarm("JobFailed", metric, told="A run of a Glue job failed", missing=_MISSING.NOT_BREACHING)

    def _dead_letters(self, queue: sqs.Queue) -> None:
        metric = queue.metric_approximate_number_of_messages_visible(period=MINUTE, statistic="Maximum")
        told = "Messages of arrivals that cannot be read are in the dead-letter queue"
        self._alarm("DeadLetters", metric, told=told, missing=_MISSING.NOT_BREACHING)

    def _queue_age(self, queue: sqs.Queue) -> None:
        metric = queue.metric_approximate_age_of_oldest_message(period=cdk.Duration.minutes(5), statistic="Maximum")
        told = "A message of arrivals waits for an hour: its dataset is not published"
        # The queue of a lake in which nothing arrives has no age.
        self._alarm("QueueAge", metric, told=told, missing=_MISSING.NOT_BREACHING, threshold=QUEUE_AGE_SECONDS)

    def _nothing_arrived(self, scope: Construct, queue: sqs.Queue) -> None:
        hours = number(
            scope,
            "NothingArrivedHours",
            26,
            least=1,
            most=MOST_HOURS,
            told="Hours without any arrival until the alarm",
        )
        metric = queue.metric_number_of_messages_sent(period=HOUR, statistic="Sum")
        self._alarm(
            "NothingArrived",
            metric,
            told="No file has arrived for any dataset",
            missing=_MISSING.BREACHING,
            operator=_LESS,
            periods=hours,
        )

    def _no_heartbeat(self, queue: sqs.Queue) -> None:
        """A living sensor asks the queue every few seconds, and SQS counts it, whether it has messages or not."""
        asked = cloudwatch.MathExpression(
            expression="FILL(empty, 0) + FILL(full, 0)",
            using_metrics={
                "empty": queue.metric_number_of_empty_receives(period=MINUTE, statistic="Sum"),
                "full": queue.metric_number_of_messages_received(period=MINUTE, statistic="Sum"),
            },
            label="Receives",
            period=MINUTE,
        )
        self._alarm(
            "NoHeartbeat",
            asked,
            told="Nobody asks the queue of arrivals: the orchestrator does not run",
            missing=_MISSING.BREACHING,
            operator=_LESS,
            periods=10,
        )

    def _alarm(
        self,
        name: str,
        metric: cloudwatch.IMetric,
        *,
        told: str,
        missing: cloudwatch.TreatMissingData,
        operator: cloudwatch.ComparisonOperator = _AT_LEAST,
        threshold: int = 1,
        periods: int = 1,
    ) -> None:
        alarm = cloudwatch.Alarm(
            self,
            name,
            alarm_name=self._names.named(_hyphened(name)),
            alarm_description=told,
            metric=metric,
            comparison_operator=operator,
            threshold=threshold,
            evaluation_periods=periods,
            treat_missing_data=missing,
        )
        alarm.add_alarm_action(self._action)
        alarm.add_ok_action(self._action)


def _metric(namespace: str, name: str, dimensions: dict[str, str], period: cdk.Duration) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=namespace, metric_name=name, dimensions_map=dimensions, period=period, statistic="Sum"
    )


def _hyphened(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("-")
