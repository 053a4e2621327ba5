"""The catalog as documents: what was registered is read back, nothing is written twice, no writer covers another."""

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
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
from lake_platform.lake.document_catalog import KEPT_DOCUMENTS, DocumentCatalog
from lake_platform.lake.schema_changes import SchemaChanges, schema_changes
from lake_platform.lake.store import ObjectStore
from lake_platform.lake.stores.local import LocalStore
from lake_platform_tests.lake.memory_store import MemoryStore

ID = CatalogColumn(name="id", type="BIGINT", hive="bigint", required=True)
AREA = CatalogColumn(name="area", type="VARCHAR(64)", hive="varchar(64)")
TABLE = CatalogTable(
    database="lake",
    table="orders_processed",
    description="orders",
    location="s3://lake/processed/orders/",
    format=StorageFormat(kind="parquet", serde="parquet", serde_parameters={"a": "b"}),
    columns=(ID, AREA),
    partition_keys=(CatalogColumn(name="_partition", type="VARCHAR(32)", hive="string"),),
    parameters={"dataset": "orders"},
    sources=("lake.orders_validated",),
)


def part(key: str, number: int = 1, rows: int = 5) -> CatalogPartition:
    return CatalogPartition(
        key=key,
        number=number,
        token=f"token {number}",
        published_at="2024-03-01T00:00:00+00:00",
        location=f"s3://lake/processed/orders/{number}/part={key}/",
        manifest="s3://lake/manifests/x.json",
        rows=rows,
        size=100,
        checks={"row_count": True, "id_is_complete": False},
        inputs=(CatalogInput(name="lake.orders_validated", number=number, token="t"),),
    )


def entry(*parts: CatalogPartition, **table: object) -> CatalogEntry:
    fields: Mapping[str, object] = {**TABLE.__dict__, **table}
    return CatalogEntry(table=CatalogTable(**fields), partitions={each.key: each for each in parts})  # pyright: ignore[reportArgumentType]


def test_what_was_registered_is_read_back(store: ObjectStore) -> None:
    catalog = DocumentCatalog(store)
    told = entry(part("2024-03-02"), part("2023-12-31"), part("all"))

    version = catalog.register(told)
    catalog.register(entry(table="songs"))

    assert catalog.latest("lake.orders_processed") == told
    assert list(told.partitions) != list((catalog.latest("lake.orders_processed") or told).partitions), "in order"
    assert [each.table.name for each in catalog.entries()] == ["lake.orders_processed", "lake.songs"]
    assert (version.number, version.table, version.changes) == (1, TABLE, None)
    assert catalog.latest("lake.orders") is None
    assert catalog.history("lake.orders") == []


def test_the_same_again_writes_nothing() -> None:
    store = MemoryStore()
    catalog = DocumentCatalog(store)
    catalog.register(entry(part("2024-03-01"), part("2024-03-02")))
    before = dict(store.objects)

    catalog.register(entry(part("2024-03-01")))

    assert store.objects == before


def test_partitions_that_are_not_named_stay() -> None:
    catalog = DocumentCatalog(MemoryStore())
    catalog.register(entry(part("2024-03-01"), part("2024-03-02")))

    catalog.register(entry(part("2024-03-02", number=2)))

    found = catalog.latest(TABLE.name)
    assert found is not None
    assert {key: each.number for key, each in found.partitions.items()} == {"2024-03-01": 1, "2024-03-02": 2}


def test_an_older_document_never_replaces_a_newer_one() -> None:
    catalog = DocumentCatalog(MemoryStore())
    catalog.register(entry(part("2024-03-01", number=3)))

    catalog.register(entry(part("2024-03-01", number=2)))

    found = catalog.latest(TABLE.name)
    assert found is not None
    assert found.partitions["2024-03-01"].number == 3


@pytest.mark.parametrize(
    ("keys", "documents"),
    [
        ([f"2024-{month:02}-{day:02}" for month in range(1, 13) for day in range(1, 29)], 1),
        ([f"2024-{month:02}" for month in range(1, 13)], 1),
        ([f"2024-03-{day:02}T{hour:02}" for day in range(1, 31) for hour in range(24)], 1),
        (["2023-12-31", "2024-01-01"], 2),
    ],
    ids=["days of a year", "months of a year", "hours of a month", "two years"],
)
def test_a_run_over_many_partitions_writes_few_documents(keys: list[str], documents: int) -> None:
    store = MemoryStore()

    DocumentCatalog(store).register(entry(*map(part, keys)))

    assert len(store.objects) == documents + 1, "and one of the table itself"


def test_of_the_partitions_only_the_last_documents_are_kept_and_of_the_table_all() -> None:
    store = MemoryStore()
    catalog = DocumentCatalog(store)
    for number in range(1, 8):
        catalog.register(entry(part("2024-03-01", number=number), description=f"version {number}"))

    kept = sorted(key.split("/")[2] for key in store.objects)
    assert kept == ["2024"] * KEPT_DOCUMENTS + ["table"] * 7
    assert (catalog.latest(TABLE.name) or entry()).partitions["2024-03-01"].number == 7


def test_history_tells_what_each_version_changed() -> None:
    catalog = DocumentCatalog(MemoryStore())
    region = replace(AREA, name="region", aliases=("area",))
    catalog.register(entry())
    catalog.register(entry(columns=(ID, region)))
    catalog.register(entry(columns=(ID, region), description="all orders"))
    last = catalog.register(entry(columns=(ID, AREA)))

    changes = [version.changes for version in catalog.history(TABLE.name)]

    assert changes[:2] == [None, SchemaChanges(renamed=("area to region",))]
    assert changes[2] == SchemaChanges()
    assert not changes[2]
    assert last == catalog.history(TABLE.name)[-1]
    assert last.number == 4, "what it was before, again, is a new version"


def test_racing_writers_lose_nothing(tmp_path: Path) -> None:
    catalog = DocumentCatalog(LocalStore("lake", tmp_path))
    barrier = threading.Barrier(4)

    def write(writer: int) -> None:
        barrier.wait()
        for day in range(1, 6):
            catalog.register(entry(part(f"2024-{writer:02}-{day:02}")))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(1, 5)))

    found = catalog.latest(TABLE.name)
    assert found is not None
    assert len(found.partitions) == 20
    assert len(catalog.history(TABLE.name)) == 1


def column(text: str) -> CatalogColumn:
    """`name TYPE alias alias`."""
    name, kind, *aliases = text.split()
    return CatalogColumn(name=name, type=kind, hive="", aliases=tuple(aliases))


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        (["a INT"], ["a INT"], SchemaChanges()),
        (["a INT"], ["a INT", "b DATE"], SchemaChanges(added=("b DATE",))),
        (["a INT", "b DATE"], ["b DATE"], SchemaChanges(removed=("a INT",))),
        (["a INT"], ["a BIGINT"], SchemaChanges(retyped=("a: INT to BIGINT",))),
        (["a INT", "b INT"], ["b INT", "a INT"], SchemaChanges(reordered=True)),
        (["a INT"], ["z INT a"], SchemaChanges(renamed=("a to z",))),
        (["a INT"], ["z BIGINT a"], SchemaChanges(renamed=("a to z",), retyped=("z: INT to BIGINT",))),
        (["a INT"], ["z INT"], SchemaChanges(added=("z INT",), removed=("a INT",))),
        (["a INT"], ["a INT", "z INT a"], SchemaChanges(added=("z INT",))),
        (["a INT"], ["y INT a", "z INT a"], SchemaChanges(added=("z INT",), renamed=("a to y",))),
        (["a INT", "b INT"], ["z INT b", "c DATE", "a INT"], SchemaChanges(
            added=("c DATE",), renamed=("b to z",), reordered=True)),
        (["a INT", "b INT"], ["c DATE", "a INT", "b INT"], SchemaChanges(added=("c DATE",))),
    ],
    ids=str,
)  # fmt: skip
def test_schema_changes(old: list[str], new: list[str], changes: SchemaChanges) -> None:
    assert schema_changes([*map(column, old)], [*map(column, new)]) == changes
