"""`lake infra` hands the declaration to the infrastructure's own environment, and says where there is none."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from lake_platform_tests.cli.conftest import Lake

FAKE = """
import json, pathlib, sys
command, _, file, *rest = sys.argv[3:]
print(json.dumps({"command": command, "datasets": json.loads(pathlib.Path(file).read_text())["datasets"], "rest": rest}))
sys.exit(3 if command == "diff" else 0)
"""
"""Stands where the environment's python does: `-m lake_infra COMMAND --declaration FILE …`, and tells what it was given."""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The folder of the infrastructure in a checkout, without its environment."""
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "requirements.txt").touch()
    return tmp_path / "infra"


def set_up(checkout: Path) -> None:
    python = checkout / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    (checkout / "fake.py").write_text(FAKE, encoding="utf-8")
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{checkout / "fake.py"}" "$@"\n', encoding="utf-8")
    python.chmod(0o755)


def one_dataset(folder: Path) -> Path:
    source = Path(__file__).parents[2] / "lake_platform" / "defs" / "sales" / "sales" / "defs.yaml"
    (folder / "mine").mkdir()
    (folder / "mine" / "defs.yaml").write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    return folder / "mine"


@pytest.mark.parametrize("command", ["synth", "diff", "cost"])
def test_without_the_environment_it_says_how_to_make_it(lake: Lake, checkout: Path, command: str) -> None:
    done = lake("infra", command)

    assert done.exit_code == 2
    assert done.stderr == (
        f"There is no environment for the infrastructure in {checkout}: run `make infra-setup` in a checkout of the "
        "project, and this command there.\n"
    )


def test_it_is_told_the_datasets_of_the_folder(
    lake: Lake, checkout: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    set_up(checkout)

    done = lake("--defs", one_dataset(tmp_path), "infra", "synth", "--out", "made")

    told: dict[str, Any] = json.loads(capfd.readouterr().out)
    assert done.exit_code == 0, done.output
    assert [dataset["name"] for dataset in told["datasets"]] == ["sales"]
    assert told["rest"] == ["--out", str(tmp_path / "made")], "where the command was given, not where it runs"


def test_its_exit_code_is_the_commands_own(lake: Lake, checkout: Path) -> None:
    set_up(checkout)

    assert lake("infra", "diff").exit_code == 3


def test_a_fault_of_the_dataset_files_is_told_before_anything_runs(lake: Lake, checkout: Path, tmp_path: Path) -> None:
    folder = one_dataset(tmp_path)
    (folder / "defs.yaml").write_text("type: lake_platform.Dataset\nattributes: {nmae: x}\n", encoding="utf-8")

    done = lake("--defs", folder, "infra", "synth")

    assert done.exit_code == 2
    assert f"{folder / 'defs.yaml'}:2" in done.stderr


def test_the_declaration_is_written_or_printed(lake: Lake, tmp_path: Path) -> None:
    printed = lake("infra", "declaration")
    written = lake("infra", "declaration", "--out", tmp_path / "declaration.json")

    assert printed.exit_code == written.exit_code == 0
    assert printed.stdout == (tmp_path / "declaration.json").read_text(encoding="utf-8")
    assert written.stdout == f"{tmp_path / 'declaration.json'}{os.linesep}"


def test_files_that_it_is_given_are_those_of_where_it_was_called(
    lake: Lake, checkout: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    set_up(checkout)
    for name in ("deployed.json", "mine.yaml", "prices.yaml"):
        (tmp_path / name).touch()

    lake("infra", "diff", "--template", "dagster", "--against", "deployed.json")
    assert json.loads(capfd.readouterr().out)["rest"] == [
        *("--template", "dagster", "--against", str(tmp_path / "deployed.json"))
    ]

    numbers = ("--numbers", "mine.yaml", "--prices", "prices.yaml", "--set", "days=30", "--set", "hours=1", "--json")
    lake("infra", "cost", *numbers)
    assert json.loads(capfd.readouterr().out)["rest"] == [
        *("--template", "lake", "--numbers", str(tmp_path / "mine.yaml"), "--prices", str(tmp_path / "prices.yaml")),
        *("--set", "days=30", "--set", "hours=1", "--json"),
    ]
