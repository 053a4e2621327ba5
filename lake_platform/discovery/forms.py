"""What kind of file each one is, and under which format all of them are read."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from lake_platform.contract.dataset import FileFormat
from lake_platform.discovery.dialect import Dialect, find_dialect
from lake_platform.discovery.encoding import Encoding, find_encoding
from lake_platform.discovery.json_values import DECODER
from lake_platform.discovery.scan import opened, opened_text
from lake_platform.discovery.sources import SourceFile
from lake_platform.errors import SampleError
from lake_platform.lake.reading.inspection import EMPTY
from lake_platform.lake.reading.unpacking import HEAD_BYTES, check_kind, foreign
from lake_platform.lake.reading.unreadable import UnreadableFileError

Kind = Literal["csv", "json", "parquet"]
_PARQUET = b"PAR1"
_BEGINNING = 1 << 16


@dataclass(frozen=True)
class FileKind:
    """One file that can be read."""

    source: SourceFile
    kind: Kind
    packed: bool
    encoding: Encoding | None


@dataclass(frozen=True)
class FormFound:
    """The format of all files, and what speaks for it.

    Attributes:
        header, width: of CSV.
    """

    form: FileFormat
    evidence: tuple[str, ...]
    width: int = 0


def find_kind(source: SourceFile) -> FileKind:
    """Looks at the first bytes; of a text file all bytes are decoded once.

    Raises:
        UnreadableFileError: the file is empty, damaged, or no file of rows; the text says what it is.
    """
    with source.open() as stream:
        head = stream.read(HEAD_BYTES)
    if not head:
        raise UnreadableFileError(EMPTY)
    packed = check_kind(head, source.key, "parquet")
    if head.startswith(_PARQUET):
        return FileKind(source, "parquet", packed=False, encoding=None)
    with opened(source, packed=packed) as content:
        head = content.read(HEAD_BYTES)
    if what := foreign(head):
        raise UnreadableFileError(f"the file is {what}, and no rows of CSV, JSON or Parquet")
    with opened(source, packed=packed) as content:
        encoding = find_encoding(content)
    return FileKind(source, "json" if _is_json(source, encoding.name, packed) else "csv", packed, encoding)


def find_form(sample: str, files: Sequence[FileKind]) -> FormFound:
    """One format for all files.

    Raises:
        SampleError: the files are of two kinds, or in two encodings.
        UnreadableFileError: a CSV file that has no records.
    """
    kinds = {file.kind: file.source.key for file in files}
    if len(kinds) > 1:
        told = ", ".join(f"{kind} ({key})" for kind, key in sorted(kinds.items()))
        raise SampleError(sample, f"the files are of {len(kinds)} kinds, {told}: give each kind a folder of its own")
    kind = files[0].kind
    if kind == "parquet":
        return FormFound(FileFormat(kind="parquet"), ("the files begin and end as Parquet does",))
    encoding = _one_encoding(sample, files)
    told = f"encoding: {encoding.evidence}"
    if kind == "json":
        return FormFound(FileFormat(kind="json", encoding=encoding.name), ("records are JSON objects", told))
    dialect = _dialect(files, encoding.name)
    return FormFound(dialect.form, (*dialect.evidence, told), dialect.width)


def _is_json(source: SourceFile, encoding: str, packed: bool) -> bool:
    with opened_text(source, encoding, packed=packed) as text:
        begin = text.read(_BEGINNING).lstrip()
    if begin[:1] not in ("{", "["):
        return False
    try:
        value, _ = DECODER.raw_decode(begin)
    except (json.JSONDecodeError, RecursionError):
        # A long array is not whole in its beginning; neither is an object over many lines.
        return not source.key.lower().removesuffix(".gz").endswith((".csv", ".tsv", ".txt"))
    return isinstance(value, dict | list)


def _one_encoding(sample: str, files: Sequence[FileKind]) -> Encoding:
    """ASCII is UTF-8 and Latin-1 alike, so files of ASCII only have no say."""
    found = {file.encoding.name: file for file in files if file.encoding and not file.encoding.ascii_only}
    if len(found) > 1:
        told = ", ".join(f"{name} ({file.source.key})" for name, file in sorted(found.items()))
        raise SampleError(sample, f"the files are in {len(found)} encodings, {told}: have them written in one")
    file = next(iter(found.values()), files[0])
    assert file.encoding is not None
    return file.encoding


def _dialect(files: Sequence[FileKind], encoding: str) -> Dialect:
    """Of the first file that has records."""
    fault: UnreadableFileError | None = None
    for file in files:
        with opened_text(file.source, encoding, packed=file.packed) as text:
            try:
                return find_dialect(islice(text, None), encoding)
            except UnreadableFileError as error:
                fault = fault or error
    raise fault or UnreadableFileError("there is no file")
