"""Reads files from end to end and adds every value to its column."""

import json
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, BinaryIO, TextIO, cast

from lake_platform.contract.dataset import FileFormat
from lake_platform.discovery.columns import ColumnScan
from lake_platform.discovery.csv_records import csv_records
from lake_platform.discovery.json_values import DECODER, Path, flat
from lake_platform.discovery.places import shown
from lake_platform.discovery.sources import SourceFile
from lake_platform.lake.reading.decoding import decoded
from lake_platform.lake.reading.json_records import json_records
from lake_platform.lake.reading.parquet_footer import read_footer
from lake_platform.lake.reading.unpacking import unpacked

MAX_FAULTS = 5
_BATCH = 10_000


@dataclass
class Scan:
    """What was read.

    Attributes:
        columns: by the name in the file, the path in JSON, or the place as `column_1` without a header.
        whole: paths of JSON whose values are lists or objects somewhere.
        types: Parquet: the type of each column as Arrow says it.
        headers: for each list of names the files that have it.
        faults: the first records that are none, and why; `faulty` counts all of them.
        records: with a value for each file.
    """

    columns: dict[str, ColumnScan] = field(default_factory=dict[str, ColumnScan])
    paths: dict[str, Path] = field(default_factory=dict[str, Path])
    whole: set[str] = field(default_factory=set[str])
    types: dict[str, str] = field(default_factory=dict[str, str])
    headers: dict[tuple[str, ...], list[str]] = field(default_factory=dict[tuple[str, ...], list[str]])
    faults: list[str] = field(default_factory=list[str])
    faulty: int = 0
    records: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def rows(self) -> int:
        """All records that were read, those with faults among them."""
        return sum(self.records.values())

    def column(self, name: str, *, before: int) -> ColumnScan:
        """A column; one that comes later had no value in the records before."""
        if name not in self.columns:
            self.columns[name] = ColumnScan(name, empty=before)
        return self.columns[name]

    def fault(self, told: str) -> None:
        self.faulty += 1
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(told)


def scan_file(
    scan: Scan, source: SourceFile, form: FileFormat, *, packed: bool, width: int = 0, limit: int | None = None
) -> None:
    """Adds one file.

    Args:
        width: CSV without a header: how many fields a record has.
        limit: so many records at most.

    Raises:
        UnreadableFileError: the file ends in the middle, or is not what it was taken for.
    """
    if form.kind == "parquet":
        _scan_parquet(scan, source, limit)
        return
    with opened_text(source, form.encoding, packed=packed) as text:
        if form.kind == "json":
            _scan_json(scan, source.key, islice(json_records(cast("Any", text), form, DECODER), limit))
        else:
            _scan_csv(scan, source.key, text, form, width=width, limit=limit)


@contextmanager
def opened_text(source: SourceFile, encoding: str, *, packed: bool) -> Generator[TextIO]:
    """The text of a file, unpacked, its line ends as they are."""
    with opened(source, packed=packed) as content, decoded(content, encoding, longest_line=None) as text:
        yield text


@contextmanager
def opened(source: SourceFile, *, packed: bool) -> Generator[BinaryIO]:
    """The bytes of a file, unpacked."""
    with source.open() as stream:
        yield unpacked(stream) if packed else stream


def _scan_csv(scan: Scan, key: str, text: TextIO, form: FileFormat, *, width: int, limit: int | None) -> None:
    records = csv_records(iter(text), form)
    header = next(records, None) if form.header else None
    names = header.fields if header else [f"column_{at + 1}" for at in range(0 if form.header else width)]
    scan.headers.setdefault(tuple(names), []).append(key)
    before = scan.rows - scan.faulty
    columns = [scan.column(name, before=before) for name in names]
    others = [column for name, column in scan.columns.items() if name not in names]
    number = 0
    for number, record in enumerate(islice(_without_footer(records, form.footer), limit), start=1):
        if not record.clean:
            scan.fault(
                f"record {number} of {key} has text around a quoted field: {shown(form.delimiter.join(record.fields))}"
            )
        elif len(record.fields) != len(columns):
            scan.fault(
                f"record {number} of {key} has {len(record.fields)} field(s): {shown(form.delimiter.join(record.fields))}"
            )
        else:
            for column, value in zip(columns, record.fields, strict=True):
                column.add(value, key, number)
            for column in others:
                column.add(None, key, number)
    scan.records[key] = number


def _without_footer(records: Iterator[Any], footer: int) -> Iterator[Any]:
    held: list[Any] = []
    for record in records:
        held.append(record)
        if len(held) > footer:
            yield held.pop(0)


def _scan_json(scan: Scan, key: str, records: Iterator[tuple[bool, object]]) -> None:
    number, before, seen = 0, scan.rows - scan.faulty, set[str]()
    good = 0
    for number, (parsed, record) in enumerate(records, start=1):
        try:
            value = record if parsed else DECODER.decode(str(record).strip())
        except (json.JSONDecodeError, RecursionError) as error:
            scan.fault(f"record {number} of {key} is no JSON object ({error}): {shown(str(record).strip())}")
            continue
        if not isinstance(value, dict):
            scan.fault(f"record {number} of {key} is JSON, but no object: {shown(str(value))}")
            continue
        found: set[str] = set()
        for path, text, whole in flat(cast("dict[str, Any]", value)):
            name = ".".join(path)
            scan.paths.setdefault(name, path)
            if whole:
                scan.whole.add(name)
            scan.column(name, before=before + good).add(text, key, number)
            found.add(name)
        seen |= found
        for name in scan.columns.keys() - found:
            scan.columns[name].add(None, key, number)
        good += 1
    scan.records[key] = number
    scan.headers.setdefault(tuple(sorted(seen)), []).append(key)


def _scan_parquet(scan: Scan, source: SourceFile, limit: int | None) -> None:
    with source.open() as stream:
        footer = read_footer(stream)
        import pyarrow.parquet as parquet

        scan.headers.setdefault(footer.header, []).append(source.key)
        scan.types |= dict(zip(footer.header, footer.types, strict=True))
        before, number = scan.rows, 0
        columns = [scan.column(name, before=before) for name in footer.header]
        others = [column for name, column in scan.columns.items() if name not in footer.header]
        stream.seek(0)
        for batch in parquet.ParquetFile(stream).iter_batches(batch_size=_BATCH):
            values = [_texts(array) for array in batch.columns]
            for row in zip(*values, strict=True):
                if limit is not None and number >= limit:
                    break
                number += 1
                for column, value in zip(columns, row, strict=True):
                    column.add(value, source.key, number)
                for column in others:
                    column.add(None, source.key, number)
    scan.records[source.key] = number


def _texts(array: Any) -> Sequence[str | None]:
    return [None if value is None else _text(value) for value in array.to_pylist()]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.hex() if isinstance(value, bytes) else str(value)
