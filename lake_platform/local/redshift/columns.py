"""Column types: what Redshift means by them, written for PostgreSQL."""

import hashlib
from dataclasses import dataclass

from lake_platform.local.redshift.refusal import NotSupportedError, RedshiftError
from lake_platform.local.redshift.tokens import Reader

PLAIN = {
    **dict.fromkeys(("SMALLINT", "INT2"), "smallint"),
    **dict.fromkeys(("INTEGER", "INT", "INT4"), "integer"),
    **dict.fromkeys(("BIGINT", "INT8"), "bigint"),
    **dict.fromkeys(("REAL", "FLOAT4"), "real"),
    **dict.fromkeys(("FLOAT8",), "double precision"),
    **dict.fromkeys(("BOOLEAN", "BOOL"), "boolean"),
    "DATE": "date",
    "DATETIME": "timestamp",
    "TIMESTAMPTZ": "timestamptz",
    "TIMETZ": "timetz",
}
UNAVAILABLE = ("SUPER", "VARBYTE", "VARBINARY", "BINARY", "GEOMETRY", "GEOGRAPHY", "HLLSKETCH", "INTERVAL")
LONGEST_VARCHAR = 65535
LONGEST_CHAR = 4096
BYTES_PREFIX = "varchar_bytes_"
"""Names of the constraints that count bytes; the number after it is the limit, so that errors can tell it."""


@dataclass(frozen=True)
class ColumnType:
    """A type in PostgreSQL's words; `bytes_limit` where Redshift counts bytes and PostgreSQL characters."""

    sql: str
    bytes_limit: int | None = None
    is_varchar: bool = False

    def with_check(self, column: str) -> str:
        """The type with the constraint that holds a column to its bytes."""
        if self.bytes_limit is None:
            return self.sql
        mark = hashlib.md5(column.encode()).hexdigest()[:12]
        name = f"{BYTES_PREFIX}{self.bytes_limit}_{mark}"
        return f'{self.sql} CONSTRAINT "{name}" CHECK (octet_length({column}) <= {self.bytes_limit})'


def read_type(reader: Reader) -> ColumnType:
    """Take one column type."""
    word = reader.word
    if word in PLAIN:
        reader.take()
        return ColumnType(PLAIN[word])
    if word in ("DECIMAL", "NUMERIC", "DEC"):
        reader.take()
        return _decimal(reader)
    if word in ("TIMESTAMP", "TIME"):
        reader.take()
        return _time(reader, word.lower())
    if word in ("FLOAT", "DOUBLE"):
        reader.take()
        return _float(reader, word)
    if text := _read_text(reader):
        return text
    if word in UNAVAILABLE:
        raise NotSupportedError(f"type {word} is not available in the local endpoint")
    if word.isidentifier():
        raise NotSupportedError(f'column has unsupported type "{word.lower()}"')
    raise reader.unexpected()


def _read_text(reader: Reader) -> ColumnType | None:
    word = reader.word
    if word == "TEXT":
        reader.take()
        return _varchar(256)
    if word == "BPCHAR":
        reader.take()
        return ColumnType("char(256)", 256)
    if word in ("VARCHAR", "NVARCHAR") or (word in ("CHAR", "CHARACTER", "NCHAR") and reader.ahead(1) == "VARYING"):
        reader.take()
        reader.accept("VARYING")
        return _varchar(_length(reader, default=256, longest=LONGEST_VARCHAR))
    if word in ("CHAR", "CHARACTER", "NCHAR"):
        reader.take()
        length = _length(reader, default=1, longest=LONGEST_CHAR)
        return ColumnType(f"char({length})", length)
    return None


def _varchar(length: int) -> ColumnType:
    return ColumnType(f"varchar({length})", length, is_varchar=True)


def _length(reader: Reader, *, default: int, longest: int) -> int:
    if reader.word != "(":
        return default
    inside = reader.group()
    if len(inside) == 1 and inside[0].word == "MAX":
        return longest
    if len(inside) != 1 or not inside[0].text.isdecimal():
        raise RedshiftError("syntax error in the length of a character type")
    length = int(inside[0].text)
    if not 1 <= length <= longest:
        raise RedshiftError(f"length for type character must be between 1 and {longest}", "22023")
    return length


def _decimal(reader: Reader) -> ColumnType:
    if reader.word != "(":
        return ColumnType("decimal(18,0)")
    numbers = [token.text for token in reader.group() if token.word != ","]
    if len(numbers) not in (1, 2) or not all(number.isdecimal() for number in numbers):
        raise RedshiftError("syntax error in the precision of a decimal type")
    precision, scale = int(numbers[0]), int(numbers[1]) if len(numbers) == 2 else 0
    if not 1 <= precision <= 38 or scale > min(precision, 37):
        raise RedshiftError(
            f"DECIMAL({precision},{scale}): precision must be 1 to 38, scale 0 to the precision, at most 37", "22023"
        )
    return ColumnType(f"decimal({precision},{scale})")


def _time(reader: Reader, word: str) -> ColumnType:
    if reader.accept("WITH", "TIME", "ZONE"):
        return ColumnType(f"{word}tz")
    reader.accept("WITHOUT", "TIME", "ZONE")
    return ColumnType(word)


def _float(reader: Reader, word: str) -> ColumnType:
    if word == "DOUBLE":
        reader.expect("PRECISION")
    elif reader.word == "(":
        inside = reader.group()
        return ColumnType("real" if int(inside[0].text) <= 24 else "double precision")
    return ColumnType("double precision")
