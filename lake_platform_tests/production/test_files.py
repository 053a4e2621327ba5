"""The files of the production instance and the stack that runs them fit together."""

import json
import re
import sys
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from lake_platform.aws.declaration import build_declaration
from lake_platform.aws.run_launcher import CONTAINER, log_group
from lake_platform.aws.run_storage import VIEWER
from lake_platform.contract.source import load_folder
from lake_platform_tests.production.template import HOME, ROOT, TEMPLATE, containers, variables

EVERYBODY = ("code", "daemon", "operator", "prepare", "run", "viewer")


def read_by(file: str, part: str = "") -> set[str]:
    """Variables that a YAML file takes from the environment, from the key `part` on, to the next key of the top."""
    text = (HOME / file).read_text(encoding="utf-8")
    if part:
        text = re.split(r"^(?=\w)", text.partition(f"\n{part}:")[2], maxsplit=1, flags=re.MULTILINE)[0]
    return set(re.findall(r"\{env: (\w+)\}", text))


@pytest.mark.parametrize("container", EVERYBODY)
@pytest.mark.parametrize("part", ["storage", "compute_logs", "local_artifact_storage"])
def test_every_task_has_the_variables_of_storage_and_logs(container: str, part: str) -> None:
    assert read_by("dagster.yaml", part) - variables(container) == set()
    assert read_by("dagster.yaml", part)


@pytest.mark.parametrize("container", ["daemon", "operator"])
def test_who_launches_or_ends_runs_has_the_variables_of_launcher_and_workspace(container: str) -> None:
    needed = read_by("dagster.yaml", "run_launcher") | read_by("workspace.yaml")

    assert len(needed) == 6
    assert needed - variables(container) == set()


def test_the_daemon_alone_and_the_operator_know_how_to_launch() -> None:
    launch = read_by("dagster.yaml", "run_launcher")

    assert {name for name in EVERYBODY if launch & variables(name)} == {"daemon", "operator"}


def test_who_loads_the_definitions_has_the_variables_of_the_backend() -> None:
    told = {name for name in EVERYBODY if "LAKE_BUCKET" in variables(name)}

    assert told == {"code", "run", "viewer"}


@pytest.mark.parametrize("container", [name for name in EVERYBODY if name != "run"])
def test_the_command_of_a_task_is_installed(container: str) -> None:
    program, *arguments = containers()[container]["Command"]

    assert (Path(sys.executable).parent / program).exists()
    for before, module in pairwise(arguments):
        if before == "-m":
            assert find_spec(module) is not None


def test_names_that_platform_and_stack_share_are_the_same() -> None:
    resources = json.loads(TEMPLATE.read_text(encoding="utf-8"))["Resources"]
    (run,) = [
        body["Properties"]
        for body in resources.values()
        if body["Type"] == "AWS::ECS::TaskDefinition" and body["Properties"]["ContainerDefinitions"][0]["Name"] == "run"
    ]
    logs = containers()[CONTAINER]["LogConfiguration"]["Options"]
    group = resources[logs["awslogs-group"]["Ref"]]["Properties"]["LogGroupName"]
    user = {one["Name"]: one["Value"] for one in containers()["viewer"]["Environment"]}["DAGSTER_POSTGRES_USER"]

    assert user == VIEWER
    assert logs["awslogs-stream-prefix"] == CONTAINER
    assert joined(group) == log_group(f"arn:aws:ecs:eu-west-1:1:task-definition/{joined(run['Family'])}:12")


def joined(value: dict[str, Any]) -> str:
    """A name of the template, with `data1` as the prefix of the stack."""
    return "".join(part if isinstance(part, str) else {"Prefix": "data1"}[part["Ref"]] for part in value["Fn::Join"][1])


def test_the_image_copies_what_there_is_and_runs_as_nobody_special() -> None:
    dockerfile = (HOME / "Dockerfile").read_text(encoding="utf-8")
    copied = [
        word for line in re.findall(r"^COPY ((?!--from).*) \S+$", dockerfile, re.MULTILINE) for word in line.split()
    ]

    assert "infra/dagster/rds-ca.pem" in copied
    assert [name for name in copied if name != "infra/dagster/rds-ca.pem" and not (ROOT / name).exists()] == []
    assert re.findall(r"^USER (\w+)$", dockerfile, re.MULTILINE) == ["lake"]
    assert set(re.findall(r"\b(DAGSTER_\w+)=", dockerfile)) == {"DAGSTER_HOME", "DAGSTER_SCRATCH"}


def test_the_profile_of_sales_is_what_its_folder_declares() -> None:
    declared = build_declaration(load_folder(ROOT / "lake_platform" / "defs" / "sales"))
    template = json.loads((ROOT / "infra" / "templates" / "lake-sales.template.json").read_text(encoding="utf-8"))
    kinds = {name: body["Type"] for name, body in template["Resources"].items()}
    databases = [template["Resources"][name] for name, kind in kinds.items() if kind == "AWS::Glue::Database"]
    names = {one["Properties"]["DatabaseInput"]["Name"]["Fn::Join"][1][-1].removeprefix("_") for one in databases}

    assert names == set(declared["schemas"])
    assert {one["prefix"] for one in declared["datasets"]} == {"sales/"}
