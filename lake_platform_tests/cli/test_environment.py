"""Where the commands look for the files of a project."""

from pathlib import Path

import pytest

import lake_platform
from lake_platform.cli.environment import dagster_home, project_file

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
