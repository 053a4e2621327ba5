"""What an author may declare, as strict models. Importing it imports neither Dagster nor Spark.

`parse_contract` and `load_folder` read files; `compile_rules` makes SQL and DQDL of the rules; `partition_of` places
landed keys; `parse_type` is the type table; `fingerprint` says what a layer is made from.
"""

from lake_platform.contract.compiled import CompiledRules, compile_expression, compile_rules
from lake_platform.contract.dataset import LAYERS, DatasetContract, Layer
from lake_platform.contract.faults import Fault
from lake_platform.contract.fingerprint import fingerprint
from lake_platform.contract.partitions import Unplaced, counts, logical_start, partition_of
from lake_platform.contract.source import Folder, load_file, load_folder, parse_contract
from lake_platform.contract.types import ColumnType, parse_type

__all__ = [
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
