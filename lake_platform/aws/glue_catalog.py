"""The catalog in the Glue Data Catalog."""

import datetime as dt
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from lake_platform.aws.calls import AwsCalls, code_of
from lake_platform.aws.glue_shapes import (
    OURS,
    REGISTERED_AT,
    partition_input,
    read_changes,
    read_partition,
    read_table,
    table_input,
)
from lake_platform.errors import CatalogPartitionError, CatalogTableTakenError, VersionTakenError
from lake_platform.lake.catalog import CatalogEntry, CatalogPartition, CatalogTable, TableVersion
from lake_platform.lake.schema_changes import schema_changes

T = TypeVar("T")
BATCH = 100
"""Partitions in one call: Glue's limit for creating and updating."""
MAX_ROUNDS = 20
"""So often a table that others write meanwhile is tried again."""
_RACED = frozenset({"AlreadyExistsException", "ConcurrentModificationException"})


class GlueCatalog:
    """The catalog of the AWS backend.

    A table is written only under the version that was read, so that of two writers one reads again. Partitions of Glue
    have no version: of two writers of one partition the later may cover a newer document, until the next run of the
    dataset registers again what differs from its documents.

    Args:
        prefix: of the databases: the tables of `lake` are in `<prefix>lake`.
    """

    def __init__(self, glue: AwsCalls, *, prefix: str = "", pause: Callable[[float], object] = time.sleep) -> None:
        self._glue, self._prefix, self._pause = glue, prefix, pause

    def register(self, entry: CatalogEntry) -> TableVersion:
        """As `Catalog.register`.

        Raises:
            CatalogTableTakenError: there is a table of this name that somebody else made.
            CatalogPartitionError: Glue does not take a partition.
            VersionTakenError: others wrote the same table meanwhile, again and again.
        """
        version = self._rounds(entry.table, lambda: self._register_table(entry.table))
        self._rounds(entry.table, lambda: self._register_partitions(entry))
        return version

    def latest(self, name: str) -> CatalogEntry | None:
        """As `Catalog.latest`."""
        found = self._table(name)
        table = read_table(found) if found is not None else None
        return self._entry(table) if table is not None else None

    def entries(self) -> list[CatalogEntry]:
        """As `Catalog.entries`: of the databases with our prefix, the tables that were registered by the platform."""
        databases = self._glue.pages("get_databases", "DatabaseList")
        tables = [
            read_table(found)
            for database in databases
            if database["Name"].startswith(self._prefix)
            for found in self._glue.pages("get_tables", "TableList", DatabaseName=database["Name"])
        ]
        ours = [table for table in tables if table is not None]
        return [self._entry(table) for table in sorted(ours, key=lambda table: table.name)]

    def history(self, name: str) -> list[TableVersion]:
        """As `Catalog.history`; the numbers are Glue's own, and versions that others wrote are left out."""
        database, _, table = name.rpartition(".")
        try:
            found = self._glue.pages(
                "get_table_versions", "TableVersions", DatabaseName=self._database(database), TableName=table
            )
        except ClientError as error:
            if code_of(error) != "EntityNotFoundException":
                raise
            return []
        told = [(int(each["VersionId"]), each["Table"]) for each in found]
        versions = [_version(number, body) for number, body in sorted(told, key=lambda each: each[0])]
        known: list[TableVersion] = []
        for version in versions:
            if version is not None and (not known or known[-1].registered_at != version.registered_at):
                known.append(version)
        return known

    def _rounds(self, table: CatalogTable, write: "Callable[[], T | None]") -> "T":
        """Writes again where somebody else wrote meanwhile: `write` then gives None or says so by its error."""
        for number in range(1, MAX_ROUNDS + 1):
            try:
                done = write()
                if done is not None:
                    return done
            except ClientError as error:
                if code_of(error) not in _RACED:
                    raise
            self._pause(random.uniform(0.5, 1.0) * min(2.0, 0.05 * 2**number))
        raise VersionTakenError(f"catalog {table.name}", "table", MAX_ROUNDS)

    def _register_table(self, table: CatalogTable) -> TableVersion | None:
        found = self._table(table.name)
        if found is None:
            self._create(table)
            return None
        known = read_table(found)
        if known is None:
            raise CatalogTableTakenError(f"{self._database(table.database)}.{table.table}")
        wanted = self._input(table, found, known)
        if not _differs(wanted, found):
            return _version(int(found["VersionId"]), found)
        self._glue.call(
            "update_table",
            DatabaseName=self._database(table.database),
            TableInput=wanted,
            VersionId=found["VersionId"],
        )
        # Read back: its number is Glue's to give.
        now = self._table(table.name)
        return _version(int(now["VersionId"]), now) if now is not None else None

    def _input(self, table: CatalogTable, found: Mapping[str, Any], known: CatalogTable) -> dict[str, Any]:
        same = table == known
        changes = read_changes(found) if same else schema_changes(known.columns, table.columns)
        ours = {*OURS, *known.parameters, *known.format.serde_parameters}
        kept = {name: value for name, value in found.get("Parameters", {}).items() if name not in ours}
        at = found["Parameters"][REGISTERED_AT] if same else _now()
        return table_input(table, changes=changes, registered_at=at, kept=kept)

    def _create(self, table: CatalogTable) -> None:
        name = self._database(table.database)
        first = table_input(table, changes=None, registered_at=_now(), kept={})
        try:
            self._glue.call("create_table", DatabaseName=name, TableInput=first)
        except ClientError as error:
            if code_of(error) != "EntityNotFoundException":
                raise
            about = {"Name": name, "Description": f"Registered by lake_platform: {table.database}"}
            self._glue.call("create_database", DatabaseInput=about)

    def _register_partitions(self, entry: CatalogEntry) -> bool | None:
        """True when all is there; None where another look is needed."""
        again = False
        for batch in _batches(entry.partitions.values()):
            there = self._partitions_there(entry.table, batch)
            new = [each for each in batch if each.key not in there]
            newer = [each for each in batch if each.key in there and _replaces(each, there[each.key])]
            again |= self._write("batch_create_partition", "PartitionInputList", entry.table, new)
            again |= self._write("batch_update_partition", "Entries", entry.table, newer)
        return None if again else True

    def _write(self, operation: str, member: str, table: CatalogTable, partitions: Sequence[CatalogPartition]) -> bool:
        """Writes a batch; says whether somebody else was faster with one of it."""
        if not partitions:
            return False
        inputs = [partition_input(table, each) for each in partitions]
        if member == "Entries":
            inputs = [{"PartitionValueList": each["Values"], "PartitionInput": each} for each in inputs]
        answer = self._glue.call(operation, **self._place(table), **{member: inputs})
        errors: list[dict[str, Any]] = answer.get("Errors", [])
        for each in errors:
            code = str(each["ErrorDetail"]["ErrorCode"])
            # Gone meanwhile, or made meanwhile: the next look tells.
            if code not in _RACED and code != "EntityNotFoundException":
                values = each.get("PartitionValues") or each.get("PartitionValueList") or []
                raise CatalogPartitionError(table.name, ", ".join(values), f"{code}: {each['ErrorDetail']}")
        return bool(errors)

    def _partitions_there(
        self, table: CatalogTable, batch: Sequence[CatalogPartition]
    ) -> dict[str, CatalogPartition | None]:
        answer = self._glue.call(
            "batch_get_partition",
            **self._place(table),
            PartitionsToGet=[{"Values": [each.key]} for each in batch],
        )
        return {each["Values"][0]: read_partition(each) for each in answer.get("Partitions", [])}

    def _entry(self, table: CatalogTable) -> CatalogEntry:
        found = map(read_partition, self._glue.pages("get_partitions", "Partitions", **self._place(table)))
        known = {each.key: each for each in found if each is not None}
        return CatalogEntry(table=table, partitions={key: known[key] for key in sorted(known)})

    def _table(self, name: str) -> dict[str, Any] | None:
        database, _, table = name.rpartition(".")
        try:
            return self._glue.call("get_table", DatabaseName=self._database(database), Name=table)["Table"]
        except ClientError as error:
            if code_of(error) != "EntityNotFoundException":
                raise
            return None

    def _place(self, table: CatalogTable) -> dict[str, str]:
        return {"DatabaseName": self._database(table.database), "TableName": table.table}

    def _database(self, database: str) -> str:
        return f"{self._prefix}{database}"


def _replaces(told: CatalogPartition, known: CatalogPartition | None) -> bool:
    """A partition that a crawler has made is ours to describe; an older document never replaces a newer one."""
    return known is None or (told.number >= known.number and told != known)


def _differs(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Whether the table is not what we say; what Glue or others add besides does not count."""
    plain = ("Description", "PartitionKeys")
    storage = wanted["StorageDescriptor"]
    return (
        any(wanted[name] != found.get(name) for name in plain)
        or any(storage[name] != found.get("StorageDescriptor", {}).get(name) for name in storage)
        or wanted["Parameters"] != found.get("Parameters")
    )


def _version(number: int, found: Mapping[str, Any]) -> TableVersion | None:
    table = read_table(found)
    if table is None:
        return None
    at = found["Parameters"][REGISTERED_AT]
    return TableVersion(number=number, registered_at=at, table=table, changes=read_changes(found))


def _batches(partitions: Iterable[CatalogPartition]) -> Iterator[list[CatalogPartition]]:
    told = list(partitions)
    for start in range(0, len(told), BATCH):
        yield told[start : start + BATCH]


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="microseconds")
