"""The fingerprint of the parts of a contract that influence a layer.

| layer | parts |
| --- | --- |
| raw | columns, format, evolution, duplicates, delivers |
| validated | columns, format, delivers, evolution, quality, quarantine, keys and deletes; the code of the jobs |
| processed | columns, transform, target (the table knows a batch by its processed token); the code of the jobs and of the transform |
| staging | produced columns |
| target | produced columns, target |

Description, owners, group, prefix and settle never count. Layers are chained by the tokens of their inputs, so a layer
needs its own parts only.
"""

import hashlib
import json
from typing import Any

from lake_platform.contract.dataset import DatasetContract, Layer


def fingerprint(contract: DatasetContract, layer: Layer, *, code: str) -> str:
    """sha256, in hex, over the parts of this layer and the digest of the code that makes it."""
    text = json.dumps([_parts(contract, layer), code], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _parts(contract: DatasetContract, layer: Layer) -> dict[str, Any]:
    whole = contract.model_dump(mode="json")
    for columns in (whole["columns"], (whole["transform"] or {}).get("produces") or []):
        for column in columns:
            column.pop("description", None)
    target = whole["target"] or {}
    keys = {"keys": target.get("keys"), "deletes": target.get("deletes")}
    reading = {"columns": whole["columns"], "format": whole["arrives"]["format"], "evolution": whole["evolution"]}
    produced = (whole["transform"] or {}).get("produces") or whole["columns"]
    parts: dict[Layer, dict[str, Any]] = {
        "raw": {**reading, "duplicates": whole["arrives"]["duplicates"], "delivers": whole["arrives"]["delivers"]},
        "validated": {
            **reading,
            **keys,
            "delivers": whole["arrives"]["delivers"],
            "quality": whole["quality"],
            "quarantine": whole["quarantine"],
        },
        "processed": {"columns": whole["columns"], "transform": whole["transform"], "target": target},
        "staging": {"columns": produced},
        "target": {"columns": produced, "target": target},
    }
    return parts[layer]
