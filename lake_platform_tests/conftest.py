"""Fixtures that several packages use: one warm JVM for the whole test run, and a lake in a temporary directory."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from lake_platform.spark.local import LocalSparkResource

# How long an example takes says something of the machine, and of who else is at work on it.
settings.register_profile("lake", deadline=None)
settings.load_profile("lake")


def pytest_configure(config: pytest.Config) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # So a shell starts what runs in its background, and Dagster ends its servers by it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # pyspark reads the rows of a collect() from a socket and leaves it to the garbage collector, whenever that comes.
    config.addinivalue_line("filterwarnings", "ignore:unclosed <socket:ResourceWarning")
    # pydeequ 1.7, the first time that it is compiled.
    config.addinivalue_line("filterwarnings", "ignore:invalid escape sequence:DeprecationWarning")
    config.addinivalue_line("filterwarnings", "ignore:invalid escape sequence:SyntaxWarning")


@pytest.fixture(autouse=True)
def own_definitions() -> Iterator[None]:
    """`lake --defs` says to its own process where the definitions are; the next test has none of it."""
    before = os.environ.get("LAKE_DEFS")
    yield
    if before is None:
        os.environ.pop("LAKE_DEFS", None)
    else:
        os.environ["LAKE_DEFS"] = before


@pytest.fixture(scope="session")
def spark_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """LAKE_SPARK_DIR of this test run: whatever asks for Spark attaches to one JVM, which ends with the run."""
    from lake_platform.local.jvm import stop_holder

    folder = tmp_path_factory.mktemp("spark")
    before = os.environ.get("LAKE_SPARK_DIR")
    os.environ["LAKE_SPARK_DIR"] = str(folder)
    yield folder
    os.environ.pop("LAKE_SPARK_DIR") if before is None else os.environ.__setitem__("LAKE_SPARK_DIR", before)
    stop_holder(folder)


@pytest.fixture
def lake_home(tmp_path: Path) -> Path:
    """A LAKE_HOME of this test alone, with both buckets."""
    for bucket in ("landing", "lake"):
        (tmp_path / "lake_home" / "s3" / bucket).mkdir(parents=True)
    return tmp_path / "lake_home"


@pytest.fixture
def spark_resource(spark_dir: Path, lake_home: Path) -> LocalSparkResource:
    """Spark that sees this test's lake."""
    from lake_platform.local.warm_spark import WarmSparkResource

    return WarmSparkResource(home=str(lake_home), spark_dir=str(spark_dir))
