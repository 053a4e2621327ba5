"""The policies of the committed templates, which another test holds to be those that are made."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from lake_infra.declaration import Declaration
from lake_infra.options import Options, Warehouse
from lake_infra.policy.account import Account
from lake_infra.policy.calls import Means
from lake_infra.policy.template import Policies, joined, read_policies
from lake_infra.templates import DAGSTER
from tests.conftest import HOME, Template, of_type
from tests.permissions.recorded import ACCOUNT, role_arn

NAMES = {"serverless": "lake", "cluster": "lake-cluster"}


@cache
def committed(name: str) -> Template:
    """A committed template."""
    return json.loads((HOME / "templates" / f"{name}.template.json").read_text("utf-8"))


@pytest.fixture(scope="session")
def policies_of() -> Callable[[Warehouse], Policies]:
    """Of the data stack, by the kind of the warehouse."""
    return cache(lambda warehouse: read_policies(committed(NAMES[warehouse]), ACCOUNT))


@pytest.fixture(scope="session")
def policies(policies_of: Callable[[Warehouse], Policies]) -> Policies:
    """With Redshift Serverless."""
    return policies_of("serverless")


@pytest.fixture(scope="session")
def means() -> Means:
    """The one key and the role of the jobs."""
    (key,) = of_type(committed("lake"), "AWS::KMS::Key")
    return Means(key=ACCOUNT.arn("kms", f"key/{ACCOUNT.stack}-{key}"), jobs_role=role_arn("jobs"))


@pytest.fixture(scope="session")
def crawled(declaration: Declaration) -> Template:
    """The template of a declaration in which one dataset names a crawler: `customers`, where it is declared."""
    from lake_infra.app import synthesise

    names = [dataset.name for dataset in declaration.datasets]
    crawled = "customers" if "customers" in names else names[0]
    datasets = tuple(
        replace(dataset, crawler="landed") if dataset.name == crawled else dataset for dataset in declaration.datasets
    )
    return synthesise(replace(declaration, datasets=datasets), Options())


def with_dagster(data: Policies, account: Account) -> Policies:
    """Those of the data stack and of the Dagster stack beside it."""
    template = committed(DAGSTER)
    return joined(data, read_policies(template, replace(account, stack=DAGSTER, parameters=_given(template, account))))


def _given(template: Mapping[str, Any], account: Account) -> dict[str, str]:
    """What the template has no default of is named by its parameter."""
    unknown = {name: f"<{name}>" for name, body in template["Parameters"].items() if "Default" not in body}
    return {**unknown, **account.parameters}
