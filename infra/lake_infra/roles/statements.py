"""Statements of policies; a pattern among their resources has a reason."""

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from lake_infra.acknowledge import acknowledge_wildcards

Conditions = Mapping[str, Mapping[str, object]]


def allow(
    to: iam.Role | iam.ManagedPolicy,
    actions: Sequence[str],
    resources: Sequence[str],
    *,
    why_a_pattern: str = "",
    conditions: Conditions | None = None,
) -> None:
    """Lets a role, or whoever has a managed policy, do something.

    Args:
        why_a_pattern: why the resources are named by a `*`; without it cdk-nag finds each of them.
    """
    statement = iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=conditions or {})
    if isinstance(to, iam.Role):
        to.add_to_policy(statement)
    else:
        to.add_statements(statement)
    if why_a_pattern:
        acknowledge_wildcards(to, resources, reason=why_a_pattern)


def through(to: iam.Role | iam.ManagedPolicy, *services: str) -> Conditions:
    """Only where a service of this region asks for it on behalf of the role: a key that encrypts what the service holds."""
    region = cdk.Stack.of(to).region
    return {"StringEquals": {"kms:ViaService": [f"{service}.{region}.amazonaws.com" for service in services]}}
