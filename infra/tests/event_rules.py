"""What EventBridge does with an event, as far as the patterns here go."""

import re
from typing import Any

from lake_infra.policy.account import Account
from lake_infra.policy.intrinsics import Resolver
from tests.conftest import Template, of_type

ACCOUNT = Account(parameters={"CodeDigest": "c" * 16})


def rules_of(template: Template) -> dict[str, dict[str, Any]]:
    """The pattern of each rule that sends to a queue, by the name of the rule."""
    resolver = Resolver(template, ACCOUNT)
    rules = [
        resolver.resolve(rule, "rule") for rule in of_type(template, "AWS::Events::Rule").values() if "Targets" in rule
    ]
    return {rule["Name"]: rule["EventPattern"] for rule in rules}


def object_created(bucket: str, key: str) -> dict[str, Any]:
    """The event of an object that was written, as S3 tells it."""
    return {
        "version": "0",
        "source": "aws.s3",
        "detail-type": "Object Created",
        "detail": {
            "version": "0",
            "bucket": {"name": bucket},
            "object": {"key": key, "size": 1},
            "reason": "PutObject",
        },
    }


def takes(pattern: Any, event: Any) -> bool:
    """Whether a pattern matches: every field of it has to, and one alternative of each list."""
    if isinstance(pattern, dict):
        return isinstance(event, dict) and all(takes(each, event.get(name)) for name, each in pattern.items())
    return isinstance(event, str) and any(_takes(each, event) for each in pattern)


def _takes(alternative: Any, text: str) -> bool:
    if isinstance(alternative, str):
        return alternative == text
    ((kind, told),) = alternative.items()
    if kind == "prefix":
        return text.startswith(told)
    assert kind == "wildcard", kind
    parts = re.split(r"(\\.|\*)", told)
    expression = "".join(".*" if part == "*" else re.escape(part.removeprefix("\\")) for part in parts)
    return re.fullmatch(expression, text, re.DOTALL) is not None
