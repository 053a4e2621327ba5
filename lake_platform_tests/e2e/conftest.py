"""Houses for the tests; the warm JVM is shared, the warehouse and Dagster's storage are the house's own."""

import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lake_platform.local.redshift import stop_endpoint
from lake_platform.settings import Settings
from lake_platform_tests.e2e.house import House

INSTANCE_FILE = Path(__file__).parents[2] / "dagster.yaml"


@pytest.fixture
def house(tmp_path: Path, spark_dir: Path) -> Iterator[House]:
    """An empty lake with an empty definitions folder; the working directory is the house, as for a user."""
    with built_house(tmp_path, spark_dir) as house:
        yield house


@pytest.fixture(scope="module")
def shared_house(tmp_path_factory: pytest.TempPathFactory, spark_dir: Path) -> Iterator[House]:
    """One house for a module, since a warehouse takes seconds to start: each test has a dataset of its own in it."""
    with built_house(tmp_path_factory.mktemp("house"), spark_dir) as house:
        yield house


@contextmanager
def built_house(folder: Path, spark_dir: Path) -> Generator[House]:
    """The house that the environment means inside the block; for a module whose tests share one."""
    home, defs = folder / ".lake", folder / "defs"
    defs.mkdir()
    shutil.copy(INSTANCE_FILE, folder / "dagster.yaml")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "LAKE_HOME": home,
            "LAKE_DEFS": defs,
            "LAKE_SPARK_DIR": spark_dir,
            "DAGSTER_HOME": folder,
        }.items():
            patch.setenv(name, str(value))
        for name in ("LAKE_BACKEND", "LAKE_ALERT_WEBHOOK"):
            patch.delenv(name, raising=False)
        patch.chdir(folder)
        yield House(Settings.from_environment())
    stop_endpoint(home)
