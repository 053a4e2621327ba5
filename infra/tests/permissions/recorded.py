"""The calls of a rehearsal, as they would be made of a stack whose prefix is `rehearsal`."""

import re
from collections.abc import Sequence

from lake_infra.policy.account import Account
from lake_infra.policy.calls import Call, Means, Permission, permissions_of, read_calls
from tests.conftest import HOME

CALLS = HOME / "calls.json"
ACCOUNT = Account(
    number="123456789012",
    region="us-east-1",
    parameters={"Prefix": "rehearsal", "CodeDigest": "0" * 16},
)
"""That of the servers of a rehearsal."""
ROLES = {"orchestrator": "orchestrator", "glue_jobs": "jobs", "warehouse": "copy", "deployer": "deployer"}
"""The role of each actor, by its name behind the prefix."""
_RENAMED = (
    # What the stack calls otherwise: buckets, jobs, databases, and the groups of logs under a security configuration.
    (r"^(arn:aws:s3:::rehearsal-(?:landing|lake|code))\b", r"\1-123456789012-us-east-1"),
    (r":job/lake-platform-", ":job/rehearsal-"),
    (r":(database|table)/", r":\1/rehearsal_"),
    (r":log-group:/aws-glue/jobs/(error|output)", r":log-group:/aws-glue/jobs/rehearsal-jobs-role/rehearsal-jobs/\1"),
    (r":secret:rehearsal.*", ":secret:rehearsal-pii-key-AbCdEf"),
)


def recorded_calls() -> list[Call]:
    """The committed record."""
    return [Call(actor=each.actor, call=each.call, resource=in_stack(each.resource)) for each in read_calls(CALLS)]


def in_stack(resource: str) -> str:
    """A resource of the rehearsal by its name in the stack."""
    for pattern, replacement in _RENAMED:
        resource = re.sub(pattern, replacement, resource)
    return resource


def needed(calls: Sequence[Call], actor: str, means: Means) -> list[Permission]:
    """All that the calls of one actor need."""
    return [permission for call in calls if call.actor == actor for permission in permissions_of(call, means)]


def role_arn(role: str) -> str:
    return ACCOUNT.global_arn("iam", f"role/rehearsal-{role}")
