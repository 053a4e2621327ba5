"""Tables and partitions of the catalog as the Glue Data Catalog holds them, and back.

Athena, Spectrum and Spark read columns, location and serde. What these cannot say (the type in the words of the
contract, aliases, checks, inputs) is in one parameter as JSON, and is what is read back.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from lake_platform.lake.catalog import CatalogColumn, CatalogInput, CatalogPartition, CatalogTable, StorageFormat
from lake_platform.lake.schema_changes import SchemaChanges
from lake_platform.lake.token import digest

TABLE, PARTITION, CHANGES = "lake.table", "lake.partition", "lake.changes"
REGISTERED_AT, SCHEMA_HASH = "lake.registered_at", "lake.schema_hash"
OURS = (TABLE, CHANGES, REGISTERED_AT, SCHEMA_HASH, "classification")
"""The parameters of a table that are written here; others are kept."""
_KEY = CatalogColumn(name="_partition", type="VARCHAR(32)", hive="string", comment="the logical date")
_DESCRIPTION, _COMMENT = 2048, 255
"""Glue's limits."""


def table_input(
    table: CatalogTable, *, changes: SchemaChanges | None, registered_at: str, kept: Mapping[str, str]
) -> dict[str, Any]:
    """What CreateTable and UpdateTable take.

    Tables of the warehouse get the partition key too: what is known of each partition needs a place.

    Args:
        changes: what differs from the version before; None for the first.
        kept: parameters that others wrote.
    """
    keys = table.partition_keys or (_KEY,)
    named = {key.name for key in keys}
    return {
        "Name": table.table,
        "Description": table.description[:_DESCRIPTION],
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": [_column(key) for key in keys],
        "StorageDescriptor": {
            "Columns": [_column(column) for column in table.columns if column.name not in named],
            **_storage(table, table.location),
        },
        "Parameters": {
            **kept,
            **table.parameters,
            **table.format.serde_parameters,
            "classification": table.format.kind,
            SCHEMA_HASH: digest([asdict(column) for column in table.columns]),
            REGISTERED_AT: registered_at,
            CHANGES: json.dumps(asdict(changes) if changes is not None else None),
            TABLE: json.dumps(asdict(table), sort_keys=True, ensure_ascii=False),
        },
    }


def partition_input(table: CatalogTable, partition: CatalogPartition) -> dict[str, Any]:
    """What CreatePartition and UpdatePartition take."""
    figures = {"recordCount": partition.rows, "sizeKey": partition.size}
    return {
        "Values": [partition.key],
        "StorageDescriptor": {
            "Columns": table_input(table, changes=None, registered_at="", kept={})["StorageDescriptor"]["Columns"],
            **_storage(table, partition.location),
        },
        "Parameters": {
            "classification": table.format.kind,
            **{name: str(value) for name, value in figures.items() if value is not None},
            PARTITION: json.dumps(asdict(partition), sort_keys=True, ensure_ascii=False),
        },
    }


def read_table(found: Mapping[str, Any]) -> CatalogTable | None:
    """The table that was registered; None for one that somebody else made."""
    text = found.get("Parameters", {}).get(TABLE)
    if text is None:
        return None
    body: dict[str, Any] = json.loads(text)
    fields: dict[str, Any] = {
        **body,
        "format": StorageFormat(**body["format"]),
        "columns": tuple(map(_read_column, body["columns"])),
        "partition_keys": tuple(map(_read_column, body["partition_keys"])),
        "sources": tuple(body["sources"]),
    }
    return CatalogTable(**fields)


def read_changes(found: Mapping[str, Any]) -> SchemaChanges | None:
    """What this version of a table changed; None for the first."""
    body = json.loads(found["Parameters"].get(CHANGES, "null"))
    if body is None:
        return None
    fields: dict[str, Any] = {name: tuple(told) if isinstance(told, list) else told for name, told in body.items()}
    return SchemaChanges(**fields)


def read_partition(found: Mapping[str, Any]) -> CatalogPartition | None:
    """The partition that was registered; None for one that somebody else made."""
    text = found.get("Parameters", {}).get(PARTITION)
    if text is None:
        return None
    body: dict[str, Any] = json.loads(text)
    fields: dict[str, Any] = {**body, "inputs": tuple(CatalogInput(**each) for each in body["inputs"])}
    return CatalogPartition(**fields)


def _storage(table: CatalogTable, location: str) -> dict[str, Any]:
    """Without what is empty: Glue leaves that out of its answers too."""
    told = table.format
    serde = {"SerializationLibrary": told.serde, "Parameters": {**told.serde_parameters}}
    parts = {
        "Location": location,
        "InputFormat": told.input_format,
        "OutputFormat": told.output_format,
        "SerdeInfo": {name: value for name, value in serde.items() if value},
    }
    return {name: value for name, value in parts.items() if value}


def _column(column: CatalogColumn) -> dict[str, str]:
    comment = {"Comment": column.comment[:_COMMENT]} if column.comment else {}
    return {"Name": column.name, "Type": column.hive, **comment}


def _read_column(body: Mapping[str, Any]) -> CatalogColumn:
    fields: dict[str, Any] = {**body, "aliases": tuple(body["aliases"])}
    return CatalogColumn(**fields)
