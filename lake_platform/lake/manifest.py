"""Manifests in the shape that Redshift's UNLOAD writes, so that COPY … MANIFEST reads them as they stand.

Redshift demands for Parquet that every entry names `meta.content_length`, and that it is the size of the object.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from lake_platform.lake.store import ObjectStore


@dataclass(frozen=True, kw_only=True)
class ManifestEntry:
    """One file: where it is, its bytes, its rows."""

    url: str
    content_length: int
    record_count: int


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """The files of a partition, or of several, and the columns that each of them has."""

    entries: tuple[ManifestEntry, ...]
    columns: tuple[tuple[str, str], ...] = ()
    """Name and type (Redshift's) of each column, in the order of the files."""

    @property
    def record_count(self) -> int:
        return sum(entry.record_count for entry in self.entries)

    @property
    def content_length(self) -> int:
        return sum(entry.content_length for entry in self.entries)


def join(manifests: Iterable[Manifest]) -> Manifest:
    """One manifest over the files of several, for one COPY of many partitions."""
    parts = list(manifests)
    columns = parts[0].columns if parts else ()
    return Manifest(entries=tuple(entry for part in parts for entry in part.entries), columns=columns)


def write_manifest(store: ObjectStore, key: str, manifest: Manifest) -> str:
    """Writes it and returns its `s3://` address. Written again, it is the same bytes."""
    store.put(key, render(manifest))
    return store.url(key)


def read_manifest(store: ObjectStore, url: str) -> Manifest:
    """The manifest at an `s3://` address of this store's bucket."""
    document = cast("dict[str, Any]", json.loads(store.read(url.removeprefix(store.url("")))))
    return Manifest(
        entries=tuple(
            ManifestEntry(
                url=entry["url"],
                content_length=entry["meta"]["content_length"],
                record_count=entry["meta"]["record_count"],
            )
            for entry in document["entries"]
        ),
        columns=tuple((element["name"], element["type"]["base"]) for element in document["schema"]["elements"]),
    )


def render(manifest: Manifest) -> bytes:
    """The JSON document."""
    document = {
        "entries": [_entry(entry) for entry in manifest.entries],
        "schema": {"elements": [{"name": name, "type": {"base": kind}} for name, kind in manifest.columns]},
        "meta": {"content_length": manifest.content_length, "record_count": manifest.record_count},
    }
    return json.dumps(document, indent=1).encode()


def _entry(entry: ManifestEntry) -> dict[str, object]:
    meta = {"content_length": entry.content_length, "record_count": entry.record_count}
    return {"url": entry.url, "mandatory": True, "meta": meta}


def partition_entries(files: Sequence[Any]) -> tuple[ManifestEntry, ...]:
    """From the output files of a job's report."""
    return tuple(
        ManifestEntry(url=file.url, content_length=file.content_length, record_count=file.record_count)
        for file in files
    )
