"""Which service may take a role."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct


def of_this_account(scope: Construct, service: str) -> iam.IPrincipal:
    """The service, where it acts for this account and no other."""
    account = cdk.Stack.of(scope).account
    return iam.ServicePrincipal(service).with_conditions({"StringEquals": {"aws:SourceAccount": account}})
