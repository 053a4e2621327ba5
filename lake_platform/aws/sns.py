"""Alerts to an SNS topic."""

import json
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from lake_platform.aws.calls import AwsCalls, code_of
from lake_platform.errors import AlertNotSentError, AwsRefusedError, AwsUnreachableError
from lake_platform.sensors.run_alert import RunAlert
from lake_platform.settings import aws_region

SUBJECT = 100
"""SNS takes no longer one, and ASCII only."""
MESSAGE = 250_000
"""Bytes, below the 256 KB of SNS."""


def connect_sns(service: str) -> Any:
    """A client that answers within seconds: a message that was not taken is sent by a later look."""
    session: Any = boto3.session.Session(region_name=aws_region())
    retries: Any = {"mode": "standard", "total_max_attempts": 2}
    return session.client(service, config=Config(retries=retries, connect_timeout=3, read_timeout=5))


@dataclass(frozen=True)
class SnsSender:
    """Publishes to one topic: people get the text, queues and functions the document."""

    sns: AwsCalls
    topic: str
    name: str = "sns"

    def send(self, alert: RunAlert) -> None:
        """Publishes the message.

        Raises:
            AlertNotSentError: SNS did not take it.
        """
        text = _cut(alert.text)
        document = json.dumps(alert.document(), ensure_ascii=False)
        forms = {"default": document if len(document.encode()) < MESSAGE else text, "email": text}
        try:
            self.sns.call(
                "publish",
                TopicArn=self.topic,
                Subject=_subject(alert),
                Message=json.dumps(forms, ensure_ascii=False),
                MessageStructure="json",
            )
        except AwsUnreachableError as error:
            raise AlertNotSentError(str(error), passing=True) from error
        except AwsRefusedError as error:
            raise AlertNotSentError(str(error), passing=False) from error
        except ClientError as error:
            raise AlertNotSentError(f"SNS refuses it: {code_of(error)}", passing=False) from error


def _subject(alert: RunAlert) -> str:
    first = alert.text.splitlines()[0] if alert.text else alert.run_id
    return first.encode("ascii", "replace").decode()[:SUBJECT]


def _cut(text: str) -> str:
    return text.encode()[: MESSAGE // 4].decode(errors="ignore")
