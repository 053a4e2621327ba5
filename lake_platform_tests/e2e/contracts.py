"""Definition files for the scenarios, each dataset with a prefix, a name and a table of its own."""

from typing import Any

import yaml

from lake_platform_tests.e2e.house import csv_of

HEADER = "customer_id,op,region,amount,changed_at"
COLUMNS = [
    {"name": "customer_id", "type": "bigint", "required": True},
    {"name": "op", "type": "char(1)"},
    {"name": "region", "type": "varchar(64)"},
    {"name": "amount", "type": "decimal(18,2)"},
    {"name": "changed_at", "type": "timestamp", "required": True, "formats": ["yyyy-MM-dd HH:mm"]},
]
KNOWN_OP = {"rule": 'ColumnValues "op" in ["I","U","D"]', "otherwise": "quarantine"}
DAILY = {"by": "day", "start": "2024-01-01", "from": "key", "pattern": r"dt=(?P<day>\d{4}-\d{2}-\d{2})/"}


def define(name: str, *, arrives: dict[str, Any] | None = None, **attributes: Any) -> str:
    """The text of a definition; `arrives` is merged into the usual one, None leaves an attribute out."""
    usual = {
        "prefix": f"{name}/",
        "partition": DAILY,
        "format": {"kind": "csv"},
        "files": [".csv", ".csv.gz"],
        "delivers": "changes",
    }
    body = {
        "name": name,
        "description": "made for a test",
        "arrives": {**usual, **(arrives or {})},
        "columns": COLUMNS,
        "quality": [KNOWN_OP],
        "quarantine": {"block_above": 0.5},
        **attributes,
    }
    kept = {field: value for field, value in body.items() if value is not None}
    return yaml.safe_dump({"type": "lake_platform.Dataset", "attributes": kept}, sort_keys=False)


def scd2(name: str, **attributes: Any) -> str:
    """A dataset of changes that keeps the history of its customers in `dim_<name>`."""
    target = {
        "table": f"dim_{name}",
        "write": "scd2",
        "keys": ["customer_id"],
        "effective_at": "changed_at",
        "deletes": {"when": "op = 'D'"},
    }
    return define(name, target=target, **attributes)


def key_of(name: str, day: str, file: str = "a.csv") -> str:
    """Where the file of a day lands."""
    return f"{name}/dt={day}/{file}"


def day_file(name: str, day: str, *rows: tuple[object, ...], file: str = "a.csv") -> tuple[str, str]:
    """Key and content of a change file."""
    return key_of(name, day, file), csv_of(HEADER, rows)
