"""Contracts and lakes for tests."""

import datetime as dt
from typing import Any

from lake_platform.contract.dataset import DatasetContract
from lake_platform.lake.lake import Lake
from lake_platform.lake.store import ObjectStore
from lake_platform_tests.lake.memory_store import MemoryStore

NOW = dt.datetime(2024, 6, 1, 12, tzinfo=dt.UTC)


def contract(*, columns: list[dict[str, Any]] | None = None, **arrives: Any) -> DatasetContract:
    """Orders: `dt=<day>/` folders of CSV files with `id` and `name`."""
    text = {
        "name": "orders",
        "description": "orders",
        "arrives": {
            "prefix": "orders/",
            "partition": {"by": "day", "from": "key", "pattern": r"dt=(?P<day>\d{4}-\d{2}-\d{2})/"},
            "format": {"kind": "csv"},
            "delivers": "changes",
            **{key: value for key, value in arrives.items() if key != "evolution"},
        },
        "columns": columns or [{"name": "id", "type": "bigint"}, {"name": "name", "type": "varchar(10)"}],
        "evolution": arrives.get("evolution", {}),
    }
    return DatasetContract.model_validate(text)


def memory_lake(landing: ObjectStore | None = None, lake: ObjectStore | None = None) -> Lake:
    """Two buckets in memory."""
    return Lake(
        landing=landing or MemoryStore("landing"), lake=lake or MemoryStore("lake"), settle=0.0, read_pii_key=str
    )
