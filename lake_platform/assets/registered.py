"""Registers what a step published in the catalog, and shows on the asset page which version of the schema it has.

The catalog is compared with the documents of the whole layer, not told of single events: what a killed run has published
and not registered, the next run of the dataset registers.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import dagster as dg

from lake_platform.assets.catalog_tables import lake_table, layer_table, warehouse_table
from lake_platform.assets.metadata import PREFIX
from lake_platform.assets.results import PartitionResult
from lake_platform.assets.stored_checks import stored_checks
from lake_platform.contract.dataset import DatasetContract, Layer
from lake_platform.contract.table_inputs import BoundTable, Input
from lake_platform.lake.catalog import (
    Catalog,
    CatalogEntry,
    CatalogInput,
    CatalogPartition,
    CatalogTable,
    TableVersion,
)
from lake_platform.lake.inputs import INPUTS
from lake_platform.lake.lake import Lake
from lake_platform.lake.versions import VersionDocument, VersionLog

DIGEST = 64
"""The length of a version that is a digest, not the number of a document."""


def registered(
    contract: DatasetContract, layer: Layer, results: Sequence[PartitionResult], *, lake: Lake, catalog: Catalog
) -> list[PartitionResult]:
    """Registers the layer, and adds to the metadata of what was published its table and the version of its schema."""
    return _with_version(results, register_layer(contract, layer, lake=lake, catalog=catalog))


def registered_table(
    table: BoundTable, results: Sequence[PartitionResult], *, lake: Lake, catalog: Catalog
) -> list[PartitionResult]:
    """The same for a table that is made in the warehouse."""
    log, inputs = lake.table_log(table.contract.key), {found.name: found for found in table.inputs}
    version = _register(
        catalog, warehouse_table(table), log=log, describe=lambda described, it: _made(described, it, inputs)
    )
    return _with_version(results, version)


def register_layer(contract: DatasetContract, layer: Layer, *, lake: Lake, catalog: Catalog) -> TableVersion | None:
    """Makes the catalog say what the documents of the layer say; None where nothing was published yet."""
    return _register(
        catalog,
        layer_table(contract, layer, lake),
        log=lake.log(contract.name, layer),
        describe=lambda table, document: _partition(contract, layer, document=document, table=table),
    )


def _register(
    catalog: Catalog,
    table: CatalogTable,
    *,
    log: VersionLog,
    describe: Callable[[CatalogTable, VersionDocument], CatalogPartition],
) -> TableVersion | None:
    numbers = log.latest_numbers()
    if not numbers:
        return None
    known = catalog.latest(table.name)
    there = {key: partition.number for key, partition in known.partitions.items()} if known else {}
    documents = log.read_many({key: number for key, number in numbers.items() if there.get(key) != number})
    partitions = {key: describe(table, document) for key, document in documents.items()}
    return catalog.register(CatalogEntry(table=table, partitions=partitions))


def _with_version(results: Sequence[PartitionResult], version: TableVersion | None) -> list[PartitionResult]:
    told = version_metadata(version) if version else {}
    return [
        replace(result, metadata={**result.metadata, **told}) if result.state == "published" else result
        for result in results
    ]


def version_metadata(version: TableVersion) -> dict[str, object]:
    """The table's name in the catalog, the number of its version, and what that version changed."""
    told: dict[str, object] = {
        f"{PREFIX}catalog_table": version.table.name,
        f"{PREFIX}schema_version": version.number,
    }
    if version.changes:
        since = version.registered_at[: len("2024-03-01")]
        lines = [f"- {line}" for line in version.changes.lines()]
        told[f"{PREFIX}schema_changes"] = dg.MetadataValue.md(f"version {version.number}, {since}\n" + "\n".join(lines))
    return told


def _partition(
    contract: DatasetContract, layer: Layer, *, document: VersionDocument, table: CatalogTable
) -> CatalogPartition:
    body = document.body
    accepted = [file for file in body["files"] if file["status"] == "accepted"] if layer == "raw" else []
    records = [file["records"] for file in accepted]
    if layer == "raw":
        rows, size = (None if None in records else sum(records)), sum(file["size"] for file in accepted)
        location = f"{table.location}{document.partition}/"
        inputs = (CatalogInput(name=table.sources[0], number=None, token=body["content"]),)
    else:
        rows = body["rows"] if layer in ("staging", "target") else body["rows_out"]
        # Documents that were written before there was a catalog do not say these.
        size, location = body.get("bytes"), body.get("location") or table.location
        inputs = _inputs(body)
    return CatalogPartition(
        key=document.partition,
        number=document.number,
        token=document.token,
        published_at=document.published_at,
        location=location,
        manifest=body.get("manifest"),
        rows=rows,
        size=size,
        checks={check.name: check.passed for check in stored_checks(contract, layer, document)},
        inputs=inputs,
    )


def _inputs(body: Mapping[str, Any]) -> tuple[CatalogInput, ...]:
    """The document of the layer before, and what a transform has read of other datasets."""
    found = [CatalogInput(**body["source"])] if "source" in body else []
    for name, read in body.get("read", {}).items():
        numbers = list(read["documents"].values())
        found.append(
            CatalogInput(
                name=lake_table(read["dataset"], "processed"),
                number=numbers[0] if len(numbers) == 1 else None,
                token=body[INPUTS][name],
            )
        )
    return tuple(found)


def _made(table: CatalogTable, document: VersionDocument, inputs: Mapping[str, Input]) -> CatalogPartition:
    """A partition of a table that is made in the warehouse; of a parted input it names the document's number."""
    body = document.body
    read = ((inputs[name], version) for name, version in body["inputs"].items() if name in inputs)
    return CatalogPartition(
        key=document.partition,
        number=document.number,
        token=document.token,
        published_at=document.published_at,
        location=table.location,
        rows=body["rows"],
        checks={rule["name"]: rule["passed"] for rule in body["rules"]},
        inputs=tuple(
            CatalogInput(
                name=f"{found.schema}.{found.table}",
                number=int(version) if version.isdecimal() and len(version) < DIGEST else None,
                token=version,
            )
            for found, version in read
        ),
    )
