"""Opening the lake in a notebook: where it is looked for, and what is told where nothing is found."""

import subprocess
import sys
from pathlib import Path

import pytest

from lake_platform import open_workbench
from lake_platform.errors import NothingPublishedError, SettingsError, UnknownDatasetError


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working directory two folders below one that may have a lake, and no variable that names one."""
    for name in ("LAKE_HOME", "LAKE_DEFS", "LAKE_BACKEND"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "project" / "notebooks").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "project" / "notebooks")


def test_the_nearest_lake_above_the_notebook_is_opened(tmp_path: Path) -> None:
    (tmp_path / ".lake").mkdir()
    (tmp_path / "project" / ".lake").mkdir()

    assert open_workbench().redshift.model_dump()["home"] == str(tmp_path / "project" / ".lake")


def test_lake_home_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".lake").mkdir()
    monkeypatch.setenv("LAKE_HOME", str(tmp_path / "other"))

    assert open_workbench().redshift.model_dump()["home"] == str(tmp_path / "other")


def test_where_there_is_no_lake_it_is_told_what_to_do() -> None:
    with pytest.raises(SettingsError, match=r"no \.lake at or above .*notebooks: set LAKE_HOME"):
        open_workbench()


def test_what_is_not_there_is_told_by_name(tmp_path: Path) -> None:
    (tmp_path / ".lake").mkdir()
    bench = open_workbench()

    with pytest.raises(UnknownDatasetError, match="no dataset 'sale': did you mean 'sales'"):
        bench.processed("sale")
    with pytest.raises(NothingPublishedError, match="sales has no processed rows yet: run `lake tick sales`"):
        bench.processed("sales")


def test_two_figures_that_differ_are_told_with_both(tmp_path: Path) -> None:
    (tmp_path / ".lake").mkdir()

    with pytest.raises(AssertionError, match=r"revenue: 1\.50 here, 1\.51 there"):
        open_workbench().assert_equal("revenue", "1.50", "1.51")


ELSEWHERE = """
import dataclasses, sys
from pathlib import Path
import pyarrow as pa, pyarrow.parquet as pq
from lake_platform.lake.manifest import Manifest, ManifestEntry, write_manifest
from lake_platform.settings import Settings
from lake_platform.workbench import Workbench

home = Path(sys.argv[1])
bench = Workbench(Settings.from_environment({"LAKE_HOME": str(home)}))
folder = home / "s3" / "lake" / "processed"
folder.mkdir(parents=True)
pq.write_table(pa.table({"units": [1, 2, 3]}), folder / "a.parquet")
entry = ManifestEntry(url="s3://lake/processed/a.parquet", content_length=1, record_count=3)
manifest = write_manifest(bench.lake.lake, "manifests/sales.json", Manifest(entries=(entry,)))
bench.lake.log("sales", "processed").publish("all", {"manifest": manifest}, token="t", after=0)
bench._settings = dataclasses.replace(bench._settings, backend="aws")
print("sum", bench.processed("sales").agg({"units": "sum"}).collect()[0][0], bench._copies)
"""


@pytest.mark.spark
def test_where_spark_here_does_not_reach_the_buckets_files_are_copied_to_it(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(tmp_path)], capture_output=True, text=True, check=False, timeout=300
    )

    assert done.returncode == 0, done.stderr[-2000:]
    total, folder = done.stdout.split()[-2:]
    assert total == "6"
    assert not Path(folder).exists(), "the copies are gone with the process"
