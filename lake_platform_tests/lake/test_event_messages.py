"""Event messages of S3 in all their forms."""

import json
from typing import Any

import pytest

from lake_platform.errors import UnreadableMessageError
from lake_platform.lake.event_messages import LandedKey, landed_keys


def s3_event(*keys: str, name: str = "ObjectCreated:Put", version: str = "2.1", bucket: str = "landing") -> str:
    """As S3 sends it; keys are given as they are encoded."""
    records = [
        {"eventVersion": version, "eventSource": "aws:s3", "eventName": name, "s3": {"bucket": {"name": bucket}, "object": {"key": key}}}
        for key in keys
    ]  # fmt: skip
    return json.dumps({"Records": records})


def sns(message: str) -> str:
    return json.dumps({"Type": "Notification", "TopicArn": "arn:aws:sns:x", "Message": message})


def event_bridge(key: str, kind: str = "Object Created", **changed: Any) -> str:
    detail = {"bucket": {"name": "landing"}, "object": {"key": key}}
    return json.dumps({"version": "0", "source": "aws.s3", "detail-type": kind, "detail": detail, **changed})


@pytest.mark.parametrize(
    ("body", "keys"),
    [
        (s3_event("a/b.csv"), ["a/b.csv"]),
        (s3_event("a/b+c%2Bd%3D1.csv", "z"), ["a/b c+d=1.csv", "z"]),
        (s3_event("a", name="s3:ObjectCreated:CompleteMultipartUpload", version="2.3"), ["a"]),
        (s3_event("a", name="ObjectRemoved:Delete"), []),
        (json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "landing"}), []),
        (sns(s3_event("a")), ["a"]),
        (sns(json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent"})), []),
        (event_bridge("a/b+c%20d.csv"), ["a/b+c%20d.csv"]),
        (event_bridge("a", "Object Deleted"), []),
        (sns(event_bridge("a")), ["a"]),
    ],
    ids=["s3", "encoded", "multipart", "deleted", "test", "sns", "sns test", "event bridge", "event bridge deleted", "event bridge by sns"],
)  # fmt: skip
def test_the_keys_that_were_written(body: str, keys: list[str]) -> None:
    assert landed_keys(body) == tuple(LandedKey("landing", key) for key in keys)


@pytest.mark.parametrize(
    "body",
    [
        "no json",
        "[]",
        "{}",
        '"text"',
        json.dumps({"Records": [{"eventVersion": "2.1"}]}),
        json.dumps({"Records": 7}),
        json.dumps({"Records": ["text"]}),
        s3_event("a", version="3.0"),
        event_bridge("a", version="1"),
        json.dumps({"version": "0", "source": "aws.s3", "detail-type": "Object Created", "detail": {}}),
        sns("no json"),
    ],
)
def test_what_cannot_be_read_is_told(body: str) -> None:
    with pytest.raises(UnreadableMessageError, match="cannot be read"):
        landed_keys(body)
