"""Statements of a role's policy; a pattern among their resources has a reason."""

from collections.abc import Mapping, Sequence

from aws_cdk import aws_iam as iam

from lake_infra.acknowledge import acknowledge_wildcards


def allow(
    role: iam.Role,
    actions: Sequence[str],
    resources: Sequence[str],
    *,
    why_a_pattern: str = "",
    conditions: Mapping[str, Mapping[str, str]] | None = None,
) -> None:
    """Lets a role do something.

    Args:
        why_a_pattern: why the resources are named by a `*`; without it cdk-nag finds each of them.
    """
    role.add_to_policy(
        iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=conditions or {})
    )
    if why_a_pattern:
        acknowledge_wildcards(role, resources, reason=why_a_pattern)
