"""The data stack for one pipeline."""

import json
from dataclasses import replace

import pytest

from lake_infra.app import render, synthesise_profile
from lake_infra.declaration import Declaration, DeclarationError
from lake_infra.policy.account import Account
from lake_infra.policy.intrinsics import Resolver
from lake_infra.profiles import PROFILES, SALES
from lake_infra.report.cost import estimate
from lake_infra.report.prices import read_prices
from lake_infra.templates import made_from
from tests.conftest import HOME, Template, of_type
from tests.tools import checkov_findings, lint_findings

pytestmark = pytest.mark.reference(*SALES.datasets)
COMMITTED = HOME / "templates" / "lake-sales.template.json"
OFFERED = {
    "AWS::EC2::VPC": 1,
    "AWS::EC2::Subnet": 2,
    "AWS::EC2::SecurityGroup": 1,
    "AWS::S3::Bucket": 3,
    "AWS::IAM::Role": 2,
    "AWS::Glue::Database": 1,
    "AWS::Glue::Job": 1,
    "AWS::RedshiftServerless::Workgroup": 1,
}
"""What a plain template of the usual kind has (plain_sales.template.yaml), and of each how much at least."""


@pytest.fixture(scope="module")
def sales(declaration: Declaration) -> Template:
    return synthesise_profile(declaration, SALES)


def test_the_committed_template_is_the_synthesis_of_the_committed_declaration(sales: Template) -> None:
    assert [*PROFILES] == ["lake-sales"]
    assert render(sales) == COMMITTED.read_text(encoding="utf-8"), "run `make infra-golden` and look at the difference"


def test_it_offers_what_a_plain_template_offers(sales: Template) -> None:
    kinds = [body["Type"] for body in sales["Resources"].values()]

    assert {kind: kinds.count(kind) for kind in OFFERED if kinds.count(kind) < OFFERED[kind]} == {}


def test_it_knows_the_sales_pipeline_alone(sales: Template, template: Template) -> None:
    (rule,) = [
        one for one in of_type(sales, "AWS::Events::Rule").values() if "aws.s3" in json.dumps(one["EventPattern"])
    ]
    databases = {
        one["DatabaseInput"]["Name"]["Fn::Join"][1][-1].removeprefix("_")
        for one in of_type(sales, "AWS::Glue::Database").values()
    }

    assert "sales/" in json.dumps(rule["EventPattern"])
    assert "customers/" not in json.dumps(rule["EventPattern"])
    assert "customers/" in json.dumps(template)
    assert databases == {*SALES.schemas}


def test_its_sizes_are_the_least_that_there_are(sales: Template, template: Template) -> None:
    defaults = {name: one.get("Default") for name, one in sales["Parameters"].items()}

    assert {name: defaults[name] for name in SALES.defaults} == dict(SALES.defaults)
    assert sales["Parameters"].keys() == template["Parameters"].keys()
    for name, value in SALES.defaults.items():
        told = sales["Parameters"][name]
        assert value >= told["MinValue"]
        assert value < template["Parameters"][name]["Default"] or name == "NothingArrivedHours"
    (job, _) = of_type(sales, "AWS::Glue::Job").values()
    assert Resolver(sales, Account(parameters={"CodeDigest": "0" * 16})).resolve(job["NumberOfWorkers"], "job") == "2"


def test_the_tools_find_no_more_than_in_the_whole(sales: Template) -> None:
    found = {line.split(" ")[0] for line in checkov_findings(COMMITTED)}

    assert lint_findings(COMMITTED) == []
    assert found <= {"CKV_AWS_18", "CKV_AWS_27"}


def test_it_costs_less_than_the_whole(sales: Template, template: Template, declaration: Declaration) -> None:
    table = read_prices(HOME / "prices.yaml")
    whole = estimate(template, table, datasets=len(declaration.datasets)).total

    assert estimate(sales, table, datasets=len(SALES.datasets)).total < whole


def test_a_declaration_without_its_datasets_is_told(declaration: Declaration) -> None:
    fewer = tuple(one for one in declaration.datasets if one.name != "sales_by_quarter")

    with pytest.raises(DeclarationError, match="has no sales_by_quarter"):
        SALES.narrow(replace(declaration, datasets=fewer))
    assert made_from(replace(declaration, datasets=fewer)) == ("lake", "lake-cluster", "dagster")
    assert "lake-sales" in made_from(declaration)
