"""IAM's limits with a hundred datasets: neither synthesis nor lint nor cdk-nag knows them all."""

import json
from dataclasses import replace
from typing import Any

import pytest

from lake_infra.declaration import Declaration, DeclarationError
from lake_infra.options import WAREHOUSES, Options, Warehouse
from lake_infra.policy.account import Account
from lake_infra.policy.intrinsics import Resolver
from tests.conftest import Template, datasets, of_type

OWN, MANAGED, ATTACHED = 10_240, 6_144, 10
"""Characters of a role's own policies together, and of a managed one, without white space; managed policies of a role."""
LONGEST = Account(
    number="123456789012",
    region="ap-southeast-1",
    partition="aws-us-gov",
    parameters={"Prefix": "abcdefghijklmnop", "CodeDigest": "0" * 16},
)


@pytest.fixture(scope="module", params=WAREHOUSES)
def many(request: pytest.FixtureRequest, declaration: Declaration) -> Template:
    """A hundred datasets with long names; each is read by a notebook and has a crawler."""
    from lake_infra.app import synthesise

    warehouse: Warehouse = request.param
    hundred = tuple(
        replace(one, name=f"{one.name}_{'x' * 40}", prefix=f"{one.prefix}{'x' * 40}/", crawler=f"c{number}")
        for number, one in enumerate(datasets(100))
    )
    names = tuple(one.name for one in hundred)
    return synthesise(replace(declaration, datasets=hundred, notebook_datasets=names), Options(warehouse=warehouse))


def test_policies_of_a_hundred_datasets_are_within_the_limits_of_iam(many: Template) -> None:
    resolver = Resolver(many, LONGEST)
    managed = {
        resolver.name(policy): _size(resolver, body["PolicyDocument"])
        for policy, body in of_type(many, "AWS::IAM::ManagedPolicy").items()
    }
    own = {resolver.name(role): 0 for role in of_type(many, "AWS::IAM::Role")}
    for policy, body in of_type(many, "AWS::IAM::Policy").items():
        for role in resolver.resolve(body["Roles"], policy):
            own[role] += _size(resolver, body["PolicyDocument"])

    assert {name: size for name, size in managed.items() if size > MANAGED} == {}
    assert {name: size for name, size in own.items() if size > OWN} == {}
    attached = {role: body.get("ManagedPolicyArns", []) for role, body in of_type(many, "AWS::IAM::Role").items()}
    assert {role: policies for role, policies in attached.items() if len(policies) > ATTACHED} == {}
    assert sum(map(len, attached.values())) == len(managed)


def test_a_statement_for_each_dataset_would_not_fit() -> None:
    """The trap: synthesis, cfn-lint and cdk-nag let it pass, the deployment fails."""
    bucket = f"arn:aws:s3:::abcdefghijklmnop-lake-{LONGEST.number}-{LONGEST.region}"
    statements = [
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"{bucket}/processed/{one.name}/*"}
        for one in datasets(100)
    ]

    assert len(json.dumps(statements[:60], separators=(",", ":"))) < OWN
    assert len(json.dumps(statements[:65], separators=(",", ":"))) > OWN


def test_more_than_a_role_can_name_is_an_error_before_the_deployment(declaration: Declaration) -> None:
    from lake_infra.app import synthesise

    names = tuple(f"dataset_{number}" for number in range(161))

    with pytest.raises(DeclarationError, match="161 datasets, and a role of IAM can name 160"):
        synthesise(replace(declaration, notebook_datasets=names), Options())


def _size(resolver: Resolver, document: Any) -> int:
    return len(json.dumps(resolver.resolve(document, "policy"), separators=(",", ":")))
