"""Parquet files as COPY reads them: by position, with exactly the types of the table."""

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq
from pyarrow.compute import call_function

from lake_platform.local.redshift.refusal import SpectrumError

ROWS = 65536
"""Rows in memory at a time."""
TOO_LONG = 15001
INCOMPATIBLE = 15007
ARROW = {
    "int2": pa.int16(),
    "int4": pa.int32(),
    "int8": pa.int64(),
    "float4": pa.float32(),
    "float8": pa.float64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", "UTC"),
    **dict.fromkeys(("varchar", "bpchar", "text"), pa.string()),
}
PHYSICAL = {"float4": "FLOAT", "float8": "DOUBLE", "bool": "BOOLEAN"}
WIDTHS = {"int2": ("INT32", (8, 16)), "int4": ("INT32", (0, 32)), "int8": ("INT64", (0, 64))}
"""Physical type and the bits that the logical type may tell; 0 stands for no logical type."""


@dataclass(frozen=True)
class TargetColumn:
    """A column of the table that is loaded: its name, PostgreSQL's name of its type, and the type's modifier."""

    name: str
    kind: str
    modifier: int

    @property
    def limit(self) -> int | None:
        """The bytes that fit in."""
        return self.modifier - 4 if self.kind in ("varchar", "bpchar") and self.modifier > 0 else None

    @property
    def decimal(self) -> tuple[int, int]:
        """Precision and scale."""
        return (self.modifier - 4) >> 16, (self.modifier - 4) & 0x7FF

    @property
    def told(self) -> str:
        """The type as errors tell it."""
        if self.kind == "numeric":
            return "DECIMAL({}, {})".format(*self.decimal)
        return self.kind.upper() + (f"({self.limit})" if self.limit else "")


@dataclass(frozen=True)
class Chunk:
    """Some rows as CSV."""

    rows: int
    text: bytes


def csv_chunks(content: IO[bytes], uri: str, *, columns: Sequence[TargetColumn]) -> Iterator[Chunk]:
    """The rows of one file; raises before the first where the file does not fit the table."""
    try:
        file = pq.ParquetFile(content, pre_buffer=False, buffer_size=1 << 20, coerce_int96_timestamp_unit="us")
    except (pa.ArrowInvalid, OSError) as error:
        raise SpectrumError(INCOMPATIBLE, f"File '{uri}' is no Parquet file: {error}", file=uri) from error
    with file:
        _check_schema(file, uri, columns=columns)
        for batch in file.iter_batches(ROWS):
            yield _as_csv(batch, uri, columns=columns)


def _check_schema(file: pq.ParquetFile, uri: str, *, columns: Sequence[TargetColumn]) -> None:
    fields = file.schema_arrow
    if len(fields) != len(columns):
        told = f"Table columns: {len(columns)}, Data columns: {len(fields)}, File name: {uri}"
        raise SpectrumError(INCOMPATIBLE, f"Unmatched number of columns between table and file. {told}", file=uri)
    leaves = {file.schema.column(index).path: file.schema.column(index) for index in range(len(file.schema))}
    for index, (field, column) in enumerate(zip(fields, columns, strict=True)):
        leaf = leaves.get(field.name)
        if leaf is None or leaf.max_repetition_level or not _fits(leaf, column):
            raise _incompatible(leaf, uri, column=column, index=index)


def _incompatible(leaf: Any, uri: str, *, column: TargetColumn, index: int) -> SpectrumError:
    if leaf is None:
        found = "optional group"
    else:
        how = "optional" if leaf.max_definition_level else "required"
        logical = "" if leaf.logical_type.type == "NONE" else f" ({leaf.logical_type})"
        level = f"[i:{index} d:{leaf.max_definition_level} r:0]"
        found = f"{how} {leaf.physical_type.lower()} {leaf.name}{logical} {level}"
    context = (
        f"File '{uri}' has an incompatible Parquet schema for column '{uri}.{column.name}'. "
        f"Column type: {column.told}, Parquet schema:\n{found}"
    )
    return SpectrumError(INCOMPATIBLE, context, file=uri, column=column.name)


def _fits(leaf: Any, column: TargetColumn) -> bool:
    physical: str = leaf.physical_type
    logical: dict[str, Any] = json.loads(leaf.logical_type.to_json())
    name = str(logical.get("Type", "None"))
    if column.kind in WIDTHS:
        wanted, bits = WIDTHS[column.kind]
        told = int(logical["bitWidth"]) if name == "Int" and logical.get("isSigned") else 0 if name == "None" else -1
        return physical == wanted and told in bits
    if column.kind in PHYSICAL:
        return physical == PHYSICAL[column.kind] and name == "None"
    if column.kind == "numeric":
        return name == "Decimal" and (leaf.precision, leaf.scale) == column.decimal
    if column.kind == "date":
        return name == "Date"
    if column.kind in ("timestamp", "timestamptz"):
        return physical == "INT96" or (
            name == "Timestamp" and logical.get("timeUnit") in ("milliseconds", "microseconds")
        )
    return column.kind in ("varchar", "bpchar", "text") and physical == "BYTE_ARRAY" and name == "String"


def _as_csv(batch: Any, uri: str, *, columns: Sequence[TargetColumn]) -> Chunk:
    arrays: list[Any] = []
    for array, column in zip(batch.columns, columns, strict=True):
        wanted = ARROW.get(column.kind)
        # A file may carry Arrow's own wishes (dictionaries, large strings, time zones): the table's type counts.
        values = array if wanted is None or array.type == wanted else array.cast(wanted, safe=False)
        _check_length(values, uri, column=column)
        arrays.append(values)
    sink = io.BytesIO()
    names = [str(index) for index in range(len(arrays))]
    pcsv.write_csv(
        pa.RecordBatch.from_arrays(arrays, names), sink, pcsv.WriteOptions(include_header=False, batch_size=ROWS)
    )
    return Chunk(batch.num_rows, sink.getvalue())


def _check_length(values: Any, uri: str, *, column: TargetColumn) -> None:
    if column.limit is None:
        return
    longest = call_function("max", [call_function("binary_length", [values])]).as_py() or 0
    if longest > column.limit:
        context = (
            f"The length of the data column {column.name} is longer than the length defined in the table. "
            f"Table: {column.limit}, Data: {longest}, File name: {uri}"
        )
        raise SpectrumError(TOO_LONG, context, file=uri, column=column.name)
