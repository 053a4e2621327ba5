"""`lake new --from-catalog`: the real client at a Data Catalog with a table as a crawler makes it."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lake_platform.aws.calls import AwsCalls, Connect
from lake_platform.aws.glue_catalog import GlueCatalog
from lake_platform.cli.main import cli
from lake_platform_tests.discovery.test_catalog_table import crawled
from lake_platform_tests.lake.test_catalog import entry

pytestmark = pytest.mark.s3


@pytest.fixture
def table(aws_connect: Connect, unique: str) -> str:
    """`database.table` of a table with two partitions."""
    glue = aws_connect("glue")
    glue.create_database(DatabaseInput={"Name": unique})
    told = crawled()
    glue.create_table(DatabaseName=unique, TableInput=told)
    glue.batch_create_partition(
        DatabaseName=unique,
        TableName="customers",
        PartitionInputList=[
            {"Values": [day], "StorageDescriptor": {"Location": f"s3://landing/crm/customers/dt={day}/"}}
            for day in ("2024-03-01", "2024-03-02")
        ],
    )
    return f"{unique}.customers"


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, aws_url: str, tmp_path: Path) -> Path:
    """What a person's shell says of the account; the definitions folder."""
    for name, value in {
        "AWS_ENDPOINT_URL": aws_url,
        "AWS_REGION": "us-east-1",
        "NO_PROXY": "127.0.0.1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "LAKE_HOME": str(tmp_path / ".lake"),
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("LAKE_BACKEND", raising=False)
    (tmp_path / "defs").mkdir()
    return tmp_path / "defs"


def new(defs: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["--defs", str(defs), "new", "people", *arguments])


def test_a_definition_is_made_of_a_table_and_has_no_fault(account: Path, table: str) -> None:
    told = new(account, "--from-catalog", table)

    assert told.exit_code == 0, told.output
    assert "region: varchar(256) (guess: a string has no length" in told.output
    assert "2 day(s), 2024-03-01 to 2024-03-02, in the keys of all 2 partition(s)" in told.output
    assert CliRunner().invoke(cli, ["--defs", str(account), "check"]).exit_code == 0


def test_programs_get_the_same_as_json(account: Path, table: str) -> None:
    told = json.loads(new(account, "--from-catalog", table, "--json").stdout)

    assert told["file"] == str(account / "people" / "defs.yaml")
    assert (told["bucket"], told["prefix"], told["partition"]["by"]) == ("landing", "crm/customers/", "day")
    assert [column["type"] for column in told["contract"]] == ["bigint", "varchar(256)"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nowhere.customers", "there is no such table in the Glue Data Catalog"),
        ("customers", "not written as DATABASE.TABLE"),
    ],
)
def test_a_table_that_is_not_there_is_named(account: Path, name: str, told: str) -> None:
    refused = new(account, "--from-catalog", name)

    assert refused.exit_code == 2
    assert told in refused.output
    assert list(account.iterdir()) == []


def test_a_table_of_the_platform_leads_to_its_dataset(account: Path, aws_connect: Connect, unique: str) -> None:
    GlueCatalog(AwsCalls(aws_connect, "glue"), prefix=unique).register(entry())

    refused = new(account, "--from-catalog", f"{unique}{entry().table.name}")

    assert refused.exit_code == 2
    assert "the platform registered it" in refused.output


def test_the_region_has_to_be_known(account: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)

    assert "AWS_REGION is not set" in new(account, "--from-catalog", "a.b").output


@pytest.mark.parametrize("arguments", [(), ("--sample", "a.csv", "--from-catalog", "a.b")])
def test_one_source_has_to_be_named(account: Path, arguments: tuple[Any, ...]) -> None:
    refused = new(account, *arguments)

    assert refused.exit_code == 2
    assert "one of --sample and --from-catalog" in refused.output
