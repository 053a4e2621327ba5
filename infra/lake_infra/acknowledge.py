"""Findings of cdk-nag that are meant so: each at the narrowest construct, with its reason."""

import aws_cdk as cdk
from constructs import IConstruct


def acknowledge(construct: IConstruct, finding: str, *, reason: str) -> None:
    """Says why one finding stays.

    Args:
        finding: the id as cdk-nag prints it: `AwsSolutions-S1`, `AwsSolutions-IAM5[Resource::*]`.
    """
    cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=finding, reason=reason))
