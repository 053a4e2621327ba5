"""The policies of both templates, read once."""

from collections.abc import Callable
from functools import cache

import pytest

from lake_infra.options import Warehouse
from lake_infra.policy.calls import Means
from lake_infra.policy.template import Policies, read_policies
from tests.conftest import Template, of_type
from tests.permissions.recorded import ACCOUNT, role_arn


@pytest.fixture(scope="session")
def policies_of(synthesised: Callable[[Warehouse], Template]) -> Callable[[Warehouse], Policies]:
    """By the kind of the warehouse."""
    return cache(lambda warehouse: read_policies(synthesised(warehouse), ACCOUNT))


@pytest.fixture(scope="session")
def policies(policies_of: Callable[[Warehouse], Policies]) -> Policies:
    """With Redshift Serverless."""
    return policies_of("serverless")


@pytest.fixture(scope="session")
def means(template: Template) -> Means:
    """The one key and the role of the jobs."""
    (key,) = of_type(template, "AWS::KMS::Key")
    return Means(key=ACCOUNT.arn("kms", f"key/{ACCOUNT.stack}-{key}"), jobs_role=role_arn("jobs"))
