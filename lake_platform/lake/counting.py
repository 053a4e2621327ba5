"""Header and number of records of one unpacked file, counted without Spark."""

import codecs
import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from lake_platform.contract.dataset import DatasetContract, FileFormat

MAX_FIELD = 128 << 20
MAX_ARRAY_BYTES = 256 << 20
FOREIGN_MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


class UnreadableFileError(Exception):
    """The file cannot be read as the contract says; the text says why and where."""


@dataclass(frozen=True)
class Counted:
    """`named` tells a header of the file's own from positions."""

    header: tuple[str, ...]
    records: int | None
    named: bool


def count_records(stream: BinaryIO, contract: DatasetContract) -> Counted:
    """Reads the whole file.

    Raises:
        UnreadableFileError: wrong encoding, or not the format that the contract names.
    """
    form = contract.arrives.format
    if form.kind == "parquet":
        return _parquet(stream)
    head = stream.read(4)
    stream.seek(0)
    for mark, name in FOREIGN_MARKS.items():
        if head.startswith(mark) and not form.encoding.lower().startswith("utf-16"):
            raise UnreadableFileError(f"the file begins like {name}, the contract says encoding: {form.encoding}")
    encoding = "utf-8-sig" if form.encoding.lower() in ("utf-8", "utf8") else form.encoding
    text = io.TextIOWrapper(stream, encoding=encoding, errors="strict", newline="")
    try:
        return _csv(text, form) if form.kind == "csv" else _json(text)
    except UnicodeDecodeError as error:
        raise UnreadableFileError(
            f"the bytes {error.object[error.start : error.start + 4]!r} are not {form.encoding}; "
            "set arrives.format.encoding to what the producer writes"
        ) from error
    finally:
        text.detach()


def _csv(text: io.TextIOWrapper, form: FileFormat) -> Counted:
    csv.field_size_limit(MAX_FIELD)
    lines = _lines(text, form)
    doubled = form.escape == form.quote
    records = csv.reader(
        lines,
        delimiter=form.delimiter,
        quotechar=form.quote,
        doublequote=doubled,
        escapechar=None if doubled else form.escape,
    )
    try:
        kept = (record for record in records if any(field.strip(" \t") for field in record) or len(record) > 1)
        header = tuple(next(kept, ())) if form.header else ()
        count = sum(1 for _ in kept)
    except csv.Error as error:
        raise UnreadableFileError(f"line {records.line_num} is not CSV: {error}") from error
    uncertain = form.footer or form.comment or not form.multiline
    return Counted(header, None if uncertain else count, named=form.header)


def _lines(text: io.TextIOWrapper, form: FileFormat) -> Iterator[str]:
    """Lines with any line end; NUL bytes are told, they are a sign of another encoding."""
    for number, line in enumerate(text, start=1):
        if "\0" in line:
            raise UnreadableFileError(f"line {number} holds NUL bytes; set arrives.format.encoding")
        if number > form.skip and not (form.comment and line.startswith(form.comment)):
            yield line


def _json(text: io.TextIOWrapper) -> Counted:
    first = text.read(1)
    while first and first.isspace():
        first = text.read(1)
    if not first:
        return Counted((), 0, named=False)
    if first != "[":
        text.readline()
        return Counted((), 1 + sum(1 for line in text if line.strip()), named=False)
    body = text.read(MAX_ARRAY_BYTES)
    if len(body) == MAX_ARRAY_BYTES:
        return Counted((), None, named=False)
    try:
        return Counted((), len(cast("list[Any]", json.loads("[" + body))), named=False)
    except ValueError as error:
        raise UnreadableFileError(f"the JSON array cannot be read: {error}") from error


def _parquet(stream: BinaryIO) -> Counted:
    import pyarrow.parquet as parquet
    from pyarrow import ArrowException

    try:
        file = parquet.ParquetFile(stream)
    except (ArrowException, OSError) as error:
        raise UnreadableFileError(f"the file is not Parquet: {error}") from error
    return Counted(tuple(file.schema_arrow.names), file.metadata.num_rows, named=True)
