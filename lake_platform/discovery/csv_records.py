"""The records of a CSV file under a given dialect, with a word on those that are no clean CSV."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from lake_platform.contract.dataset import FileFormat
from lake_platform.lake.reading.quoting import Quoting
from lake_platform.lake.reading.records import MAX_RECORD, SPACE, is_comment
from lake_platform.lake.reading.unreadable import UnreadableFileError


@dataclass(frozen=True)
class CsvRecord:
    """One record; `clean` is False where text stands around the quotes of a field."""

    fields: list[str]
    clean: bool


def csv_records(lines: Iterator[str], form: FileFormat) -> Iterator[CsvRecord]:
    """All records after the skipped lines, the header among them.

    Raises:
        UnreadableFileError: a quote opens and does not close.
    """
    reader = _Reader(form)
    blanks = SPACE.replace(form.delimiter, "")
    kept = islice(lines, form.skip, None)
    for line in kept:
        if line.strip(blanks) and not is_comment(line, form):
            yield reader.record(line, kept)


class _Reader:
    def __init__(self, form: FileFormat) -> None:
        self._form = form
        self._quoting = Quoting(form.delimiter, form.quote, form.escape)
        self._strict = re.compile(_strict(form), re.DOTALL)
        csv.field_size_limit(MAX_RECORD)

    def record(self, line: str, following: Iterator[str]) -> CsvRecord:
        form = self._form
        if form.quote not in line:
            return CsvRecord(line.rstrip("\r\n").split(form.delimiter), True)
        text = "".join(self._joined(line, following)).rstrip("\r\n")
        clean = self._strict.fullmatch(text) is not None
        if form.escape != form.quote or len(form.delimiter) > 1:
            return CsvRecord(list(self._quoting.fields(text)), clean)
        lines = io.StringIO(text, newline="")
        return CsvRecord(next(csv.reader(lines, delimiter=form.delimiter, quotechar=form.quote)), clean)

    def _joined(self, line: str, following: Iterator[str]) -> Iterator[str]:
        yield line
        size, inside = len(line), self._quoting.ends_inside(line.rstrip("\r\n"), inside=False)
        while inside and self._form.multiline:
            more = next(following, None)
            size += len(more or "")
            if more is None or size > MAX_RECORD:
                raise UnreadableFileError(f"a quote opens in the line {line[:80]!r} and does not close")
            yield more
            inside = self._quoting.ends_inside(more.rstrip("\r\n"), inside=True)


def _strict(form: FileFormat) -> str:
    """A record whose quoted fields are closed and end at a delimiter."""
    quote, escape, delimiter = (re.escape(text) for text in (form.quote, form.escape, form.delimiter))
    inside = f"[^{quote}]*+(?:{quote}{quote}[^{quote}]*+)*+"
    if form.escape != form.quote:
        inside = f"(?:[^{quote}{escape}]|{escape}.)*+"
    field = f"(?:{quote}{inside}{quote}|(?!{quote})(?:(?!{delimiter}).)*+)"
    return f"{field}(?:{delimiter}{field})*+"
