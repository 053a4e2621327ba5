"""Where the commands look for the files of a project."""

import os
import signal
from pathlib import Path

import pytest
from click.testing import CliRunner

import lake_platform
from lake_platform.cli.environment import dagster_home, project_file
from lake_platform.cli.services import dev

PACKAGED = Path(lake_platform.__file__).parents[1]


@pytest.mark.parametrize("below", [".", "a", "a/b"])
def test_the_nearest_file_at_or_above_counts(tmp_path: Path, below: str) -> None:
    start = tmp_path / below
    start.mkdir(parents=True, exist_ok=True)
    for name in ("dagster.yaml", "workspace.yaml"):
        (tmp_path / name).touch()

    assert dagster_home(start) == tmp_path
    assert project_file("workspace.yaml", start) == tmp_path / "workspace.yaml"


def test_a_file_that_is_not_there_is_the_one_of_the_package(tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").touch()

    assert project_file("workspace.yaml", tmp_path) == PACKAGED / "workspace.yaml"
    assert dagster_home(tmp_path / "elsewhere") == tmp_path


def test_the_ui_can_be_interrupted_where_the_shell_ignores_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A shell starts what runs in its background with SIGINT ignored; Dagster ends its services by it."""
    started: list[tuple[list[str], object]] = []
    monkeypatch.setattr(os, "execv", lambda _, arguments: started.append((arguments, signal.getsignal(signal.SIGINT))))
    monkeypatch.setenv("LAKE_HOME", str(tmp_path))
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        done = CliRunner().invoke(dev, ["--port", "3999"])
    finally:
        signal.signal(signal.SIGINT, before)

    assert done.exit_code == 0
    ((arguments, handler),) = started
    assert arguments[3:8] == ["dev", "-h", "127.0.0.1", "-p", "3999"]
    assert handler == signal.SIG_DFL
