"""The one type table: the type of a column in the contract, in Spark, Parquet, Redshift and Hive.

The contract speaks Redshift's words. What is not in the table is an error: a silent conversion is a defect.
Lengths count bytes, as in Redshift. `timestamptz` is refused: Spark and Parquet keep an instant and no zone, and COPY
of Parquet fills TIMESTAMP only; times are UTC everywhere, and an offset in a text is honoured when it is read.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from lake_platform.errors import UnknownTypeError

Family = Literal["integer", "float", "decimal", "boolean", "date", "timestamp", "string"]
NUMERIC: tuple[Family, ...] = ("integer", "float", "decimal")

MAX_VARCHAR, MAX_CHAR = 65535, 4096
MAX_PRECISION, MAX_SCALE = 38, 37


@dataclass(frozen=True, kw_only=True)
class ColumnType:
    """One type in every system.

    Attributes:
        family: what may be compared and computed alike.
        spark: Spark SQL text; what casts and Parquet files use.
        arrow: the type of the Parquet column as Arrow prints it; COPY takes no other.
        redshift: DDL text.
        hive: in the Glue Data Catalog.
        max_bytes: of a char or varchar; Redshift counts bytes, not characters.
        scale: the decimals of a decimal.
    """

    family: Family
    spark: str
    arrow: str
    redshift: str
    hive: str
    max_bytes: int | None = None
    scale: int = 0


def _plain(family: Family, spark: str, *, arrow: str, redshift: str, hive: str) -> ColumnType:
    return ColumnType(family=family, spark=spark, arrow=arrow, redshift=redshift, hive=hive)


PLAIN = {
    "smallint": _plain("integer", "smallint", arrow="int16", redshift="SMALLINT", hive="smallint"),
    "integer": _plain("integer", "int", arrow="int32", redshift="INTEGER", hive="int"),
    "bigint": _plain("integer", "bigint", arrow="int64", redshift="BIGINT", hive="bigint"),
    "real": _plain("float", "float", arrow="float", redshift="REAL", hive="float"),
    "double precision": _plain("float", "double", arrow="double", redshift="DOUBLE PRECISION", hive="double"),
    "boolean": _plain("boolean", "boolean", arrow="bool", redshift="BOOLEAN", hive="boolean"),
    "date": _plain("date", "date", arrow="date32[day]", redshift="DATE", hive="date"),
    "timestamp": _plain(
        "timestamp", "timestamp", arrow="timestamp[us, tz=UTC]", redshift="TIMESTAMP", hive="timestamp"
    ),
}
SYNONYMS = {
    "int": "integer",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "float4": "real",
    "float8": "double precision",
    "double": "double precision",
    "bool": "boolean",
}
KNOWN = (*PLAIN, "char(n)", "varchar(n)", "decimal(p,s)")
_WITHOUT_SIZE = {
    "varchar": f"say how many bytes: varchar(256), {MAX_VARCHAR} at most",
    "char": f"say how many bytes: char(1), {MAX_CHAR} at most",
    "decimal": "say precision and scale: decimal(18,2)",
    "numeric": "say precision and scale: numeric(18,2)",
}
_REFUSED = {
    "timestamptz": "times are UTC everywhere and an offset in a file is honoured: use timestamp",
    "timestamp with time zone": "times are UTC everywhere and an offset in a file is honoured: use timestamp",
    "string": "Redshift needs a length in bytes: use varchar(n)",
    "text": "Redshift makes varchar(256) of it: use varchar(n)",
    "float": "say real (4 bytes) or double precision (8 bytes)",
}


@cache
def parse_type(text: str) -> ColumnType:
    """The type that a contract names.

    Raises:
        UnknownTypeError: it is not in the table, or a length or precision is out of range.
    """
    name = re.sub(r"\s+", " ", text.strip().lower())
    name = SYNONYMS.get(name, name)
    if name in PLAIN:
        return PLAIN[name]
    if match := re.fullmatch(r"(var)?char ?\( ?([0-9]{1,9}) ?\)", name):
        return _character(text, variable=bool(match[1]), length=int(match[2]))
    if match := re.fullmatch(r"(?:decimal|numeric) ?\( ?([0-9]{1,9}) ?(?:, ?([0-9]{1,9}) ?)?\)", name):
        return _decimal(text, int(match[1]), int(match[2] or 0))
    raise UnknownTypeError(text, _WITHOUT_SIZE.get(name) or _REFUSED.get(name) or "", known=KNOWN)


def _character(text: str, *, variable: bool, length: int) -> ColumnType:
    longest = MAX_VARCHAR if variable else MAX_CHAR
    if not 1 <= length <= longest:
        raise UnknownTypeError(text, f"the length is 1 to {longest} bytes", known=KNOWN)
    name = f"{'var' if variable else ''}char({length})"
    return ColumnType(
        family="string", spark="string", arrow="string", redshift=name.upper(), hive=name, max_bytes=length
    )


def _decimal(text: str, precision: int, scale: int) -> ColumnType:
    if not (1 <= precision <= MAX_PRECISION and scale <= min(precision, MAX_SCALE)):
        raise UnknownTypeError(
            text,
            f"the precision is 1 to {MAX_PRECISION}, the scale at most {MAX_SCALE} and never above the precision",
            known=KNOWN,
        )
    name = f"decimal({precision},{scale})"
    arrow = f"decimal128({precision}, {scale})"
    return ColumnType(family="decimal", spark=name, arrow=arrow, redshift=name.upper(), hive=name, scale=scale)
