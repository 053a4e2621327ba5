"""The fingerprint of the parts of a contract that influence a layer, or a table made in the warehouse.

| layer | parts |
| --- | --- |
| raw | names, types, aliases and paths of columns; format, evolution, duplicates, delivers |
| validated | columns, format, evolution, delivers, rules as they are run, quarantine, keys, deletes; the code of the jobs |
| processed | columns, produced columns, transform with its inputs and rules, delivers, target (the table knows a batch by its processed token); the code of the jobs and of the transform |
| staging | produced columns, delivers |
| target | produced columns, delivers, target |
| a table | the SELECT without comments and spaces, columns, rules, inputs, partition, write mode, keys, effective_at, tracked |

Description, owners, group, schedule, catalog, prefix, partition, files, settle, the sort key and `refresh` never count: which files
there are is seen in the inputs, and how a table lies on disks is nothing that its rows say. Layers are chained by the tokens of their inputs, so a layer needs its own parts only. Rules and types count as
what they are compiled to, so that a change of the compiler counts and a space in a rule does not.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lake_platform.contract.columns import Column
from lake_platform.contract.compiled import compile_expression, compile_produced_rules, compile_rules
from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.notebook import BoundNotebook, Derived
from lake_platform.contract.strict import Layer
from lake_platform.contract.table_inputs import BoundTable


def fingerprint(contract: DatasetContract, layer: Layer, *, code: str | Mapping[str, bytes]) -> str:
    """sha256, in hex, over the parts of this layer and the code that makes it.

    Args:
        code: a digest of the code, or the code itself by the names of its files.
    """
    digest = code if isinstance(code, str) else _digest({name: _sha256(text) for name, text in code.items()})
    return _digest([_PARTS[layer](contract), digest])


def table_fingerprint(table: BoundTable) -> str:
    """sha256, in hex, over what a table is made from and how it is written.

    Raises:
        SelectError: its text is no SELECT.
    """
    from lake_platform.contract.queries.bind import normal_text

    contract = table.contract
    return _digest(
        {
            "select": normal_text(table),
            "inputs": [[found.name, found.kind, found.owner, found.schema, found.table] for found in table.inputs],
            "columns": [[column.name, column.parsed_type.redshift, column.required] for column in contract.columns],
            "rules": [[rule.rule, rule.otherwise] for rule in contract.quality],
            "partition": contract.partition,
            "target": contract.target.model_dump(mode="json"),
        }
    )


def notebook_fingerprint(notebook: BoundNotebook) -> str:
    """sha256, in hex, over the cells of a notebook and its parameters."""
    contract = notebook.contract
    inputs = [[found.name, found.kind, found.owner] for found in notebook.inputs]
    return _digest({"cells": list(notebook.sources), "inputs": inputs, "parameters": contract.parameters})


def derived_fingerprint(derived: Derived) -> str:
    """That of a table or of a notebook; errors as `table_fingerprint`."""
    return table_fingerprint(derived) if isinstance(derived, BoundTable) else notebook_fingerprint(derived)


def _raw(contract: DatasetContract) -> dict[str, Any]:
    return {
        "columns": [
            [column.name, column.parsed_type.redshift, column.aliases, column.path] for column in contract.columns
        ],
        "format": contract.arrives.format.model_dump(mode="json"),
        "evolution": contract.evolution.model_dump(mode="json"),
        "duplicates": contract.arrives.duplicates,
        "delivers": contract.arrives.delivers,
    }


def _validated(contract: DatasetContract) -> dict[str, Any]:
    rules = compile_rules(contract)
    target = contract.target
    deletes = target.deletes if target else None
    return {
        "columns": _read(contract.columns),
        "format": contract.arrives.format.model_dump(mode="json"),
        "evolution": contract.evolution.model_dump(mode="json"),
        "delivers": contract.arrives.delivers,
        "row_rules": [[rule.name, rule.rule, rule.spark_sql, rule.otherwise] for rule in rules.row],
        "batch_rules": [[rule.name, rule.rule, rule.otherwise] for rule in rules.batch],
        "quarantine": contract.quarantine.model_dump(mode="json") if contract.quarantine else None,
        "keys": target.keys if target else [],
        "deletes": deletes.model_dump(mode="json") if deletes else None,
        "delete_when": compile_expression(contract, deletes.when).spark_sql if deletes and deletes.when else None,
    }


def _processed(contract: DatasetContract) -> dict[str, Any]:
    transform = contract.transform
    return {
        "columns": _read(contract.columns),
        "transform": transform.model_dump(mode="json", exclude={"produces", "inputs", "quality"})
        if transform
        else None,
        "rules": [[rule.name, rule.rule, rule.spark_sql] for rule in compile_produced_rules(contract)],
        "inputs": {name: each.dataset for name, each in transform.inputs.items()} if transform else {},
        **_target(contract),
    }


def _staging(contract: DatasetContract) -> dict[str, Any]:
    produced = [[column.name, column.parsed_type.redshift, column.pii, column.required] for column in contract.produced]
    return {"produced": produced, "delivers": contract.arrives.delivers}


def _target(contract: DatasetContract) -> dict[str, Any]:
    target = contract.target
    return {**_staging(contract), "target": target.model_dump(mode="json", exclude={"sort"}) if target else None}


_PARTS: dict[Layer, Callable[[DatasetContract], dict[str, Any]]] = {
    "raw": _raw,
    "validated": _validated,
    "processed": _processed,
    "staging": _staging,
    "target": _target,
}


def _read(columns: Sequence[Column]) -> list[list[Any]]:
    """What reading and casting need of each column."""
    return [
        [c.name, c.parsed_type.redshift, c.parsed_type.spark, c.required, c.aliases, c.path, c.formats] for c in columns
    ]


def _digest(parts: object) -> str:
    return _sha256(json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode())


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
