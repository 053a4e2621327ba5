"""docs/deploy.md names what the templates have."""

import json
import re
from typing import Any

import pytest

from lake_platform_tests.production.template import HOME, ROOT

TEXT = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
TEMPLATES: dict[str, Any] = {
    file.name.partition(".")[0]: json.loads(file.read_text(encoding="utf-8"))
    for file in sorted((ROOT / "infra" / "templates").glob("*.template.json"))
}
SERVICES = {
    "ElasticLoadBalancingV2": "elasticloadbalancing",
    "RedshiftServerless": "redshift-serverless",
    "SecretsManager": "secretsmanager",
    "ServiceDiscovery": "servicediscovery",
}
"""Where the name of a service in CloudFormation is not its name in IAM in lower case."""


def given(name: str) -> set[str]:
    """Parameters of a template that have to be given."""
    return {key for key, one in TEMPLATES[name]["Parameters"].items() if "Default" not in one}


def test_every_parameter_that_has_to_be_given_is_in_the_commands() -> None:
    told = set(re.findall(r"^([A-Z]\w+)=", TEXT, re.MULTILINE))

    assert told | {"CodeDigest"} >= given("lake")
    assert told == given("dagster") - set(TEMPLATES["lake"]["Outputs"])


def test_every_parameter_and_output_that_is_named_exists() -> None:
    dagster, lake = TEMPLATES["dagster"], TEMPLATES["lake"]
    parameters = {*dagster["Parameters"], *lake["Parameters"]}

    assert set(re.findall(r"\b(?<!\$)([A-Z][A-Za-z]+)=(?!\[)", TEXT)) - parameters == {"DEFS", "Key", "Value"}
    assert "ARG DEFS=" in (HOME / "Dockerfile").read_text(encoding="utf-8")
    assert set(re.findall(r"`(Network\w+|EdgeCidr|Running|Prefix)\b", TEXT)) - parameters == set()
    assert set(re.findall(r"\$([A-Z][a-z]\w+)", TEXT)) - dagster["Outputs"].keys() == set()
    assert "LoadBalancerName" in dagster["Outputs"]


def test_the_database_and_its_log_groups_have_these_names() -> None:
    text = json.dumps(TEMPLATES["dagster"])

    for kind in re.findall(r"`/lake(/dagster/\w+)`", TEXT):
        assert kind in text, kind
    assert "lake-dagster" in TEXT


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_the_table_of_permissions_has_every_service_of_the_templates(name: str) -> None:
    kinds = {body["Type"].split("::")[1] for body in TEMPLATES[name]["Resources"].values()}
    rows = re.findall(r"^\| (`[^|]+) \| `", TEXT, re.MULTILINE)
    told = {word for row in rows for word in re.findall(r"`([\w-]+)`", row)}

    assert {SERVICES.get(kind, kind.lower()) for kind in kinds} - told == set()


def test_what_stays_is_what_the_templates_keep() -> None:
    kept = {
        body["Type"]
        for template in TEMPLATES.values()
        for body in template["Resources"].values()
        if body.get("DeletionPolicy") in ("Retain", "Snapshot")
    }

    assert kept == {
        "AWS::Glue::Database",
        "AWS::KMS::Key",
        "AWS::RDS::DBInstance",
        "AWS::Redshift::Cluster",
        "AWS::S3::Bucket",
        "AWS::SecretsManager::Secret",
    }


def test_no_database_of_the_catalog_goes() -> None:
    databases = [
        body
        for template in TEMPLATES.values()
        for body in template["Resources"].values()
        if body["Type"] == "AWS::Glue::Database"
    ]

    assert databases
    assert {body.get("DeletionPolicy") for body in databases} == {"Retain"}
