"""The rule types of DQDL: which say something of each row, which of the set, and which are refused and why.

What is said of Deequ was seen with deequ 2.1.0 and dqdl 1.0.0, the versions that are pinned.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from lake_platform.contract.types import NUMERIC, Family

Compared = Literal["nothing", "numbers", "share", "correlation", "duration", "values", "length"]
"""What stands behind the operator: `share` is a number from 0 to 1."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One rule type. `families` are the types of columns that it takes; empty: all."""

    columns: tuple[int, int]
    compared: Compared
    families: tuple[Family, ...] = ()
    where: bool = True
    refers: bool = False
    """The last column is one of another table: `"songs.songid"`."""


ROW_RULES = {
    "IsComplete": Kind(columns=(1, 1), compared="nothing"),
    "IsUnique": Kind(columns=(1, 1), compared="nothing"),
    "IsPrimaryKey": Kind(columns=(1, 20), compared="nothing"),
    "ColumnValues": Kind(columns=(1, 1), compared="values"),
    "ColumnLength": Kind(columns=(1, 1), compared="length", families=("string",)),
}
BATCH_RULES = {
    "RowCount": Kind(columns=(0, 0), compared="numbers"),
    "ColumnCount": Kind(columns=(0, 0), compared="numbers", where=False),
    "Completeness": Kind(columns=(1, 1), compared="share"),
    "Uniqueness": Kind(columns=(1, 1), compared="share"),
    "UniqueValueRatio": Kind(columns=(1, 1), compared="share"),
    "DistinctValuesCount": Kind(columns=(1, 1), compared="numbers"),
    "Entropy": Kind(columns=(1, 1), compared="numbers"),
    "Mean": Kind(columns=(1, 1), compared="numbers", families=NUMERIC),
    "Sum": Kind(columns=(1, 1), compared="numbers", families=NUMERIC),
    "StandardDeviation": Kind(columns=(1, 1), compared="numbers", families=NUMERIC),
    "ColumnCorrelation": Kind(columns=(2, 2), compared="correlation", families=NUMERIC),
    "DataFreshness": Kind(columns=(1, 1), compared="duration", families=("date", "timestamp")),
}
KINDS = {**ROW_RULES, **BATCH_RULES}

_NO_PARSE = "Deequ 2.1 does not read it"
_SCHEMA = "the contract itself fixes the columns; `evolution` says what a file with others does"
_OTHER_DATASET = "it needs a second dataset, which the validate job is not given: not supported yet"
_FILES = "Deequ 2.1 calls it failed whatever the files are"
REFUSED_RULES = {
    "ZerosCount": _NO_PARSE,
    "Variance": f"{_NO_PARSE}: use StandardDeviation",
    "Range": f"{_NO_PARSE}: use ColumnValues … between",
    "Min": f"{_NO_PARSE}: use ColumnValues … >=",
    "Max": f"{_NO_PARSE}: use ColumnValues … <=",
    "Median": _NO_PARSE,
    "Skewness": _NO_PARSE,
    "Kurtosis": _NO_PARSE,
    "InterquartileRange": _NO_PARSE,
    "DuplicateRowCount": f"{_NO_PARSE}: use IsPrimaryKey or Uniqueness",
    "FileFreshness": f"{_FILES}; late files are seen in the asset's partitions",
    "FileSize": _FILES,
    "FileMatch": _FILES,
    "FileUniqueness": f"{_FILES}; equal files are found as `arrives.duplicates` says",
    "DetectAnomalies": "Deequ 2.1 calls it failed: it has no history to learn from",
    "CustomSql": "Deequ 2.1 does not find the view `primary` that the statement reads: use a transform",
    "ReferentialIntegrity": _OTHER_DATASET,
    "RowCountMatch": _OTHER_DATASET,
    "AggregateMatch": _OTHER_DATASET,
    "DatasetMatch": _OTHER_DATASET,
    "SchemaMatch": _OTHER_DATASET,
    "ColumnExists": _SCHEMA,
    "ColumnDataType": _SCHEMA,
    "ColumnNamesMatchPattern": _SCHEMA,
}

_NOT_IN_SQL = "it is not compiled to SQL, in which the rules of a table run"


@dataclass(frozen=True)
class Vocabulary:
    """The rule types that a declaration may use, and those that it may not, with the reason."""

    kinds: Mapping[str, Kind]
    refused: Mapping[str, str]


OF_DATASETS = Vocabulary(KINDS, REFUSED_RULES)
REFERENCE = Kind(columns=(2, 2), compared="share", refers=True)
NOT_OF_TABLES = {
    "Entropy": _NOT_IN_SQL,
    "ColumnCorrelation": _NOT_IN_SQL,
    "DataFreshness": "a table is a function of its inputs, whatever the clock says: write it for the dataset",
}
OF_TABLES = Vocabulary(
    {**{name: kind for name, kind in KINDS.items() if name not in NOT_OF_TABLES}, "ReferentialIntegrity": REFERENCE},
    {**{name: why for name, why in REFUSED_RULES.items() if name != "ReferentialIntegrity"}, **NOT_OF_TABLES},
)
