"""The workflow of CI: what it runs exists, and what it may do is little."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import yaml

from lake_platform.cli.main import cli

ROOT = Path(__file__).parents[1]
FILE = ROOT / ".github" / "workflows" / "lake.yml"
TEXT = FILE.read_text(encoding="utf-8")
WORKFLOW: dict[str, Any] = yaml.safe_load(TEXT)
JOBS: dict[str, Any] = WORKFLOW["jobs"]
STEPS: list[dict[str, Any]] = [step for job in JOBS.values() for step in job["steps"]]
SCRIPTS = "\n".join(step.get("run", "") for step in STEPS)
DEPLOYING = "deploy"


def run_tool(program: str, *arguments: str) -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / program, *arguments, FILE], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_is_a_workflow() -> None:
    run_tool("check-jsonschema", "--builtin-schema", "vendor.github-workflows")


def test_nothing_of_a_change_can_be_made_to_run_with_rights() -> None:
    run_tool("zizmor", "--offline", "--no-progress", "--persona", "regular")


def test_targets_of_make_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    called = [target for line in re.findall(r"^\s*make (.+)$", SCRIPTS, re.MULTILINE) for target in line.split()]

    assert {"check", "infra-test"} <= set(called)
    assert [target for target in called if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []


def test_commands_of_lake_and_their_options_exist() -> None:
    called = re.findall(r"\.venv/bin/lake ([^|>\n]+)", SCRIPTS)

    for line in called:
        command: click.Command = cli
        words = line.split()
        while isinstance(command, click.Group):
            command = command.commands[words.pop(0)]
        known = {option for parameter in command.params for option in parameter.opts}
        assert [word for word in words if word.startswith("--") and word not in known] == [], line
    assert len(called) == 5


def test_files_that_it_names_exist() -> None:
    for name in re.findall(r"infra/[\w./-]+(?:json|file)\b", SCRIPTS):
        assert (ROOT / name).exists(), name


def test_every_action_is_pinned_to_a_commit() -> None:
    used = [step["uses"] for step in STEPS if "uses" in step]

    assert used
    assert [name for name in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", name)] == []


def test_no_key_is_stored_and_every_variable_is_told() -> None:
    used = set(re.findall(r"\bvars\.(\w+)", TEXT))

    assert "secrets." not in TEXT
    assert used == set(re.findall(r"^#   ([A-Z_]+) ", TEXT, re.MULTILINE))


def test_a_deployment_waits_for_one_approval_and_for_the_checks() -> None:
    job = JOBS[DEPLOYING]

    assert [name for name, one in JOBS.items() if "environment" in one] == [DEPLOYING]
    assert job["environment"] == "production"
    assert job["permissions"] == {"contents": "read", "id-token": "write"}
    assert set(job["needs"]) == {"check", "infra"}
    assert "pull_request" in job["if"]


def test_no_role_is_taken_with_tags() -> None:
    """The trust of the deployer lets sts:AssumeRole through and no sts:TagSession."""
    chained = [step["with"] for step in STEPS if step.get("with", {}).get("role-chaining")]

    assert [one["role-skip-session-tagging"] for one in chained] == [True]


def test_the_checks_have_no_rights() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert [name for name, job in JOBS.items() if "permissions" in job] == [DEPLOYING]


def test_without_an_account_nothing_is_deployed() -> None:
    touching = [step for step in STEPS if "aws" in step.get("run", "") or "configure-aws" in step.get("uses", "")]

    assert touching
    assert all(step["if"].endswith("outputs.given == 'yes'") for step in touching)
