"""One small dataset on both backends: on AWS with everything going wrong that passes."""

import contextlib
import json
import os
import shutil
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster_pipes import decode_param

from lake_platform.cli.jobs import deploy
from lake_platform.cli.tick import TickSummary, run_tick
from lake_platform.cli.warehouse import read_table
from lake_platform.definitions import build_resources
from lake_platform.local.glue import Fault
from lake_platform.local.rehearsal.calls import CallLog
from lake_platform.local.rehearsal.cloud import CODE, LAKE, LANDING, ROLE, Cloud, access_key, environment, open_cloud
from lake_platform.local.rehearsal.compare import Table
from lake_platform.local.rehearsal.console import console_in
from lake_platform.settings import Settings
from lake_platform.spark.glue.settings import GlueSettings
from lake_platform_tests.aws.faulty import Faults, faulty
from lake_platform_tests.e2e.conftest import INSTANCE_FILE, built_house
from lake_platform_tests.e2e.contracts import COLUMNS, day_file, scd2
from lake_platform_tests.sensors.receiver import Receiver, receiving

PERSONAL = [{**column, "pii": "hash"} if column["name"] == "region" else column for column in COLUMNS]
GOOD = day_file(
    "crm",
    "2024-01-01",
    (1, "I", "EU", "1.50", "2024-01-01 10:00"),
    (2, "I", "US", "2.50", "2024-01-01 10:00"),
    (1, "U", "AP", "3.50", "2024-01-01 11:00"),
    (3, "X", "EU", "0.00", "2024-01-01 11:00"),
)
BAD = day_file("crm", "2024-01-02", (4, "X", "EU", "0.00", "2024-01-02 10:00"))
CRAWLER = "crm-landed"
TABLES = ("analytics.dim_crm", "staging.stg_crm")
RENEWED = f"{access_key('orchestrator')}RENEWED"


@dataclass(frozen=True, kw_only=True)
class Rehearsed:
    """One run of both backends over a good day and a refused one.

    Attributes:
        secrets: by whose they are.
        console: what was printed on the way, with Dagster's whole log.
    """

    cloud: Cloud
    home: Path
    faults: Faults
    here: TickSummary
    there: TickSummary
    tables_here: dict[str, Table]
    tables_there: dict[str, Table]
    calls: CallLog
    secrets: Mapping[str, str]
    receiver: Receiver
    console: Path


@contextlib.contextmanager
def rehearse_crm(folder: Path, spark_dir: Path, faults: Faults) -> Generator[Rehearsed]:
    """Runs the dataset here, then on AWS. The environment is that of AWS inside the block.

    Two deploy the jobs at once. The credentials of the orchestrator expire on the way and are renewed in their file, as an agent would. The first
    job that wants the secret finds its credentials expired, which fails it.
    """
    aws = folder / "aws"
    aws.mkdir()
    shutil.copy(INSTANCE_FILE, aws)
    (folder / "local").mkdir()
    console = folder / "console.log"
    with contextlib.ExitStack() as stack:
        cloud = stack.enter_context(open_cloud(aws, through=lambda url: _faulty(url, faults)))
        receiver = stack.enter_context(receiving())
        stack.enter_context(console_in(console))
        here, tables_here = _run_here(folder / "local", spark_dir, cloud.pii_key)
        defs = {"LAKE_DEFS": str(folder / "local/defs"), "DAGSTER_HOME": str(aws), "LAKE_ALERT_WEBHOOK": receiver.url}
        with environment({**cloud.deployer, **defs}), ThreadPoolExecutor(2) as deployers:
            list(deployers.map(lambda _: deploy(GlueSettings.from_environment(os.environ)), range(2)))
        renewed = _renewing(folder / "credentials", cloud, faults)
        stack.enter_context(environment({**cloud.environment, **defs, **renewed}))
        for name in cloud.credentials["orchestrator"]:
            del os.environ[name]
        stack.enter_context(contextlib.chdir(aws))
        for key, content in (GOOD, BAD):
            cloud.client("s3").put_object(Bucket=LANDING, Key=key, Body=content.encode())
        target = {"Path": f"s3://{LANDING}/crm/"}
        cloud.client("glue").create_crawler(
            Name=CRAWLER, Role=ROLE, DatabaseName="crawled", Targets={"S3Targets": [target]}
        )
        cloud.glue.faults.add(Fault("StartJobRun", "drop_answer"))
        there = run_tick(Settings.from_environment(), verbose=True)
        yield Rehearsed(
            cloud=cloud,
            home=aws,
            faults=faults,
            here=here,
            there=there,
            tables_here=tables_here,
            tables_there=_tables(),
            calls=CallLog(cloud.requests),
            secrets={**cloud.secrets, "LAKE_ALERT_WEBHOOK": receiver.url.rpartition("/")[2]},
            receiver=receiver,
            console=console,
        )


def places(rehearsed: Rehearsed) -> dict[str, bytes]:
    """All that somebody may read who is not meant to know a secret."""
    found = {f"run {run.id}": str(run.described()).encode() for run in rehearsed.cloud.glue.book.runs()}
    found |= {f"progress {run.id}": _decoded(run.arguments) for run in rehearsed.cloud.glue.book.runs()}
    found |= {f"log {name}": text.encode() for name, text in rehearsed.cloud.printed()}
    found |= {f"s3 {bucket}/{key}": body for bucket in (LAKE, CODE) for key, body in objects(rehearsed.cloud, bucket)}
    found |= {f"file {path}": path.read_bytes() for path in (rehearsed.home / ".dagster").rglob("*") if path.is_file()}
    with dg.DagsterInstance.get() as instance:
        for record in instance.get_run_records():
            run = record.dagster_run
            found[f"dagster {run.run_id}"] = dg.serialize_value(run).encode()
            events = (dg.serialize_value(entry) for entry in instance.all_logs(run.run_id))
            found[f"events {run.run_id}"] = "\n".join(events).encode()
    found["resources"] = repr(build_resources(Settings.from_environment())).encode()
    found["console"] = rehearsed.console.read_bytes()
    found["server requests"] = rehearsed.cloud.requests.read_bytes()
    found["calls"] = str(rehearsed.calls.record()).encode()
    found |= dict(_catalog(rehearsed.cloud))
    found["alerts"] = str(rehearsed.receiver.messages).encode()
    return found


def hits(found: Mapping[str, bytes], secrets: Mapping[str, str]) -> set[tuple[str, str]]:
    """Where which secret stands."""
    return {
        (place, whose) for place, text in found.items() for whose, secret in secrets.items() if secret.encode() in text
    }


def objects(cloud: Cloud, bucket: str) -> Iterator[tuple[str, bytes]]:
    s3: Any = cloud.client("s3")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for each in page.get("Contents", []):
            yield each["Key"], s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read()


@contextlib.contextmanager
def _faulty(url: str, faults: Faults) -> Generator[str]:
    with faulty(url, faults) as server:
        yield server.url


def _run_here(folder: Path, spark_dir: Path, pii_key: str) -> tuple[TickSummary, dict[str, Table]]:
    with built_house(folder, spark_dir) as house, pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAKE_PII_KEY", pii_key)
        house.define("crm", scd2("crm", columns=PERSONAL, catalog={"crawler": CRAWLER}))
        for key, content in (GOOD, BAD):
            house.drop(key, content)
        return house.tick(), _tables()


def _tables() -> dict[str, Table]:
    return {name: read_table(f"SELECT * FROM {name}") for name in TABLES}


def _renewing(file: Path, cloud: Cloud, faults: Faults) -> dict[str, str]:
    """The variable by which boto3 finds the credentials; they are renewed as soon as they have expired."""

    def write(key_id: str) -> None:
        told = {**cloud.credentials["orchestrator"], "AWS_ACCESS_KEY_ID": key_id}
        lines = [f"{name.lower()} = {value}" for name, value in told.items()]
        half = file.with_suffix(".half")
        half.write_text("\n".join(["[default]", *lines, ""]))
        half.replace(file)

    write(access_key("orchestrator"))
    faults.on_expired = lambda: write(RENEWED)
    return {"AWS_SHARED_CREDENTIALS_FILE": str(file)}


def _catalog(cloud: Cloud) -> Iterator[tuple[str, bytes]]:
    glue: Any = cloud.client("glue")
    for database in glue.get_databases()["DatabaseList"]:
        for table in glue.get_tables(DatabaseName=database["Name"])["TableList"]:
            at = {"DatabaseName": database["Name"], "TableName": table["Name"]}
            told = [table, *glue.get_partitions(**at)["Partitions"]]
            yield f"catalog {database['Name']}.{table['Name']}", json.dumps(told, default=str).encode()


def _decoded(arguments: Mapping[str, str]) -> bytes:
    """What Dagster Pipes packs."""
    packed = [value for name, value in arguments.items() if name.startswith("--dagster-pipes")]
    return json.dumps([decode_param(value) for value in packed]).encode()
