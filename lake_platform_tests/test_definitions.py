"""The definitions are the same whoever loads them, and loading them opens nothing."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import dagster as dg
import pytest

from lake_platform.contract import source
from lake_platform.contract.source import load_folder, load_folder_once
from lake_platform.definitions import DEFS, build_definitions
from lake_platform.settings import Settings
from lake_platform_tests.definitions_text import render

ROOT = Path(__file__).parents[1]
GOLDEN = Path(__file__).parent / "golden" / "definitions.txt"
BIN = Path(sys.executable).parent
FILES_OF_A_PROJECT = ("pyproject.toml", "dagster.yaml", "workspace.yaml")


def run(*command: str | Path, cwd: Path, environ: Mapping[str, str] | None = None) -> str:
    """What a command of the environment prints."""
    done = subprocess.run(
        [BIN / command[0], *command[1:]],
        cwd=cwd,
        env={**os.environ, "PYTHONWARNINGS": "ignore", "COLUMNS": "300", **(environ or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def golden(kind: str) -> list[str]:
    """The names in the golden file, of assets or of sensors."""
    lines = GOLDEN.read_text(encoding="utf-8").splitlines()
    return sorted(line.split(" ")[1] for line in lines if line.startswith(kind))


def golden_checks() -> list[str]:
    """`asset:check`, as dg writes it."""
    assets = [line.split(" | ") for line in GOLDEN.read_text(encoding="utf-8").splitlines() if line.startswith("asset")]
    return sorted(
        f"{parts[0].split(' ')[1]}:{check}" for parts in assets for check in parts[5].split(" ")[1].split(",")
    )


@pytest.fixture
def instance_home(tmp_path: Path) -> Path:
    """A working directory with the project's own dagster.yaml."""
    shutil.copy(ROOT / "dagster.yaml", tmp_path)
    return tmp_path


def test_definitions_are_those_of_the_golden_list() -> None:
    """To accept a change: write what `render` gives into the golden file, and look at its diff."""
    found = render(build_definitions(Settings.from_environment({})))

    assert found == GOLDEN.read_text(encoding="utf-8")


def test_every_job_of_a_sensor_or_schedule_can_be_built() -> None:
    """Dagster builds them late: assets that are parted differently in one job are no fault before."""
    dg.Definitions.validate_loadable(build_definitions(Settings.from_environment({})))


def test_dg_lists_what_the_golden_list_holds(instance_home: Path) -> None:
    told = json.loads(run("dg", "list", "defs", "--json", cwd=ROOT, environ={"DAGSTER_HOME": str(instance_home)}))

    assert sorted(asset["asset_key"] for asset in told["assets"]) == golden("asset")
    assert sorted(check["key"] for check in told["asset_checks"]) == golden_checks()
    assert sorted(sensor["name"] for sensor in told["sensors"]) == golden("sensor")


def test_workspace_file_gives_the_same_definitions(instance_home: Path) -> None:
    script = (
        "import sys, dagster as dg\n"
        "from dagster._core.workspace.context import WorkspaceProcessContext\n"
        "from dagster._core.workspace.load_target import WorkspaceFileTarget\n"
        "with dg.DagsterInstance.get() as instance:\n"
        "    with WorkspaceProcessContext(instance, WorkspaceFileTarget([sys.argv[1]])) as process:\n"
        "        (location,) = process.create_request_context().code_locations\n"
        "        (repository,) = location.get_repositories().values()\n"
        "        for name in [location.name, *(sensor.name for sensor in repository.get_sensors())]: print('sensor', name)\n"
        "        for node in repository.asset_graph.asset_nodes: print('asset', node.key.to_user_string())\n"
    )
    told = run(
        "python", "-c", script, ROOT / "workspace.yaml", cwd=instance_home, environ={"DAGSTER_HOME": str(instance_home)}
    )

    lines = told.splitlines()
    assert sorted(line.split()[1] for line in lines if line.startswith("asset")) == golden("asset")
    assert [line.split()[1] for line in lines if line.startswith("sensor")] == ["lake_platform", *golden("sensor")]


def test_workspace_file_validates_and_the_instance_file_puts_storage_into_the_working_directory(
    instance_home: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    home = {"DAGSTER_HOME": str(instance_home)}

    run("dagster", "definitions", "validate", "-w", ROOT / "workspace.yaml", cwd=elsewhere, environ=home)
    run("dagster", "run", "list", cwd=elsewhere, environ=home)

    assert (elsewhere / ".dagster" / "history" / "runs.db").is_file()
    assert not (instance_home / "history").exists()


@pytest.mark.parametrize("what", ["toml", "yaml", "defs"])
def test_dg_finds_no_fault(what: str, instance_home: Path) -> None:
    run("dg", "check", what, cwd=ROOT, environ={"DAGSTER_HOME": str(instance_home)})


def test_components_are_registered() -> None:
    told = json.loads(run("dg", "list", "components", "--json", cwd=ROOT))

    assert {"lake_platform.Dataset", "lake_platform.WarehouseTable"} <= {item["key"] for item in told["items"]}


def test_scaffolded_dataset_and_table_have_no_fault(tmp_path: Path) -> None:
    for name in FILES_OF_A_PROJECT:
        shutil.copy(ROOT / name, tmp_path)
    for package in ("lake_platform", "glue_jobs"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))

    run("dg", "scaffold", "defs", "lake_platform.Dataset", "orders", cwd=tmp_path)
    run("dg", "scaffold", "defs", "lake_platform.WarehouseTable", "orders_a_day", cwd=tmp_path)

    written = load_folder(tmp_path / "lake_platform" / "defs" / "orders")
    assert not written.faults
    assert [contract.name for contract in written.contracts] == ["orders"]
    assert "no faults" in run("lake", "check", tmp_path / "lake_platform" / "defs", cwd=tmp_path)
    assert "orders_a_day" in [table.contract.name for table in load_folder(tmp_path / "lake_platform" / "defs").tables]


def test_loading_definitions_starts_nothing_and_imports_no_spark(tmp_path: Path) -> None:
    script = (
        "import sys, redshift_connector\n"
        "redshift_connector.connect = redshift_connector.Connection.__init__ = lambda *_, **__: sys.exit('connected')\n"
        "from lake_platform.definitions import defs\n"
        "print(len(list(defs().resolve_all_asset_specs())))\n"
        "print([name for name in ('pyspark', 'py4j', 'pydeequ', 'pandas', 'dagster_aws', 'dagster_pyspark') if name in sys.modules])\n"
    )

    told = run("python", "-c", script, cwd=ROOT, environ={"LAKE_HOME": str(tmp_path / "home")})

    assert told.split() == [str(len(golden("asset"))), "[]"]
    assert not (tmp_path / "home").exists()


def test_definitions_do_not_depend_on_the_environment(tmp_path: Path) -> None:
    elsewhere = {"LAKE_HOME": str(tmp_path / "a"), "LAKE_SPARK_DIR": str(tmp_path / "b"), "LAKE_PII_KEY": "secret"}

    assert render(build_definitions(Settings.from_environment(elsewhere))) == GOLDEN.read_text(encoding="utf-8")


def test_the_folder_is_read_once_for_all_components(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each component needs its neighbours; reading them for each of nineteen took 1.7 of 1.9 CPU seconds."""
    read: list[Path] = []

    def counted(folder: Path) -> source.Folder:
        read.append(folder)
        return load_folder(folder)

    monkeypatch.setattr(source, "load_folder", counted)
    source._remembered.cache_clear()  # pyright: ignore[reportPrivateUsage]
    build_definitions(Settings.from_environment({}))

    assert read == [DEFS]


def test_a_folder_that_was_read_is_read_again_once_a_file_has_changed(tmp_path: Path) -> None:
    file = tmp_path / "defs.yaml"
    file.write_text("type: x.Y\n", encoding="utf-8")
    assert load_folder_once(tmp_path).faults == ()

    file.write_text("type: [\n", encoding="utf-8")

    assert load_folder_once(tmp_path).faults != ()
