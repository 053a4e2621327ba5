"""Names, types and rows of a Parquet file, from its footer."""

from dataclasses import dataclass
from typing import Any, BinaryIO

from lake_platform.contract.types import Family
from lake_platform.lake.reading.unreadable import UnreadableFileError

NUMBERS: frozenset[Family] = frozenset({"integer", "float", "decimal", "string"})
EVERY: frozenset[Family] = frozenset({*NUMBERS, "boolean", "date", "timestamp"})


@dataclass(frozen=True)
class Footer:
    """`takes`: for each name the families of contract types that its values can become without loss."""

    header: tuple[str, ...]
    records: int
    types: tuple[str, ...]
    takes: tuple[frozenset[Family], ...]


def read_footer(stream: BinaryIO) -> Footer:
    """The footer of a seekable stream.

    Raises:
        UnreadableFileError: it is not Parquet, or cut off.
    """
    # Half a second of import, for datasets that are Parquet only.
    import pyarrow as pa
    import pyarrow.parquet as parquet

    try:
        with parquet.ParquetFile(stream) as file:
            schema, records = file.schema_arrow, file.metadata.num_rows
    except (pa.ArrowException, OSError, ValueError) as error:
        raise UnreadableFileError(f"the file is not Parquet, or is cut off: {error}") from error
    return Footer(
        header=tuple(schema.names),
        records=records,
        types=tuple(str(kind) for kind in schema.types),
        takes=tuple(_takes(kind) for kind in schema.types),
    )


def _takes(kind: Any) -> frozenset[Family]:
    import pyarrow.types as kinds

    if kinds.is_dictionary(kind):
        kind = kind.value_type
    if kinds.is_string(kind) or kinds.is_large_string(kind) or kinds.is_null(kind):
        return EVERY
    if kinds.is_integer(kind) or kinds.is_floating(kind) or kinds.is_decimal(kind):
        return NUMBERS
    if kinds.is_boolean(kind):
        return frozenset({"boolean", "string"})
    if kinds.is_date(kind):
        return frozenset({"date", "timestamp", "string"})
    if kinds.is_timestamp(kind):
        return frozenset({"timestamp", "string"})
    if kinds.is_binary(kind) or kinds.is_large_binary(kind) or kinds.is_fixed_size_binary(kind) or kinds.is_time(kind):
        return frozenset({"string"})
    return frozenset()
