"""The definitions of the Glue jobs are those of the table in the docs, and what differs is told."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lake_platform.errors import SettingsError
from lake_platform.spark.glue.job import CONFS, GlueJob, compare_jobs, default_arguments, define_jobs
from lake_platform.spark.glue.package import JobPackage
from lake_platform.spark.glue.settings import GlueSettings

DOCS = Path(__file__).parents[2] / "docs" / "glue.md"
PACKAGE = JobPackage("0123456789abcdef", {})
SETTINGS = GlueSettings(code_bucket="BUCKET", role="arn:aws:iam::1:role/r", python_modules="shapely==2.0.7")


def rows_of(heading: str) -> dict[str, str]:
    """The first two columns of the table below a heading of the docs."""
    section = DOCS.read_text(encoding="utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return dict(re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|", section, re.MULTILINE))


def test_the_arguments_are_those_of_the_table() -> None:
    made = {name: value.replace(PACKAGE.digest, "CODE") for name, value in default_arguments(PACKAGE, SETTINGS).items()}
    table = rows_of("Arguments of both jobs")

    confs = made.pop("--conf").split(" --conf ")
    assert table.pop("--additional-python-modules") == "LAKE_GLUE_PYTHON_MODULES"
    assert made.pop("--additional-python-modules") == "shapely==2.0.7"
    assert table.pop("--conf") == "the settings below, joined by  --conf "
    assert made == table
    assert dict(conf.split("=", 1) for conf in confs) == CONFS == rows_of("Spark settings of both jobs")


def test_the_definition_is_that_of_the_table() -> None:
    body = dict(define_jobs(PACKAGE, SETTINGS)["process"].body)
    del body["DefaultArguments"]

    assert {name: str(value).replace(PACKAGE.digest, "CODE") for name, value in body.items()} == {
        "Command": "{'Name': 'glueetl', 'ScriptLocation': 's3://BUCKET/glue/code/CODE/process-CODE.py', 'PythonVersion': '3'}",
        "Description": "lake_platform: process",
        "ExecutionProperty": "{'MaxConcurrentRuns': 20}",
        "GlueVersion": "5.1",
        "JobRunQueuingEnabled": "True",
        "MaxRetries": "0",
        "NumberOfWorkers": "5",
        "Role": "arn:aws:iam::1:role/r",
        "Timeout": "120",
        "WorkerType": "G.1X",
    }


def test_a_security_configuration_is_kept_by_an_update() -> None:
    secured = define_jobs(PACKAGE, replace(SETTINGS, security_configuration="prod-jobs"))["process"]

    assert secured.body["SecurityConfiguration"] == "prod-jobs"
    assert "SecurityConfiguration" not in define_jobs(PACKAGE, SETTINGS)["process"].body


CHANGES: dict[str, tuple[dict[str, Any], str, str]] = {
    "another script": ({"Command": {"Name": "glueetl", "ScriptLocation": "s3://x", "PythonVersion": "3"}}, "code", "Command ScriptLocation is 's3://x'"),
    "another version": ({"GlueVersion": "4.0"}, "code", "GlueVersion is '4.0', not '5.1'"),
    "an argument more": ({"DefaultArguments": {"--enable-spark-ui": "true"}}, "code", "DefaultArguments --enable-spark-ui is 'true', not None"),
    "more workers": ({"NumberOfWorkers": 50}, "tuned", "NumberOfWorkers is 50, not 5"),
    "more at once": ({"ExecutionProperty": {"MaxConcurrentRuns": 1}}, "tuned", "ExecutionProperty MaxConcurrentRuns is 1, not 20"),
    "another role": ({"Role": "arn:aws:iam::1:role/other"}, "tuned", "Role is 'arn:aws:iam::1:role/other'"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "kind", "told"), CHANGES.values(), ids=CHANGES)
def test_a_difference_is_told_by_its_kind(change: dict[str, Any], kind: str, told: str) -> None:
    wanted = define_jobs(PACKAGE, SETTINGS)["validate"]
    found = {**wanted.body, **change}
    if "DefaultArguments" in change:
        found["DefaultArguments"] = {**wanted.body["DefaultArguments"], **change["DefaultArguments"]}

    drift = compare_jobs(wanted, found)

    (line,) = drift.code if kind == "code" else drift.tuned
    assert line.startswith(told)
    assert not (drift.tuned if kind == "code" else drift.code)


def test_what_glue_adds_is_no_difference() -> None:
    wanted = define_jobs(PACKAGE, SETTINGS)["validate"]
    added = {
        "Name": wanted.name,
        "CreatedOn": 1,
        "MaxCapacity": 5.0,
        "AllocatedCapacity": 5,
        "ExecutionClass": "STANDARD",
    }

    drift = compare_jobs(GlueJob(wanted.name, wanted.body), {**wanted.body, **added})

    assert (drift.code, drift.tuned) == ((), ())


def test_an_orchestrator_without_the_role_does_not_look_at_it() -> None:
    deployed = define_jobs(PACKAGE, SETTINGS)["validate"].body
    drift = compare_jobs(define_jobs(PACKAGE, replace(SETTINGS, role=""))["validate"], deployed)

    assert drift.tuned == ()


ENVIRONMENT = {
    "LAKE_CODE_BUCKET": "code",
    "LAKE_GLUE_JOB_PREFIX": "prod-",
    "LAKE_GLUE_ROLE": "arn:aws:iam::1:role/r",
    "LAKE_GLUE_WORKERS": "3",
    "LAKE_GLUE_WORKER_TYPE": "G.2X",
    "LAKE_GLUE_TIMEOUT_MINUTES": "30",
    "LAKE_GLUE_CONCURRENT_RUNS": "2",
    "LAKE_GLUE_SECURITY_CONFIGURATION": "prod-jobs",
    "LAKE_GLUE_PYTHON_MODULES": "x==1",
    "LAKE_PII_KEY_FROM": "ssm:/lake/pii",
}


def test_settings_come_from_the_environment() -> None:
    assert GlueSettings.from_environment(ENVIRONMENT) == GlueSettings(
        code_bucket="code",
        job_prefix="prod-",
        role="arn:aws:iam::1:role/r",
        workers=3,
        worker_type="G.2X",
        timeout_minutes=30,
        concurrent_runs=2,
        security_configuration="prod-jobs",
        python_modules="x==1",
        pii_key_from="ssm:/lake/pii",
    )
    assert GlueSettings.from_environment({"LAKE_CODE_BUCKET": "code"}) == GlueSettings(code_bucket="code")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"LAKE_CODE_BUCKET": ""}, "LAKE_CODE_BUCKET is not set"),
        ({"LAKE_GLUE_WORKERS": "1"}, "LAKE_GLUE_WORKERS is '1': set it to a whole number, 2 or more"),
        ({"LAKE_GLUE_TIMEOUT_MINUTES": "1h"}, "LAKE_GLUE_TIMEOUT_MINUTES is '1h'"),
        ({"LAKE_PII_KEY_FROM": "s3cret"}, "LAKE_PII_KEY_FROM is no reference"),
    ],
    ids=["no bucket", "one worker", "no number", "a value, not a reference"],
)
def test_settings_that_cannot_be_used_are_named(changed: dict[str, str], told: str) -> None:
    with pytest.raises(SettingsError, match=told) as refused:
        GlueSettings.from_environment({**ENVIRONMENT, **changed})

    assert "s3cret" not in str(refused.value)


def test_choosing_glue_imports_neither_dagster_aws_nor_pyspark() -> None:
    """Definitions are loaded by every process; both take long to import, and only a run needs the first."""
    code = "import sys, lake_platform.spark.glue.resource; print(*(n for n in ('dagster_aws', 'pyspark') if n in sys.modules))"

    assert subprocess.check_output([sys.executable, "-c", code], text=True).split() == []
