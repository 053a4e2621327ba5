"""The command as a person calls it, in an empty directory."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lake_platform.cli.main import cli
from lake_platform.local.redshift import stop_endpoint

INSTANCE_FILE = Path(__file__).parents[2] / "dagster.yaml"
Lake = Callable[..., Result]


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lake]:
    """`lake("tick", "--json")` in a directory of its own, with the package's own definitions."""
    shutil.copy(INSTANCE_FILE, tmp_path)
    for name in ("LAKE_HOME", "LAKE_DEFS", "LAKE_SPARK_DIR", "LAKE_BACKEND", "LAKE_ALERT_WEBHOOK", "DAGSTER_HOME"):
        monkeypatch.setenv(name, "")
    monkeypatch.chdir(tmp_path)
    yield lambda *arguments: CliRunner().invoke(cli, [str(argument) for argument in arguments])
    stop_endpoint(tmp_path / ".lake")
