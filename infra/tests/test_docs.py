"""What docs/infra.md says of parameters, alarms, sizes and findings is what the templates say."""

import re
from dataclasses import replace

import pytest

from lake_infra.app import render, synthesise
from lake_infra.declaration import Declaration
from lake_infra.options import Options
from lake_infra.patterns import rules
from lake_infra.templates import TEMPLATES
from tests.conftest import HOME, Template, datasets
from tests.test_stack import resolved
from tests.tools import PLAIN, checkov_findings, lint_findings, nag_findings

DOCS = (HOME.parent / "docs" / "infra.md").read_text(encoding="utf-8")


def rows(header: str) -> list[list[str]]:
    """The cells of the table whose header begins so."""
    table = DOCS.partition(f"| {header} |")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def test_the_parameters_are_those_of_the_templates(synthesised: dict[str, Template]) -> None:
    found = {name: told for kind in ("serverless", "cluster") for name, told in synthesised(kind)["Parameters"].items()}
    told: dict[str, str] = {}
    for names, _, defaults in rows("parameter"):
        told |= dict(zip(re.findall(r"`(\w+)`", names), defaults.replace("`", "").split(", "), strict=True))

    assert told == {name: str(parameter.get("Default", "none")) for name, parameter in found.items()}


def test_the_alarms_are_those_of_the_template(template: Template) -> None:
    told = {row[0].strip("`").replace("<Prefix>", "lake"): row[2] for row in rows("alarm")}

    alarms = {one["AlarmName"]: one["TreatMissingData"] for one in resolved(template, "AWS::CloudWatch::Alarm")}
    assert told == {name: "on" if missing == "breaching" else "off" for name, missing in alarms.items()}


def test_the_sizes_are_about_those_of_the_templates(
    declaration: Declaration, template: Template, hundred: Template
) -> None:
    """Within a tenth: a resource more is no reason to measure again."""
    made = {
        "the nine of the pipelines": (template, declaration.datasets),
        "100, each with a crawler": (hundred, datasets(100)),
    }
    for number in (1, 40, 100):
        few = replace(declaration, datasets=datasets(number))
        made[str(number)] = (synthesise(few, Options()), few.datasets)

    told = {row[0]: [int(cell) for cell in row[1:]] for row in rows("datasets")}

    assert told == {
        name: pytest.approx([len(one["Resources"]), len(render(one)) / 1000, len(rules(of))], rel=0.1)
        for name, (one, of) in made.items()
    }


@pytest.mark.parametrize(("tool", "row"), [("cdk-nag", 0), ("cfn-lint", 1), ("checkov", 2)])
def test_the_findings_are_those_of_the_tools(tool: str, row: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    told = rows("findings of")[row]
    files = [PLAIN, *(HOME / "templates" / f"{name}.template.json" for name in TEMPLATES)]

    if tool == "cdk-nag":
        # The others went through it when they were made.
        counts = [len(nag_findings(PLAIN, tmp_path_factory.mktemp("nag"))), 0, 0]
    else:
        counts = [len((lint_findings if tool == "cfn-lint" else checkov_findings)(file)) for file in files]

    assert told[0].startswith(tool)
    assert [int(re.match(r"\d+", cell)[0]) for cell in told[1:]] == counts
