"""A fresh house for each test; the warm JVM is shared, the warehouse and Dagster's storage are the house's own."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from lake_platform.local.redshift import stop_endpoint
from lake_platform.settings import Settings
from lake_platform_tests.e2e.house import House

INSTANCE_FILE = Path(__file__).parents[2] / "dagster.yaml"


@pytest.fixture
def house(tmp_path: Path, spark_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """An empty lake with an empty definitions folder; the working directory is the house, as for a user."""
    home, defs = tmp_path / ".lake", tmp_path / "defs"
    defs.mkdir()
    shutil.copy(INSTANCE_FILE, tmp_path / "dagster.yaml")
    for name, value in {"LAKE_HOME": home, "LAKE_DEFS": defs, "LAKE_SPARK_DIR": spark_dir, "DAGSTER_HOME": tmp_path}.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.delenv("LAKE_BACKEND", raising=False)
    monkeypatch.chdir(tmp_path)
    yield House(Settings.from_environment())
    stop_endpoint(home)
