"""`lake build-jobs` and `lake deploy-jobs`, with the ordinary variables of AWS leading to servers on loopback."""

import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lake_platform.cli.main import cli
from lake_platform_tests.e2e.contracts import define
from lake_platform_tests.spark.glue_house import ROLE, GlueHouse


def lake(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments), catch_exceptions=False)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of its own: one dataset, whose transform is in a package beside it."""
    (tmp_path / "defs/orders").mkdir(parents=True)
    (tmp_path / "orders_lake").mkdir()
    (tmp_path / "orders_lake/__init__.py").write_text("")
    (tmp_path / "orders_lake/rates.py").write_text("def run(rows):\n    return rows\n")
    text = define("orders", transform={"run": "orders_lake.rates:run", "rows": "same"})
    (tmp_path / "defs/orders/defs.yaml").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    # To find a module in a package imports the package: that of the test before is in another folder.
    monkeypatch.delitem(sys.modules, "orders_lake", raising=False)
    monkeypatch.chdir(tmp_path)
    for name in ("LAKE_DEFS", "LAKE_HOME", "LAKE_BACKEND", "LAKE_CODE_BUCKET"):
        monkeypatch.delenv(name, raising=False)
        # Written by the command itself, for processes it starts.
        monkeypatch.setenv(name, "")
    return tmp_path


@pytest.fixture
def account(house: GlueHouse, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The variables of an account; a code bucket without jobs of this prefix."""
    house.store("lake-jobs-code")
    variables = {
        "AWS_ENDPOINT_URL": house.aws,
        "AWS_ENDPOINT_URL_GLUE": house.endpoint.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "NO_PROXY": "127.0.0.1",
        "LAKE_CODE_BUCKET": "lake-jobs-code",
        "LAKE_GLUE_ROLE": ROLE,
        "LAKE_GLUE_JOB_PREFIX": "cli-",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables


def test_build_writes_the_files_of_the_project(project: Path) -> None:
    built = json.loads(lake("--defs", "defs", "build-jobs", "--out", "out", "--json").output)
    again = lake("--defs", "defs", "build-jobs", "--out", "again")

    names = sorted(path.name for path in (project / "out").iterdir())
    assert names == built["files"]
    assert names == [f"glue_jobs-{built['code']}.zip", f"process-{built['code']}.py", f"validate-{built['code']}.py"]
    assert built["jobs"] is None
    assert "orders_lake/rates.py" in zipfile.ZipFile(project / "out" / names[0]).namelist()
    assert [(project / "again" / name).read_bytes() for name in names] == [
        (project / "out" / name).read_bytes() for name in names
    ]
    assert again.output.splitlines()[0] == f"again/{names[0]}  {(project / 'out' / names[0]).stat().st_size} bytes"


@pytest.mark.s3
def test_deploy_then_change_then_back(project: Path, account: dict[str, str], house: GlueHouse) -> None:
    first = json.loads(lake("--defs", "defs", "deploy-jobs", "--json").output)
    defined = json.loads(lake("--defs", "defs", "build-jobs", "--out", "out", "--json").output)["jobs"]
    (project / "orders_lake/rates.py").write_text("def run(rows):\n    return rows.distinct()\n")
    second = lake("--defs", "defs", "deploy-jobs")
    deployed = _job(house)
    back = json.loads(lake("--defs", "defs", "deploy-jobs", "--back", "--json").output)

    assert first == {"number": 1, "code": first["code"], "jobs": ["cli-process", "cli-validate"]}
    assert second.output.startswith("deployment 2: code ")
    assert first["code"] not in deployed["Command"]["ScriptLocation"]
    assert back == {**first, "number": 3}
    assert {name: _job(house)[name] for name in defined["cli-process"]} == defined["cli-process"]


@pytest.mark.s3
@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"LAKE_CODE_BUCKET": ""}, "LAKE_CODE_BUCKET is not set"),
        ({"LAKE_GLUE_ROLE": ""}, "LAKE_GLUE_ROLE is not set"),
        ({"LAKE_CODE_BUCKET": "no-such-bucket"}, "The bucket 'no-such-bucket' refuses access"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "Unable to locate credentials"),
    ],
    ids=["no code bucket", "no role", "another bucket", "no credentials"],
)
def test_what_is_missing_is_one_message(
    project: Path,
    account: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, str],
    told: str,
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(project / "none"))
    for name, value in change.items():
        monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name)

    result = lake("--defs", "defs", "deploy-jobs")

    assert result.exit_code == (1 if told.startswith("Unable") else 2)
    assert told in result.output
    assert "Traceback" not in result.output


@pytest.mark.s3
def test_going_back_from_nothing_is_told(project: Path, account: dict[str, str], monkeypatch: Any) -> None:
    monkeypatch.setenv("LAKE_GLUE_JOB_PREFIX", "fresh-")

    result = lake("deploy-jobs", "--back")

    assert result.exit_code == 2
    assert "nothing to go back to" in result.output


def _job(house: GlueHouse) -> Any:
    return house.connect("glue").get_job(JobName="cli-process")["Job"]
