"""Where the published documents of a dataset, table or notebook are, and what they say of their assets."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import dagster as dg

from lake_platform.assets.keys import asset_key, table_key
from lake_platform.assets.metadata import PREFIX, column_schema, table_schema
from lake_platform.assets.notebook_run import LAYER as NOTEBOOK
from lake_platform.assets.notebook_run import stored_notebook_checks
from lake_platform.assets.results import CheckOutcome, Metadata
from lake_platform.assets.stored_checks import stored_checks
from lake_platform.assets.table_partitions import LAYER, stored_table_checks
from lake_platform.contract.dataset import DatasetContract, Layer
from lake_platform.contract.notebook import BoundNotebook, Derived
from lake_platform.lake.lake import Lake
from lake_platform.lake.versions import VersionDocument, VersionLog
from lake_platform.warehouse.table import target_table


@dataclass(frozen=True, kw_only=True)
class Published:
    """The documents of one asset.

    Attributes:
        layer: raw to target; `table` of a table made in the warehouse, `notebook` of a notebook.
        checks: what the asset's checks said of a document's partition.
        declared: metadata that holds for every partition: columns, the table's name.
    """

    layer: str
    key: dg.AssetKey
    log: VersionLog
    checks: Callable[[VersionDocument], list[CheckOutcome]]
    declared: Callable[[], Metadata]

    def metadata(self, document: VersionDocument) -> Metadata:
        """What is told of a document when it is told from the document alone: less than by the run that made it."""
        rows = document.body.get("rows", document.body.get("rows_out"))
        counted: Metadata = {} if rows is None else {"dagster/row_count": rows}
        published = {f"{PREFIX}token": document.token, f"{PREFIX}published_at": document.published_at}
        return {**self.declared(), **counted, **published}


def published_by(declared: DatasetContract | Derived, lake: Lake) -> list[Published]:
    """The documents of each of its assets, in the order in which they are made."""
    if isinstance(declared, DatasetContract):
        return [_of_layer(declared, layer, lake) for layer in declared.layers]
    contract = declared.contract
    log = lake.table_log(contract.key)
    if isinstance(declared, BoundNotebook):
        key = table_key(declared.contract)
        return [Published(layer=NOTEBOOK, key=key, log=log, checks=stored_notebook_checks, declared=dict[str, object])]
    table = declared.contract

    def of_table() -> Metadata:
        spec = target_table(table)
        return {"dagster/table_name": str(spec.table), "dagster/column_schema": table_schema(spec, table.columns)}

    return [Published(layer=LAYER, key=table_key(table), log=log, checks=stored_table_checks, declared=of_table)]


def _of_layer(contract: DatasetContract, layer: Layer, lake: Lake) -> Published:
    return Published(
        layer=layer,
        key=asset_key(contract.name, layer),
        log=lake.log(contract.name, layer),
        checks=partial(stored_checks, contract, layer),
        declared=partial(_of_dataset, contract, layer),
    )


def _of_dataset(contract: DatasetContract, layer: Layer) -> Metadata:
    if layer == "target" and contract.target is not None:
        columns = table_schema(target_table(contract), contract.produced)
        return {"dagster/table_name": contract.target.table, "dagster/column_schema": columns}
    if layer == "staging":
        columns = column_schema(contract.produced)
        return {"dagster/table_name": f"staging.{contract.staging}", "dagster/column_schema": columns}
    if layer in ("validated", "processed"):
        return {"dagster/column_schema": column_schema(contract.columns if layer == "validated" else contract.produced)}
    return {}
