"""What the catalog is told of each layer of a dataset."""

from collections.abc import Mapping
from typing import Any

import dagster as dg
import pytest

from glue_jobs.protocol import OutputFile, PartitionReport, RuleOutcome
from lake_platform.assets.catalog_tables import catalog_name, layer_table
from lake_platform.assets.documents import layer_body
from lake_platform.assets.registered import register_layer, registered
from lake_platform.assets.results import PartitionResult, absent
from lake_platform.contract.dataset import LAYERS, DatasetContract
from lake_platform.lake.accept import accept
from lake_platform.lake.catalog import CatalogInput
from lake_platform.lake.document_catalog import DocumentCatalog
from lake_platform.lake.lake import Lake
from lake_platform.lake.store import ObjectInfo
from lake_platform_tests.lake.builders import memory_lake
from lake_platform_tests.warehouse.tables import history_contract

DAY = "2024-03-01"
FILE = b"id,part,name,amount,note,changed_at\n1,a,b,2.50,,2024-03-01\n"


def contract_with(**column: object) -> DatasetContract:
    """The dimension of the warehouse tests, with another last column."""
    text = history_contract("changes").model_dump(mode="json", by_alias=True)
    text["columns"][-1] |= column
    return DatasetContract.model_validate(text)


def land(lake: Lake, contract: DatasetContract) -> None:
    """One accepted file in raw."""
    key = f"{contract.arrives.prefix}{DAY}"
    lake.landing.put(key, FILE)
    found = lake.landing.head(key)
    assert isinstance(found, ObjectInfo)
    accept(lake, contract, DAY, landed=[found], fingerprint="f")


def publish_validated(lake: Lake, contract: DatasetContract, *, token: str = "v1", after: int = 0) -> None:
    """A document of validated made of the newest one of raw."""
    raw = lake.log(contract.name, "raw").latest(DAY)
    assert raw is not None
    url = f"s3://lake/validated/things/j/a/rows/part={DAY}/x.parquet"
    report = PartitionReport(
        partition=DAY,
        token=token,
        rows_in=3,
        rows_out=2,
        rows_quarantined=1,
        files=(OutputFile(url=url, content_length=70, record_count=2),),
        reasons={"rule:named": 1},
        rules=(RuleOutcome(name="named", rule='IsComplete "name"', otherwise="quarantine", passed=False),),
    )
    body = layer_body(contract, "validated", lake=lake, report=report, source=raw)
    lake.log(contract.name, "validated").publish(DAY, body, token=token, after=after)


def test_raw_is_registered_with_its_files_as_text() -> None:
    contract, lake = history_contract("changes"), memory_lake()
    catalog = DocumentCatalog(lake.lake)
    land(lake, contract)

    register_layer(contract, "raw", lake=lake, catalog=catalog)

    found = catalog.latest("lake.things_raw")
    assert found is not None
    assert {column.hive for column in found.table.columns} == {"string"}
    assert [column.type for column in found.table.columns][:1] == ["BIGINT"]
    assert found.table.format.serde.endswith("OpenCSVSerde")
    assert found.table.parameters["skip.header.line.count"] == "1"
    partition = found.partitions[DAY]
    assert (partition.rows, partition.size) == (1, len(FILE))
    assert partition.location == f"s3://lake/raw/things/{DAY}/"
    assert partition.checks == {"files_accounted": True, "files_readable": True}
    assert [each.name for each in partition.inputs] == ["s3://landing/things/"]


def test_a_published_partition_has_its_location_checks_and_inputs() -> None:
    contract, lake = history_contract("changes"), memory_lake()
    catalog = DocumentCatalog(lake.lake)
    land(lake, contract)
    publish_validated(lake, contract)

    register_layer(contract, "validated", lake=lake, catalog=catalog)

    raw, found = lake.log("things", "raw").latest(DAY), catalog.latest("lake.things_validated")
    assert raw is not None
    assert found is not None
    partition = found.partitions[DAY]
    assert (partition.rows, partition.size, partition.number) == (2, 70, 1)
    assert partition.location == f"s3://lake/validated/things/j/a/rows/part={DAY}/"
    assert partition.manifest == f"s3://lake/manifests/things/validated/{DAY}/v1.json"
    assert partition.checks == {
        "matches_contract": True,
        "rows_conserved": True,
        "rows_readable": True,
        "named": False,
    }
    assert partition.inputs == (CatalogInput(name="lake.things_raw", number=1, token=raw.token),)
    assert found.table.sources == ("lake.things_raw",)


def test_what_a_killed_run_did_not_register_the_next_run_does() -> None:
    contract, lake = history_contract("changes"), memory_lake()
    catalog = DocumentCatalog(lake.lake)
    land(lake, contract)
    publish_validated(lake, contract)

    registered(contract, "validated", [absent("2024-03-02")], lake=lake, catalog=catalog)

    found = catalog.latest("lake.things_validated")
    assert found is not None
    assert set(found.partitions) == {DAY}


def test_documents_from_before_the_catalog_are_registered_with_what_they_say() -> None:
    contract, lake = history_contract("changes"), memory_lake()
    catalog = DocumentCatalog(lake.lake)
    log = lake.log("things", "target")
    log.publish(DAY, {"content": "c", "rows": 7, "counts": {}}, token="t", after=0)

    register_layer(contract, "target", lake=lake, catalog=catalog)

    found = catalog.latest("analytics.dim_things")
    assert found is not None
    partition = found.partitions[DAY]
    assert (partition.rows, partition.inputs, partition.checks) == (7, (), {"rows_conserved": True})


def test_a_layer_that_published_nothing_is_not_registered() -> None:
    contract, lake = history_contract("changes"), memory_lake()
    catalog = DocumentCatalog(lake.lake)

    assert register_layer(contract, "staging", lake=lake, catalog=catalog) is None
    assert registered(contract, "staging", [absent(DAY)], lake=lake, catalog=catalog) == [absent(DAY)]
    assert catalog.entries() == []


def test_the_asset_page_shows_version_and_changes_of_the_schema() -> None:
    lake = memory_lake()
    catalog = DocumentCatalog(lake.lake)
    land(lake, contract_with())
    result = PartitionResult(partition=DAY, state="published", token="t", metadata={"kept": 1})

    def shown(contract: DatasetContract) -> Mapping[str, Any]:
        (told,) = registered(contract, "raw", [result], lake=lake, catalog=catalog)
        return told.metadata

    first = shown(contract_with())
    second = shown(contract_with(type="date"))

    assert first == {
        "kept": 1,
        "lake_platform/catalog_table": "lake.things_raw",
        "lake_platform/schema_version": 1,
    }
    assert second["lake_platform/schema_version"] == 2
    changes = second["lake_platform/schema_changes"]
    assert isinstance(changes, dg.MarkdownMetadataValue)
    assert "retyped: changed_at: TIMESTAMP to DATE" in (changes.md_str or "")
    unchanged = PartitionResult(partition=DAY, state="unchanged", token="t")
    assert registered(contract_with(), "raw", [unchanged], lake=lake, catalog=catalog) == [unchanged]


@pytest.mark.parametrize("delivers", ["changes", "snapshot"])
def test_layers_are_linked_by_their_sources_and_no_column_is_named_twice(delivers: Any) -> None:
    contract, lake = history_contract(delivers), memory_lake()

    tables = [layer_table(contract, layer, lake) for layer in LAYERS]

    assert [table.sources[0] for table in tables[1:]] == [table.name for table in tables[:-1]]
    assert [table.name for table in tables] == [catalog_name(contract, layer) for layer in LAYERS]
    for table in tables:
        names = [column.name for column in (*table.columns, *table.partition_keys)]
        assert len(names) == len(set(names))
        assert all(column.hive and column.type for column in table.columns)
        assert len(table.database.split(".")) == 1


def test_what_a_transform_has_read_of_other_datasets_is_an_input_too() -> None:
    contract, lake = history_contract("changes"), memory_lake()
    catalog = DocumentCatalog(lake.lake)
    land(lake, contract)
    publish_validated(lake, contract)
    source = lake.log("things", "validated").latest(DAY)
    assert source is not None
    body = layer_body(
        contract, "processed", lake=lake, report=PartitionReport(partition=DAY, token="p", rows_in=2, rows_out=2), source=source
    )  # fmt: skip
    read = {
        "cities": {"dataset": "places", "documents": {"all": 4}},
        "events": {"dataset": "visits", "documents": {"2024-03-01": 1, "2024-03-02": 2}},
    }
    body |= {"inputs": {"cities": "tc", "events": "te"}, "read": read}
    lake.log("things", "processed").publish(DAY, body, token="p", after=0)

    register_layer(contract, "processed", lake=lake, catalog=catalog)

    found = catalog.latest("lake.things_processed")
    assert found is not None
    assert found.partitions[DAY].inputs == (
        CatalogInput(name="lake.things_validated", number=1, token="v1"),
        CatalogInput(name="lake.places_processed", number=4, token="tc"),
        CatalogInput(name="lake.visits_processed", number=None, token="te"),
    )
