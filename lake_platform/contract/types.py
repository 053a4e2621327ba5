"""The one type table: the type of a column in the contract, in Spark, Parquet, Redshift and Hive.

The contract speaks Redshift's words. What is not in the table is an error: a silent conversion is a defect.
"""

import re
from dataclasses import dataclass
from typing import Literal

Family = Literal["integer", "float", "decimal", "boolean", "date", "timestamp", "string"]


@dataclass(frozen=True, kw_only=True)
class ColumnType:
    """One type in every system.

    Attributes:
        spark: Spark SQL text; what casts and Parquet files use.
        arrow: the type of the Parquet column as Arrow prints it; COPY takes no other.
        redshift: DDL text.
        hive: in the Glue Data Catalog.
        max_bytes: of a char or varchar; Redshift counts bytes, not characters.
    """

    family: Family
    spark: str
    arrow: str
    redshift: str
    hive: str
    max_bytes: int | None = None


class UnknownTypeError(ValueError):
    """A type that is not in the table."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"unknown type {text!r}; there are: {', '.join(sorted(PLAIN))}, char(n), varchar(n), decimal(p,s)"
        )


def _plain(family: Family, spark: str, arrow: str, redshift: str, hive: str) -> ColumnType:
    return ColumnType(family=family, spark=spark, arrow=arrow, redshift=redshift, hive=hive)


PLAIN = {
    "smallint": _plain("integer", "smallint", "int16", "SMALLINT", "smallint"),
    "integer": _plain("integer", "int", "int32", "INTEGER", "int"),
    "bigint": _plain("integer", "bigint", "int64", "BIGINT", "bigint"),
    "real": _plain("float", "float", "float", "REAL", "float"),
    "double precision": _plain("float", "double", "double", "DOUBLE PRECISION", "double"),
    "boolean": _plain("boolean", "boolean", "bool", "BOOLEAN", "boolean"),
    "date": _plain("date", "date", "date32[day]", "DATE", "date"),
    "timestamp": _plain("timestamp", "timestamp", "timestamp[us, tz=UTC]", "TIMESTAMP", "timestamp"),
}
SYNONYMS = {
    "int": "integer",
    "double": "double precision",
    "float8": "double precision",
    "float4": "real",
    "bool": "boolean",
}
MAX_VARCHAR, MAX_CHAR, MAX_PRECISION = 65535, 4096, 38


def parse_type(text: str) -> ColumnType:
    """The type that a contract names.

    Raises:
        UnknownTypeError: it is not in the table, or a length or precision is out of range.
    """
    name = re.sub(r"\s+", " ", text.strip().lower())
    name = SYNONYMS.get(name, name)
    if name in PLAIN:
        return PLAIN[name]
    if match := re.fullmatch(r"(var)?char ?\( ?(\d+) ?\)", name):
        return _character(text, variable=bool(match[1]), length=int(match[2]))
    if match := re.fullmatch(r"(?:decimal|numeric) ?\( ?(\d+) ?(?:, ?(\d+) ?)?\)", name):
        return _decimal(text, int(match[1]), int(match[2] or 0))
    raise UnknownTypeError(text)


def _character(text: str, *, variable: bool, length: int) -> ColumnType:
    if not 1 <= length <= (MAX_VARCHAR if variable else MAX_CHAR):
        raise UnknownTypeError(text)
    name = f"{'var' if variable else ''}char({length})"
    return ColumnType(
        family="string", spark="string", arrow="string", redshift=name.upper(), hive=name, max_bytes=length
    )


def _decimal(text: str, precision: int, scale: int) -> ColumnType:
    if not (1 <= precision <= MAX_PRECISION and scale <= precision):
        raise UnknownTypeError(text)
    name = f"decimal({precision},{scale})"
    return ColumnType(
        family="decimal",
        spark=name,
        arrow=f"decimal128({precision}, {scale})",
        redshift=name.upper(),
        hive=name,
    )
