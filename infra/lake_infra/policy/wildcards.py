"""How IAM compares texts with patterns: `*` is any number of characters, `?` is one."""

import re
from functools import cache

from lake_infra.policy.errors import PolicyFormError

ARN_PARTS = 6
"""`arn:partition:service:region:account:resource`; only the last may hold colons."""


def matches(pattern: str, text: str) -> bool:
    """Whether a text is what a pattern says, upper and lower case told apart."""
    return _compiled(pattern).fullmatch(text) is not None


def matches_action(pattern: str, action: str) -> bool:
    """Whether an action is meant; upper and lower case are the same for actions."""
    return matches(pattern.lower(), action.lower())


def matches_arn(pattern: str, arn: str, where: str) -> bool:
    """Whether a resource is meant: part by part, so that a wildcard ends at the next colon of the first five.

    Args:
        arn: of the resource, or `*` for actions that have none: only the pattern `*` means those.

    Raises:
        PolicyFormError: the pattern is no ARN, so that its reach is not certain.
    """
    if pattern == "*":
        return True
    wanted = pattern.split(":", ARN_PARTS - 1)
    if len(wanted) < ARN_PARTS or wanted[0] != "arn":
        raise PolicyFormError(f"the resource {pattern!r} is neither `*` nor an ARN of six parts", where)
    found = arn.split(":", ARN_PARTS - 1)
    return len(found) == ARN_PARTS and all(map(matches, wanted, found))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(each) or re.escape(each) for each in pattern), re.DOTALL)
