"""The commands, as `lake infra` runs them."""

import json
from pathlib import Path

import pytest

from lake_infra.__main__ import main
from lake_infra.profiles import SALES
from tests.conftest import HOME

DECLARATION = ["--declaration", str(HOME / "declaration.json")]
DATASETS = len(json.loads((HOME / "declaration.json").read_text(encoding="utf-8"))["datasets"])
COMMITTED = HOME / "templates" / "lake.template.json"


@pytest.mark.parametrize("name", ["lake", "dagster"])
def test_the_committed_template_does_not_differ(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "--template", name, *DECLARATION]) == 0
    assert capsys.readouterr().out == "no difference\n"


def test_a_difference_is_exit_code_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    template = json.loads(COMMITTED.read_text())
    template["Resources"]["Extra"] = {"Type": "AWS::SQS::Queue"}
    file = tmp_path / "deployed.json"
    file.write_text(json.dumps({"TemplateBody": template, "StagesAvailable": []}))

    assert main(["diff", *DECLARATION, "--against", str(file)]) == 1
    assert "- AWS::SQS::Queue Extra" in capsys.readouterr().out


def test_the_cost_is_told_with_other_numbers_and_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    numbers = tmp_path / "numbers.yaml"
    numbers.write_text("warehouse_hours_a_day: 24\ndays: 30\n")

    assert main(["cost", *DECLARATION, "--numbers", str(numbers), "--set", "warehouse_rpus=4", "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    serverless = next(line for line in told["lines"] if line["what"] == "Redshift Serverless")
    assert serverless["quantity"] == 24 * 30 * 4
    assert told["usd_a_month"] == pytest.approx(sum(line["usd_a_month"] for line in told["lines"]), abs=0.2)


@pytest.mark.parametrize(
    ("name", "datasets"),
    [("lake", DATASETS), pytest.param("lake-sales", len(SALES.datasets), marks=pytest.mark.reference(*SALES.datasets))],
)
def test_the_cost_counts_the_datasets_of_its_template(
    name: str, datasets: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """One job of one DPU for an hour, once for each dataset."""
    once = ("runs_a_day", "days", "jobs_a_run", "dpus")
    numbers = [text for assumption in once for text in ("--set", f"{assumption}=1")]

    assert main(["cost", *DECLARATION, "--template", name, *numbers, "--set", "minutes_a_job=60", "--json"]) == 0

    jobs = next(line for line in json.loads(capsys.readouterr().out)["lines"] if line["what"] == "Glue jobs")
    assert jobs["quantity"] == datasets


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["diff", "--template", "other"], "other.template.json: No such file or directory"),
        (["diff", "--against", str(HOME / "declaration.json")], "declaration.json is no template: it has no Resources"),
        (["diff", "--against", str(HOME / "requirements.in")], "requirements.in is no JSON"),
        (["cost", "--set", "hours"], "write NAME=VALUE with a number"),
        (["cost", "--set", "hour=1"], "'hour' is no assumption"),
        (
            ["cost", "--template", "other"],
            "there is no template 'other': take one of lake, lake-cluster, lake-sales, dagster",
        ),
    ],
)
def test_what_cannot_be_used_is_exit_code_two_and_a_sentence(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, *DECLARATION]) == 2
    assert told in capsys.readouterr().err
