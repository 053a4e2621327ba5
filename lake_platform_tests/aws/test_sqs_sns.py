"""The queue of arrivals and the topic of alerts, through real clients."""

import json
import time

import pytest

from lake_platform.aws.calls import AwsCalls, Connect
from lake_platform.aws.queue import SqsQueue
from lake_platform.aws.sns import SnsSender, connect_sns
from lake_platform.errors import AlertNotSentError
from lake_platform.sensors.run_alert import RunAlert
from lake_platform_tests.lake.test_event_messages import s3_event

pytestmark = pytest.mark.s3

ALERT = RunAlert(
    run_id="r1", status="failure", dataset="kündigungen", partitions="2024-03-01", published=0, rows=0,
    rows_quarantined=3, reason="rule 'RowCount > 0' failed", url="http://ui/runs/r1",
)  # fmt: skip


def test_messages_are_received_extended_deleted_or_put_aside(aws_connect: Connect, unique: str) -> None:
    sqs = aws_connect("sqs")
    dead = sqs.create_queue(QueueName=f"{unique}-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 2})
    url = sqs.create_queue(QueueName=unique, Attributes={"RedrivePolicy": policy})["QueueUrl"]
    for number in range(25):
        sqs.send_message(QueueUrl=url, MessageBody=s3_event(f"a/{number}.csv"))
    sqs.send_message(QueueUrl=url, MessageBody="poison")
    queue = SqsQueue(AwsCalls(aws_connect, "sqs"), url)

    first = queue.receive(most=100, invisible=1)
    assert len(first) == 26, "in batches of ten, until there is no more"
    queue.delete([message.receipt for message in first if message.body != "poison"])
    (poison,) = [message.receipt for message in first if message.body == "poison"]
    queue.extend([poison], invisible=2)
    assert queue.receive(most=100, invisible=1) == []
    time.sleep(2.1)
    assert [message.body for message in queue.receive(most=100, invisible=0)] == ["poison"]
    assert queue.receive(most=100, invisible=0) == []

    (aside,) = sqs.receive_message(QueueUrl=dead)["Messages"]
    assert aside["Body"] == "poison"


def test_no_more_messages_are_taken_than_asked_for(aws_connect: Connect, unique: str) -> None:
    url = aws_connect("sqs").create_queue(QueueName=unique)["QueueUrl"]
    for _ in range(15):
        aws_connect("sqs").send_message(QueueUrl=url, MessageBody="x")
    queue = SqsQueue(AwsCalls(aws_connect, "sqs"), url)

    assert len(queue.receive(most=12, invisible=30)) == 12
    assert queue.receive(most=0, invisible=30) == []


def test_an_alert_reaches_those_who_subscribed(aws_connect: Connect, unique: str) -> None:
    sns, sqs = aws_connect("sns"), aws_connect("sqs")
    topic = sns.create_topic(Name=unique)["TopicArn"]
    url = sqs.create_queue(QueueName=unique)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    SnsSender(AwsCalls(aws_connect, "sns"), topic).send(ALERT)

    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    told = json.loads(message["Body"])
    assert json.loads(told["Message"]) == ALERT.document()
    assert told["Subject"].startswith("k?ndigungen 2024-03-01: failure")
    assert len(told["Subject"]) <= 100


def test_a_topic_that_is_not_there_is_told_and_not_tried_again(aws_connect: Connect) -> None:
    sender = SnsSender(AwsCalls(aws_connect, "sns"), "arn:aws:sns:us-east-1:123456789012:none")

    with pytest.raises(AlertNotSentError, match="NotFound") as told:
        sender.send(ALERT)

    assert not told.value.passing


def test_sns_that_does_not_answer_is_tried_later() -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "AWS_ENDPOINT_URL_SNS": "http://127.0.0.1:9",
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "x",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
        }.items():
            patch.setenv(name, value)
        with pytest.raises(AlertNotSentError) as told:
            SnsSender(AwsCalls(connect_sns, "sns"), "arn:aws:sns:us-east-1:1:x").send(ALERT)

    assert told.value.passing
