"""Permissions on as many resources as there are datasets: managed policies, each within the limit of its size.

A role holds 10,240 characters of policies of its own, a managed policy 6,144, and a role takes ten of those.
"""

from collections.abc import Iterator, Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from lake_infra.declaration import DeclarationError
from lake_infra.names import Names
from lake_infra.roles.statements import allow

MOST = 20
"""Resources of one policy: as many fit, however long the names of account, region, lake and dataset are."""
MOST_POLICIES = 8
"""Of the ten that a role takes; the orchestrator has two more."""


def reading_policies(
    scope: Construct, kind: str, *, names: Names, resources: Sequence[str], told: str, why_a_pattern: str
) -> Iterator[iam.ManagedPolicy]:
    """Policies that let read objects: `lake-<kind>-1` and so on, none where there is nothing to read.

    Raises:
        DeclarationError: a role cannot take as many.
    """
    if len(resources) > MOST * MOST_POLICIES:
        raise DeclarationError(
            f"{told}: {len(resources)} datasets, and a role of IAM can name {MOST * MOST_POLICIES}. "
            "Deploy the rest as a lake of its own, with another definitions folder and another Prefix."
        )
    for number, start in enumerate(range(0, len(resources), MOST), start=1):
        name = f"{kind}-{number}"
        identifier = "".join(part.capitalize() for part in name.split("-"))
        policy = iam.ManagedPolicy(scope, identifier, managed_policy_name=names.named(name), description=told)
        allow(policy, ["s3:GetObject"], resources[start : start + MOST], why_a_pattern=why_a_pattern)
        yield policy
