"""Manifests as Redshift reads them."""

import json

from lake_platform.lake.manifest import Manifest, ManifestEntry, join, read_manifest, render, write_manifest
from lake_platform.lake.store import ObjectStore
from lake_platform_tests.lake.memory_store import MemoryStore

PART = Manifest(
    entries=(ManifestEntry(url="s3://lake/processed/a[1].parquet", content_length=1234, record_count=5),),
    columns=(("id", "bigint"), ("name", "varchar(10)")),
)


def test_the_document_has_the_shape_of_unload() -> None:
    """Redshift refuses Parquet in a manifest without `meta.content_length`."""
    assert json.loads(render(PART)) == {
        "entries": [
            {
                "url": "s3://lake/processed/a[1].parquet",
                "mandatory": True,
                "meta": {"content_length": 1234, "record_count": 5},
            }
        ],
        "schema": {
            "elements": [
                {"name": "id", "type": {"base": "bigint"}},
                {"name": "name", "type": {"base": "varchar(10)"}},
            ]
        },
        "meta": {"content_length": 1234, "record_count": 5},
    }


def test_what_is_written_is_read(store: ObjectStore) -> None:
    address = write_manifest(store, "manifests/orders/t.json", PART)

    assert address == store.url("manifests/orders/t.json")
    assert read_manifest(store, address) == PART


def test_written_again_it_is_the_same_bytes() -> None:
    store = MemoryStore()
    write_manifest(store, "a", PART)
    write_manifest(store, "b", read_manifest(store, store.url("a")))

    assert store.read("a") == store.read("b")


def test_several_make_one() -> None:
    whole = join([PART, Manifest(entries=()), PART])

    assert whole.entries == PART.entries * 2
    assert (whole.record_count, whole.content_length) == (10, 2468)
    assert whole.columns == PART.columns
    assert join([]) == Manifest(entries=())
