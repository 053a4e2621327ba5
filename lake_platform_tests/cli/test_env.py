"""`lake env` writes what the stack says, as the backend reads it, and no secret."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from lake_platform.aws.settings import AwsSettings
from lake_platform.aws.stack_outputs import output_name
from lake_platform.settings import Settings
from lake_platform.spark.glue.settings import GlueSettings
from lake_platform_tests.cli.conftest import Lake

TEMPLATES = Path(__file__).parents[2] / "infra" / "templates"
VALUES = {"AwsRegion": "eu-central-1", "LakeBackend": "aws", "LakeRedshiftPort": "5439"}
ARNS = {
    "LakeAlertTopic": "arn:aws:sns:eu-central-1:123456789012:lake-alerts",
    "LakeArrivalsQueue": "https://sqs.eu-central-1.amazonaws.com/123456789012/lake-arrivals",
    "LakeGlueRole": "arn:aws:iam::123456789012:role/lake-jobs",
    "LakeKmsKey": "arn:aws:kms:eu-central-1:123456789012:key/0e5ca0b8-7f5e-4a0c-9d8e-3f1b2c4d5e6f",
    "LakeRedshiftCopyRole": "arn:aws:iam::123456789012:role/lake-copy",
    "LakePiiKeyFrom": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:lake-pii-key-AbCdEf",
}
NUMBERS = {"LakeGlueWorkers": "5", "LakeGlueTimeoutMinutes": "120", "LakeGlueConcurrentRuns": "20"}


def outputs_of(template: str) -> dict[str, str]:
    """A value for each output that the committed template has."""
    named = json.loads((TEMPLATES / f"{template}.template.json").read_text(encoding="utf-8"))["Outputs"]
    return {name: {**VALUES, **ARNS, **NUMBERS}.get(name, f"it's the {name}") for name in named}


def described(outputs: dict[str, str]) -> dict[str, Any]:
    listed = [{"OutputKey": name, "OutputValue": value, "Description": "x"} for name, value in outputs.items()]
    return {"Stacks": [{"StackName": "lake", "Outputs": listed}]}


def written(file: Path, told: Any) -> Path:
    file.write_text(json.dumps(told), encoding="utf-8")
    return file


@pytest.mark.parametrize("template", ["lake", "lake-cluster"])
def test_the_outputs_of_the_template_are_what_the_backend_reads(lake: Lake, tmp_path: Path, template: str) -> None:
    outputs = outputs_of(template)
    file = written(tmp_path / "outputs.json", described(outputs))

    done = lake("env", "--from-stack-outputs", file)

    assert done.exit_code == 0, done.output
    lines = shlex.split(done.stdout.replace("export ", ""))
    environment = dict(line.split("=", 1) for line in lines)
    assert {output_name(name): value for name, value in environment.items()} == outputs
    settings, aws = Settings.from_environment(environment), AwsSettings.from_environment(environment)
    assert (settings.backend, settings.lake_bucket) == ("aws", outputs["LakeBucket"])
    assert (aws.warehouse.workgroup is None) == (template == "lake-cluster")
    assert GlueSettings.from_environment(environment).workers == 5


@pytest.mark.parametrize(
    "form", [lambda told: told, lambda told: {"lake": told}, lambda told: described(told)["Stacks"][0]["Outputs"]],
    ids=["names and values", "by stack, as CDK writes them", "the list alone"],
)  # fmt: skip
def test_other_forms_say_the_same(lake: Lake, tmp_path: Path, form: Any) -> None:
    told = outputs_of("lake")
    usual = lake("env", "--from-stack-outputs", written(tmp_path / "usual.json", described(told)))

    other = lake("env", "--from-stack-outputs", written(tmp_path / "other.json", form(told)))

    assert other.exit_code == 0
    assert other.stdout == usual.stdout


def test_what_was_not_chosen_may_be_missing(lake: Lake, tmp_path: Path) -> None:
    """The output is there only where the parameter was given."""
    told = outputs_of("lake")
    del told["LakeGluePythonModules"]

    done = lake("env", "--from-stack-outputs", written(tmp_path / "o.json", described(told)))

    assert done.exit_code == 0, done.output
    assert "LAKE_GLUE_PYTHON_MODULES" not in done.stdout


def test_no_output_brings_a_secret(lake: Lake, tmp_path: Path) -> None:
    told = outputs_of("lake") | {
        "LakeRedshiftPassword": "s3cret",
        "AwsSecretAccessKey": "s3cret",
        "LakePiiKey": "s3cret",
    }

    done = lake("env", "--from-stack-outputs", written(tmp_path / "o.json", described(told)), "--format", "dotenv")

    assert done.exit_code == 0
    assert "s3cret" not in done.output
    assert "LAKE_REDSHIFT_PORT=5439\n" in done.stdout


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("lake", "are no JSON"),
        ("3", "are of no known form"),
        ('{"Stacks": []}', "are of 0 stacks: name one with --stack-name"),
        ("{}", "no output AwsRegion (AWS_REGION), LakeAlertTopic (LAKE_ALERT_TOPIC)"),
        (json.dumps({n: v for n, v in outputs_of("lake").items() if n != "LakeRedshiftWorkgroup"}), "LakeRedshiftWorkgroup"),
    ],
    ids=["no JSON", "a number", "no stack", "nothing", "no warehouse"],
)  # fmt: skip
def test_what_is_missing_is_named(lake: Lake, tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "outputs.json"
    file.write_text(text, encoding="utf-8")

    done = lake("env", "--from-stack-outputs", file)

    assert done.exit_code == 2
    assert done.stdout == ""
    assert told in done.stderr
