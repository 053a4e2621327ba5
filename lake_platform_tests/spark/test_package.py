"""The package of the Glue jobs: the same sources are the same bytes, and everything that a job imports is in it."""

import io
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from lake_platform.errors import TransformNotFoundError
from lake_platform.spark.glue.package import JobPackage, build_package


def names(package: JobPackage) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(package.files[package.archive_name])).namelist()


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose transforms are in a package of its own."""
    (tmp_path / "shop_lake/inner").mkdir(parents=True)
    for name in ("__init__", "sales", "inner/__init__", "inner/rates"):
        (tmp_path / f"shop_lake/{name}.py").write_text(f'"""{name}"""\n')
    (tmp_path / "lone_transform.py").write_text("def run(rows): return rows\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_the_same_sources_give_the_same_bytes_whenever_they_were_written(outside: Path) -> None:
    first = build_package({"sales": "shop_lake.sales:run"})
    os.utime(outside / "shop_lake/sales.py", (1, 1))
    (outside / "shop_lake/sales.py").chmod(0o600)

    assert build_package({"sales": "shop_lake.sales:run"}) == first


def test_another_source_is_another_name(outside: Path) -> None:
    first = build_package({"sales": "shop_lake.sales:run"})
    (outside / "shop_lake/inner/rates.py").write_text("RATE = 2\n")
    second = build_package({"sales": "shop_lake.sales:run"})

    assert first.digest != second.digest
    assert set(first.files) & set(second.files) == set()
    assert all(package.digest in name for package in (first, second) for name in package.files)


def test_transforms_of_a_project_are_in_it_with_their_whole_package(outside: Path) -> None:
    held = names(build_package({"sales": "shop_lake.sales:run", "other": "lone_transform:run"}))

    wanted = [
        "glue_jobs/validate.py",
        "glue_jobs/transforms/customers.py",
        "pydeequ/dqdl.py",
        "dagster_pipes/__init__.py",
    ]
    assert set(wanted) <= set(held)
    assert [name for name in held if name.startswith(("shop_lake", "lone"))] == [
        "lone_transform.py",
        "shop_lake/__init__.py",
        "shop_lake/inner/__init__.py",
        "shop_lake/inner/rates.py",
        "shop_lake/sales.py",
    ]
    assert not [name for name in held if "lake_platform" in name or "__pycache__" in name]


def test_a_transform_that_cannot_be_found_is_named() -> None:
    with pytest.raises(TransformNotFoundError, match=r"sales: transform.run names the module 'nowhere_at_all.x'"):
        build_package({"sales": "nowhere_at_all.x:run"})


@pytest.mark.parametrize("job", ["validate", "process"])
def test_a_script_finds_its_code_in_the_archive_alone(tmp_path: Path, job: str) -> None:
    package = build_package({})
    for name, data in package.files.items():
        (tmp_path / name).write_bytes(data)
    script = next(tmp_path.glob(f"{job}-*.py"))
    # -S: without the files by which a project is installed for development; pyspark and the like stay.
    path = os.pathsep.join([str(tmp_path / package.archive_name), sysconfig.get_path("purelib")])

    def run(name: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-S", name, *arguments],
            cwd=tmp_path,
            env={"PYTHONPATH": path, "PATH": os.defpath, "SPARK_VERSION": "3.5"},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    told, refused = run(script.name, "--help"), run(script.name)

    assert "--request" in told.stdout
    assert refused.returncode == 2
    assert "the following arguments are required: --request" in refused.stderr
    found = "import sys, glue_jobs.command, pydeequ.dqdl; print(glue_jobs.__file__, pydeequ.__file__)"
    (tmp_path / "where.py").write_text(found)
    assert run("where.py").stdout.count(package.archive_name) == 2
