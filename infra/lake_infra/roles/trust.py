"""Who may take a role."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct


def of_this_account(scope: Construct, *services: str) -> iam.IPrincipal:
    """Services, where they act for this account and no other."""
    conditions = {"StringEquals": {"aws:SourceAccount": cdk.Stack.of(scope).account}}
    return iam.CompositePrincipal(*(iam.ServicePrincipal(service).with_conditions(conditions) for service in services))
