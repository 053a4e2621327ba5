"""What importing the contract brings with it, and what it offers."""

import subprocess
import sys

from pydantic import TypeAdapter

from lake_platform import contract
from lake_platform.contract import DatasetContract

HEAVY = ("dagster", "pyspark", "pandas", "pydeequ", "boto3", "pyarrow", "sqlglot")


def test_the_contract_imports_nothing_heavy() -> None:
    program = f"import sys, lake_platform.contract; print([m for m in {HEAVY} if m in sys.modules])"

    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "[]"


def test_the_public_front_is_this() -> None:
    assert contract.__all__ == [
        "LAYERS",
        "ColumnType",
        "CompiledRules",
        "DatasetContract",
        "Fault",
        "Folder",
        "Layer",
        "Unplaced",
        "compile_expression",
        "compile_rules",
        "counts",
        "fingerprint",
        "load_file",
        "load_folder",
        "logical_start",
        "parse_contract",
        "parse_type",
        "partition_of",
    ]


def test_the_schema_for_editors_describes_every_field() -> None:
    schema = DatasetContract.model_json_schema()

    models = [schema, *schema["$defs"].values()]
    silent = [name for model in models for name, field in model["properties"].items() if "description" not in field]
    assert silent == []
    assert all(model["additionalProperties"] is False for model in models)
    assert "from" in schema["$defs"]["Partitioning"]["properties"]
    assert TypeAdapter(DatasetContract).json_schema() == schema
