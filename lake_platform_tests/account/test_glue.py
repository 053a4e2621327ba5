"""Glue itself: jobs that are deployed and run, and a crawl."""

import datetime as dt
import os
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from lake_platform.assets.processed import build_processed
from lake_platform.assets.raw import build_raw
from lake_platform.assets.validated import build_validated
from lake_platform.aws.calls import AwsCalls, connect
from lake_platform.aws.glue_crawlers import GlueCrawlers
from lake_platform.aws.glue_tables import describe_catalog_table
from lake_platform.aws.resources import build_glue, s3_client
from lake_platform.cli.jobs import deploy
from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.source import load_folder
from lake_platform.lake.document_catalog import DocumentCatalog
from lake_platform.lake.lake import Lake
from lake_platform.lake.stores.s3 import S3Store
from lake_platform.spark.glue.settings import GlueSettings
from lake_platform_tests.account.account import Account
from lake_platform_tests.e2e.contracts import day_file, define

DAY = "2024-01-01"
ROWS = (("1", "I", "EU", "1.50", "2024-01-01 10:00"), ("2", "X", "EU", "2.50", "2024-01-01 10:00"))


def deployed(account: Account, monkeypatch: pytest.MonkeyPatch) -> GlueSettings:
    """The jobs, under names of this test alone."""
    for name, value in {
        "LAKE_CODE_BUCKET": account.bucket(),
        "LAKE_GLUE_ROLE": account.value("LAKE_TEST_AWS_GLUE_ROLE"),
        "LAKE_GLUE_JOB_PREFIX": f"{account.unique}-",
        "LAKE_GLUE_WORKERS": "2",
    }.items():
        monkeypatch.setenv(name, value)
    settings = GlueSettings.from_environment(os.environ)
    glue = account.client("glue")
    for job in ("validate", "process"):
        account.undo.append(lambda job=job: glue.delete_job(JobName=f"{account.unique}-{job}"))
    deploy(settings)
    return settings


def contract_of(name: str, folder: Path) -> DatasetContract:
    (folder / name).mkdir()
    (folder / name / "defs.yaml").write_text(define(name, target=None), encoding="utf-8")
    found = load_folder(folder)
    assert not found.faults
    return found.contracts[0]


@pytest.mark.spark
def test_a_dataset_goes_from_raw_to_processed(
    account: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings, contract = deployed(account, monkeypatch), contract_of(account.unique, tmp_path)
    store = S3Store(s3_client, account.bucket())
    lake = Lake(landing=store, lake=store, settle=0.0, read_pii_key=str)
    key, text = day_file(account.unique, DAY, *ROWS)
    store.put(key, text.encode())
    resources: dict[str, Any] = {
        "lake": lake,
        "spark": build_glue(lake, settings, dict),
        "catalog": DocumentCatalog(store),
    }

    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            [build_raw(contract), build_validated(contract), build_processed(contract)],
            partition_key=DAY,
            instance=instance,
            resources=resources,
        )

    (made,) = result.asset_materializations_for_node(f"{account.unique}_processed")
    assert made.metadata["dagster/row_count"].value == 1
    uploads = account.client("s3").list_multipart_uploads(Bucket=store.bucket).get("Uploads", [])
    assert [each["Key"] for each in uploads if account.unique in each["Key"]] == []


def crawled(account: Account) -> tuple[str, str]:
    """A crawler over one file, its name and its database."""
    bucket, role = account.bucket(), account.value("LAKE_TEST_AWS_CRAWLER_ROLE")
    database = f"{account.value('LAKE_TEST_AWS_DATABASE_PREFIX')}{account.unique}"
    glue = account.client("glue")
    account.client("s3").put_object(
        Bucket=bucket, Key=f"{account.unique}/people/dt={DAY}/a.csv", Body=b"person_id,city\n1,Ulm\n2,Bonn\n3,Mainz\n"
    )
    glue.create_database(DatabaseInput={"Name": database})
    account.undo.append(lambda: glue.delete_database(Name=database))
    target = {"Path": f"s3://{bucket}/{account.unique}/people/"}
    glue.create_crawler(Name=account.unique, Role=role, DatabaseName=database, Targets={"S3Targets": [target]})
    account.undo.append(lambda: glue.delete_crawler(Name=account.unique))
    return target["Path"], database


def test_a_crawl_is_run_once_and_waited_for(account: Account) -> None:
    url, database = crawled(account)
    crawlers = GlueCrawlers(AwsCalls(connect, "glue"), poll=2)
    before = dt.datetime.now(dt.UTC)

    crawl = crawlers.crawl(account.unique, url=url, after=before, minutes=15)

    assert crawl.database == database
    assert crawl.began > before - dt.timedelta(minutes=1)
    earlier = crawl.began - dt.timedelta(minutes=2)
    assert crawlers.crawl(account.unique, url=url, after=earlier, minutes=15) == crawl


def test_the_table_of_a_crawl_becomes_a_definition(account: Account) -> None:
    url, database = crawled(account)
    GlueCrawlers(AwsCalls(connect, "glue"), poll=2).crawl(
        account.unique, url=url, after=dt.datetime.now(dt.UTC), minutes=15
    )

    found = describe_catalog_table(AwsCalls(connect, "glue"), f"{database}.people")

    assert f"s3://{found.bucket}/{found.prefix}" == url
    assert [(column.name, column.type) for column in found.columns] == [
        ("person_id", "bigint"),
        ("city", "varchar(256)"),
    ]
    assert (found.form.kind, found.form.header, found.partition.by) == ("csv", True, "day")
