"""A parsed DQDL rule."""

from dataclasses import dataclass
from typing import Literal

Operator = Literal["=", "!=", "<", "<=", ">", ">=", "between", "not between", "in", "not in", "matches", "not matches"]
Keyword = Literal["NULL", "EMPTY", "WHITESPACES_ONLY"]

ROW_RULES = ("IsComplete", "ColumnValues", "ColumnLength", "IsUnique", "IsPrimaryKey")
NUMERIC_RULES = ("Mean", "Sum", "StandardDeviation")
BATCH_RULES = (
    "RowCount",
    "ColumnCount",
    "Completeness",
    "Uniqueness",
    "UniqueValueRatio",
    "DistinctValuesCount",
    "Entropy",
    "ColumnCorrelation",
    *NUMERIC_RULES,
)
REFUSED_RULES = {
    "ZerosCount": "Deequ 2.1 does not parse it",
    "Variance": "Deequ 2.1 does not parse it; use StandardDeviation",
    "Range": "Deequ 2.1 does not parse it",
    "Skewness": "Deequ 2.1 does not parse it",
    "Kurtosis": "Deequ 2.1 does not parse it",
    "InterquartileRange": "Deequ 2.1 does not parse it",
    "DuplicateRowCount": "Deequ 2.1 does not parse it",
    "FileFreshness": "Deequ 2.1 reports it as failed whatever the files are; arrivals are watched by the sensor",
    "FileSize": "Deequ 2.1 reports it as failed whatever the files are",
    "FileUniqueness": "Deequ 2.1 reports it as failed whatever the files are; equal files are told as duplicates",
    "DetectAnomalies": "Deequ 2.1 reports it as failed: it has no history here",
}


@dataclass(frozen=True)
class Condition:
    """`in ["A","I"]`: an operator and its values; strings, numbers as text, or a keyword."""

    operator: Operator
    values: tuple["Value", ...]


@dataclass(frozen=True)
class Value:
    """One literal. `keyword` is NULL, EMPTY or WHITESPACES_ONLY."""

    text: str
    kind: Literal["string", "number", "keyword"]


@dataclass(frozen=True)
class Simple:
    """One rule: its type, its columns and its condition."""

    kind: str
    columns: tuple[str, ...]
    condition: Condition | None
    where: str | None
    text: str


@dataclass(frozen=True)
class Composite:
    """`(rule) and (rule)`, `(rule) or (rule)`."""

    operator: Literal["and", "or"]
    parts: tuple["Rule", ...]
    text: str


Rule = Simple | Composite


class RuleSyntaxError(ValueError):
    """The text is no rule that is supported; the message says what to do."""
