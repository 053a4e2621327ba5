"""SQS and SNS: messages as S3 really sends them, and alerts as subscribers get them."""

import json
import time
from collections.abc import Callable
from dataclasses import replace

from lake_platform.aws.calls import AwsCalls, connect
from lake_platform.aws.queue import SqsQueue
from lake_platform.aws.sns import SnsSender, connect_sns
from lake_platform.lake.event_messages import LandedKey, landed_keys
from lake_platform.lake.hints import QueueMessage
from lake_platform_tests.account.account import Account
from lake_platform_tests.aws.test_sqs_sns import ALERT

WAIT_SECONDS = 60.0
ODD = "dt=2024-03-01/a b+c=d&ü.csv"
"""A key that is encoded as in a form where S3 tells of it, and not where EventBridge does."""


def heard(queue: SqsQueue, wanted: Callable[[QueueMessage], bool]) -> QueueMessage:
    """The first message that is wanted. Others become visible again soon."""
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        for message in queue.receive(most=10, invisible=5):
            if wanted(message):
                return message
    raise AssertionError(f"no message in {WAIT_SECONDS:.0f} s")


def test_a_landed_file_is_told_by_its_key(account: Account) -> None:
    bucket, key = account.bucket(), f"{account.unique}/{ODD}"
    queue = SqsQueue(AwsCalls(connect, "sqs"), account.value("LAKE_TEST_AWS_QUEUE"))

    account.client("s3").put_object(Bucket=bucket, Key=key, Body=b"1")

    message = heard(queue, lambda each: LandedKey(bucket, key) in landed_keys(each.body))
    queue.extend([message.receipt], invisible=30)
    queue.delete([message.receipt])


def test_an_alert_reaches_who_subscribed(account: Account) -> None:
    topic, url = account.value("LAKE_TEST_AWS_TOPIC"), account.value("LAKE_TEST_AWS_TOPIC_QUEUE")
    queue = SqsQueue(AwsCalls(connect, "sqs"), url)

    SnsSender(AwsCalls(connect_sns, "sns"), topic).send(replace(ALERT, run_id=account.unique))

    def ours(message: QueueMessage) -> bool:
        return json.loads(json.loads(message.body)["Message"])["run_id"] == account.unique

    message = heard(queue, ours)
    queue.delete([message.receipt])
