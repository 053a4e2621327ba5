"""Findings of cdk-nag that are meant so: each at the narrowest construct, with its reason."""

from collections.abc import Sequence
from typing import Any, cast

import aws_cdk as cdk
from constructs import IConstruct

WILDCARD = "AwsSolutions-IAM5"


def acknowledge(construct: IConstruct, finding: str, *, reason: str) -> None:
    """Says why one finding stays.

    Args:
        finding: the id as cdk-nag prints it: `AwsSolutions-S1`, `AwsSolutions-IAM5[Resource::*]`.
    """
    cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=finding, reason=reason))


def acknowledge_wildcards(construct: IConstruct, resources: Sequence[str], *, reason: str) -> None:
    """Says why a policy names resources by a pattern; resources without a `*` need no word.

    Args:
        construct: the role, or the policy.
        resources: as they are in the statement, tokens and all.
    """
    for resource in resources:
        told = _printed(cdk.Stack.of(construct).resolve(resource))
        if "*" in told:
            acknowledge(construct, f"{WILDCARD}[Resource::{told}]", reason=reason)


def _printed(resolved: Any) -> str:
    """A resolved text as cdk-nag prints it: `arn:<AWS::Partition>:s3:::<Prefix>-lake/*`."""
    if isinstance(resolved, str):
        return resolved
    ((name, value),) = cast("dict[str, Any]", resolved).items()
    if name == "Fn::Join":
        return value[0].join(_printed(part) for part in value[1])
    return f"<{value if name == 'Ref' else '.'.join(value)}>"
