"""`lake catalog`, over a catalog that is filled by hand."""

import json
from pathlib import Path

import pytest

from lake_platform.lake.catalog import (
    CatalogColumn,
    CatalogEntry,
    CatalogInput,
    CatalogPartition,
    CatalogTable,
    StorageFormat,
)
from lake_platform.lake.document_catalog import DocumentCatalog
from lake_platform.lake.stores.local import LocalStore
from lake_platform_tests.cli.conftest import Lake

AREA = CatalogColumn(name="area", type="VARCHAR(64)", hive="varchar(64)", comment="where")
REGION = CatalogColumn(name="region", type="VARCHAR(64)", hive="varchar(64)", aliases=("area",))


def entry(layer: str, *columns: CatalogColumn, rows: int | None = 5) -> CatalogEntry:
    table = CatalogTable(
        database="lake",
        table=f"orders_{layer}",
        description="what was ordered",
        location=f"s3://lake/{layer}/orders/",
        format=StorageFormat(kind="parquet"),
        columns=columns,
        parameters={"dataset": "orders"},
        sources=("lake.orders_raw",),
    )
    partition = CatalogPartition(
        key="2024-03-01",
        number=2,
        token="t",
        published_at="2024-03-02T05:06:07.000000+00:00",
        location=f"s3://lake/{layer}/orders/x/",
        rows=rows,
        size=123,
        checks={"row_count": True, "id_is_complete": False},
        inputs=(CatalogInput(name="lake.orders_raw", number=3, token="r"),),
    )
    return CatalogEntry(table=table, partitions={partition.key: partition})


@pytest.fixture
def filled(lake: Lake, tmp_path: Path) -> Lake:
    """Two tables of one dataset; the schema of the first has two versions."""
    catalog = DocumentCatalog(LocalStore("lake", tmp_path / ".lake/s3/lake"))
    catalog.register(entry("validated", AREA))
    catalog.register(entry("validated", REGION))
    catalog.register(entry("processed", REGION, rows=None))
    return lake


def test_an_empty_catalog_is_an_empty_list(lake: Lake) -> None:
    assert json.loads(lake("catalog", "--json").stdout) == []
    assert "registered by runs" in lake("catalog", "orders").output


def test_the_list_names_every_table_with_its_partitions_and_rows(filled: Lake) -> None:
    told = filled("catalog")

    assert told.exit_code == 0, told.output
    assert [line.split()[:5] for line in told.output.splitlines()[2:]] == [
        ["lake.orders_processed", "parquet", "1", "1", "2024-03-02T05:06:07"],
        ["lake.orders_validated", "parquet", "1", "1", "5"],
    ]


@pytest.mark.parametrize("name", ["lake.orders_validated", "orders_validated"])
def test_a_table_is_shown_with_columns_versions_failed_checks_and_inputs(filled: Lake, name: str) -> None:
    told = filled("catalog", name)

    assert told.exit_code == 0, told.output
    for text in (
        "what was ordered",
        "varchar(64)",
        "version 1, ",
        ": first",
        "renamed: area to region",
        "lake.orders_raw #3",
    ):
        assert text in told.output
    (line,) = [line.split() for line in told.output.splitlines() if line.startswith("2024-03-01")]
    assert line[:5] == ["2024-03-01", "5", "123", "2024-03-02T05:06:07", "id_is_complete"]


def test_json_of_a_table_holds_all_of_it(filled: Lake) -> None:
    told = json.loads(filled("catalog", "orders_validated", "--json").stdout)

    assert [column["name"] for column in told["columns"]] == ["region"]
    assert [version["changes"].get("renamed") for version in told["versions"]] == [None, ["area to region"]]
    assert told["partitions"]["2024-03-01"]["checks"] == {"row_count": True, "id_is_complete": False}
    assert told["partitions"]["2024-03-01"]["inputs"] == [{"name": "lake.orders_raw", "number": 3, "token": "r"}]


def test_a_dataset_is_the_list_of_its_tables(filled: Lake) -> None:
    told = json.loads(filled("catalog", "orders", "--json").stdout)

    assert [(table["name"], table["partitions"]) for table in told] == [
        ("lake.orders_processed", 1),
        ("lake.orders_validated", 1),
    ]


def test_an_unknown_table_is_wrong_use_and_names_those_there_are(filled: Lake) -> None:
    told = filled("catalog", "nobody")

    assert told.exit_code == 2
    assert "lake.orders_processed" in told.output
