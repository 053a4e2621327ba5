"""The catalog as numbered documents in the lake: `catalog/<database>.<table>/…`.

`table/` holds one document for each version of the table, `2024/` (`2024-03/` of hourly datasets) the partitions of that
year. So a run over a year writes one document for a table, and a day of a table of ten years rewrites one year. What
every partition was before is told by the documents of the layers; here only the last few of a year and those of the last
day are kept.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from lake_platform.errors import VersionTakenError
from lake_platform.lake.catalog import (
    CatalogColumn,
    CatalogEntry,
    CatalogInput,
    CatalogPartition,
    CatalogTable,
    StorageFormat,
    TableVersion,
)
from lake_platform.lake.layout import CATALOG_PREFIX, catalog_prefix
from lake_platform.lake.schema_changes import schema_changes
from lake_platform.lake.store import ObjectInfo, ObjectStore
from lake_platform.lake.token import digest
from lake_platform.lake.versions import VersionDocument, VersionLog

TABLE = "table"
KEPT_DOCUMENTS = 3
KEPT_AGE = dt.timedelta(hours=24)
MAX_ROUNDS = 20
"""So often a document that others write meanwhile is tried again."""


class DocumentCatalog:
    """The catalog of the local backend."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def register(self, entry: CatalogEntry) -> TableVersion:
        """As `Catalog.register`."""
        name = entry.table.name
        for place, partitions in _by_place(entry.partitions).items():
            self._write(name, place, partitions)
        self._write(name, TABLE, asdict(entry.table))
        return self._newest(name)

    def latest(self, name: str) -> CatalogEntry | None:
        """As `Catalog.latest`."""
        documents = self._log(name).latest_documents()
        table = documents.pop(TABLE, None)
        if table is None:
            return None
        found = {key: _partition(body) for document in documents.values() for key, body in document.body.items()}
        return CatalogEntry(table=_table(table.body), partitions={key: found[key] for key in sorted(found)})

    def entries(self) -> list[CatalogEntry]:
        """As `Catalog.entries`."""
        listed = self._store.list(CATALOG_PREFIX)
        names = {found.key.split("/")[1] for found in listed if isinstance(found, ObjectInfo)}
        return [entry for name in sorted(names) if (entry := self.latest(name)) is not None]

    def history(self, name: str) -> list[TableVersion]:
        """As `Catalog.history`."""
        documents = self._log(name).history(TABLE)
        return [_version(now, before) for now, before in zip(documents, [None, *documents], strict=False)]

    def _log(self, name: str) -> VersionLog:
        return VersionLog(self._store, catalog_prefix(name))

    def _newest(self, name: str) -> TableVersion:
        log = self._log(name)
        number = log.latest_number(TABLE)
        return _version(log.read(TABLE, number), log.read(TABLE, number - 1) if number > 1 else None)

    def _write(self, name: str, place: str, body: Mapping[str, Any]) -> None:
        """Publishes the body, merged into what is there where it is of partitions, unless it is there already."""
        log = self._log(name)
        for left in range(MAX_ROUNDS, 0, -1):
            latest = log.latest(place)
            wanted = body if place == TABLE else _merged(latest.body if latest else {}, body)
            if latest is not None and digest(latest.body) == digest(wanted):
                return
            number = latest.number if latest else 0
            try:
                # Of its own number: a table that is again what it was before is a new version.
                log.publish(place, wanted, token=digest([number, wanted]), after=number)
            except VersionTakenError:
                if left == 1:
                    raise
                continue
            if place != TABLE:
                log.forget(place, before=number + 2 - KEPT_DOCUMENTS, older_than=dt.datetime.now(dt.UTC) - KEPT_AGE)
            return


def _by_place(partitions: Mapping[str, CatalogPartition]) -> dict[str, dict[str, Any]]:
    """The partitions by the document that holds them."""
    places: dict[str, dict[str, Any]] = {}
    for key, partition in partitions.items():
        place = key[: len("2024-03")] if "T" in key else key[: len("2024")]
        places.setdefault(place, {})[key] = asdict(partition)
    return places


def _merged(known: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """A slow writer never covers what a newer document of the partition has said."""
    newer = {key: body for key, body in told.items() if body["number"] >= known.get(key, body)["number"]}
    return {**known, **newer}


def _version(document: VersionDocument, before: VersionDocument | None) -> TableVersion:
    table = _table(document.body)
    return TableVersion(
        number=document.number,
        registered_at=document.published_at,
        table=table,
        changes=schema_changes(_table(before.body).columns, table.columns) if before else None,
    )


def _table(body: Mapping[str, Any]) -> CatalogTable:
    fields: dict[str, Any] = {
        **body,
        "format": StorageFormat(**body["format"]),
        "columns": tuple(map(_column, body["columns"])),
        "partition_keys": tuple(map(_column, body["partition_keys"])),
        "sources": tuple(body["sources"]),
    }
    return CatalogTable(**fields)


def _column(body: Mapping[str, Any]) -> CatalogColumn:
    fields: dict[str, Any] = {**body, "aliases": tuple(body["aliases"])}
    return CatalogColumn(**fields)


def _partition(body: Mapping[str, Any]) -> CatalogPartition:
    fields: dict[str, Any] = {**body, "inputs": tuple(CatalogInput(**each) for each in body["inputs"])}
    return CatalogPartition(**fields)
