"""The declaration is what the contracts say now, and its variables are those that the backend reads."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from lake_platform.aws.declaration import (
    CHOSEN_VARIABLES,
    OPERATOR_VARIABLES,
    STACK_VARIABLES,
    WAREHOUSE_VARIABLES,
    build_declaration,
)
from lake_platform.aws.settings import AwsSettings
from lake_platform.cli.infra import declaration_text
from lake_platform.contract.source import load_folder
from lake_platform.settings import Settings
from lake_platform.spark.glue.job import define_jobs
from lake_platform.spark.glue.package import JobPackage
from lake_platform.spark.glue.settings import GlueSettings

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "infra" / "declaration.json"


class Asked(Mapping[str, str]):
    """An environment that remembers which variables it was asked for."""

    def __init__(self, values: dict[str, str]) -> None:
        self._values, self.names = values, set[str]()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def test_the_committed_declaration_is_that_of_the_contracts() -> None:
    assert declaration_text() == COMMITTED.read_text(encoding="utf-8"), (
        "run `make infra-golden` and commit infra/declaration.json with infra/templates"
    )


def declared(folder: Path, *changes: tuple[str, str]) -> Any:
    """The declaration of the sales pipeline's dataset alone, after these changes of its file."""
    text = (ROOT / "lake_platform" / "defs" / "sales" / "sales" / "defs.yaml").read_text(encoding="utf-8")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    (folder / "defs.yaml").write_text(text, encoding="utf-8")
    (dataset,) = build_declaration(load_folder(folder))["datasets"]
    return dataset


def test_a_dataset_says_what_lands_and_which_crawler_it_names(tmp_path: Path) -> None:
    crawled = ("  target:\n", "  catalog: {crawler: crm-landed}\n  target:\n")

    assert declared(tmp_path, ("prefix: sales/", "prefix: elsewhere/"), crawled) == {
        "name": "sales",
        "prefix": "elsewhere/",
        "suffixes": [".csv", ".csv.gz"],
        "crawler": "crm-landed",
    }


def test_a_regular_expression_of_names_is_told_as_the_whole_prefix(tmp_path: Path) -> None:
    text = (ROOT / "lake_platform" / "defs" / "sales" / "sales" / "defs.yaml").read_text(encoding="utf-8")
    (files,) = [line for line in text.splitlines() if line.strip().startswith("files:")]

    assert declared(tmp_path, (files, "    files: 'sales_.*'"))["suffixes"] == []


def test_the_datasets_that_notebooks_read_are_told() -> None:
    assert json.loads(declaration_text())["notebook_datasets"] == ["sales", "sales_by_quarter"]


def test_the_jobs_are_those_that_are_deployed() -> None:
    settings = GlueSettings(code_bucket="my-code", role="arn:aws:iam::1:role/r", job_prefix="prod-")
    known = {"CodeBucket": "my-code", "JobsRole": "arn:aws:iam::1:role/r", "JobPrefix": "prod-", "CodeDigest": "c" * 16}

    told = json.dumps(json.loads(COMMITTED.read_text())["jobs"])
    for name, value in known.items():
        told = told.replace(f"${{{name}}}", value)

    deployed = define_jobs(JobPackage("c" * 16, {}), settings)
    assert json.loads(told) == {kind: {"name": job.name, **job.body} for kind, job in deployed.items()}


@pytest.mark.parametrize("warehouse", ["serverless", "cluster"])
def test_the_variables_are_those_that_the_backend_reads(warehouse: str) -> None:
    told = {
        "AWS_REGION": "eu-central-1",
        "LAKE_BACKEND": "aws",
        "LAKE_BUCKET": "lake",
        "LAKE_CODE_BUCKET": "code",
        "LAKE_LANDING_BUCKET": "landing",
        **({"LAKE_REDSHIFT_WORKGROUP": "w"} if warehouse == "serverless" else {}),
        **({"LAKE_REDSHIFT_CLUSTER": "c", "LAKE_REDSHIFT_USER": "u"} if warehouse == "cluster" else {}),
    }
    environment = Asked(told)

    Settings.from_environment(environment)
    AwsSettings.from_environment(environment)
    GlueSettings.from_environment(environment)

    # Asked for where neither a workgroup nor a cluster is set.
    alone = {"LAKE_REDSHIFT_PASSWORD", "AWS_DEFAULT_REGION"}
    warehouses = {name for names in WAREHOUSE_VARIABLES.values() for name in names}
    assert environment.names | alone == {*STACK_VARIABLES, *CHOSEN_VARIABLES, *warehouses, *OPERATOR_VARIABLES}
