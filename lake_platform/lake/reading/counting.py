"""Header and number of records of one text file, counted without Spark.

The count is a check on what Spark reads, so it is made by other code: Python's csv and json. What counts as a record
is the same: a line that holds nothing but spaces and tabs is none, neither is a comment, and a line end inside quotes
ends no record.
"""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from lake_platform.contract.dataset import FileFormat
from lake_platform.lake.reading.json_keys import JsonKeys
from lake_platform.lake.reading.json_records import json_records
from lake_platform.lake.reading.quoting import Quoting
from lake_platform.lake.reading.records import MAX_RECORD, SPACE, is_comment
from lake_platform.lake.reading.unreadable import UnreadableFileError


@dataclass(frozen=True)
class Counted:
    """The names that the file itself has, and the number of its records."""

    header: tuple[str, ...]
    records: int


def count_csv(text: io.TextIOWrapper, form: FileFormat) -> Counted:
    """Reads the whole file.

    Raises:
        UnreadableFileError: a quote opens and does not close before far too much text.
    """
    records = _CsvRecords(text, form)
    header = records.first() if form.header else ()
    count = sum(1 for _ in records)
    return Counted(header, max(0, count - form.footer))


def count_json(text: io.TextIOWrapper, form: FileFormat, keys: JsonKeys) -> int:
    """Reads the whole file: JSON lines, or, where `multiline` allows it, an array or one object over several lines.

    Args:
        keys: is shown the records, as long as it wants to see more of them.

    Raises:
        UnreadableFileError: the array ends in the middle, or is none.
    """
    count = 0
    for parsed, record in json_records(text, form, json.JSONDecoder()):
        count += 1
        if keys.wants_more:
            keys.see(record) if parsed else keys.see_text(str(record))
    return count


class _CsvRecords:
    """The records of a file. Only lines with a quote are looked into: they say whether the record ends with them."""

    def __init__(self, text: io.TextIOWrapper, form: FileFormat) -> None:
        self._lines = islice(text, form.skip, None)
        self._form = form
        self._blanks = SPACE.replace(form.delimiter, "")
        self._quoting = Quoting(form.delimiter, form.quote, form.escape)
        self._before = 0
        self._known_to_csv = form.escape == form.quote and len(form.delimiter) == 1

    def first(self) -> tuple[str, ...]:
        """The fields of the next record; empty where there is none."""
        line = self._next_line()
        if line is None:
            return ()
        if self._known_to_csv:
            return tuple(self._parse(line))
        return tuple(self._quoting.fields("".join(self._joined(line)).rstrip("\r\n")))

    def __iter__(self) -> Iterator[None]:
        quote, multiline = self._form.quote, self._form.multiline
        while (line := self._next_line()) is not None:
            if multiline and quote in line:
                self._pass(line)
            self._before += 1
            yield None

    def _next_line(self) -> str | None:
        for line in self._lines:
            if line.strip(self._blanks) and not is_comment(line, self._form):
                return line
        return None

    def _pass(self, line: str) -> None:
        """Reads on to the end of the record that begins with this line."""
        if self._known_to_csv:
            self._parse(line)
        else:
            for _ in self._joined(line):
                pass

    def _parse(self, line: str) -> list[str]:
        csv.field_size_limit(MAX_RECORD)
        lines = self._from(line) if self._form.multiline else [line]
        try:
            return next(csv.reader(lines, delimiter=self._form.delimiter, quotechar=self._form.quote))
        except csv.Error as error:
            raise self._never_closes(line) from error

    def _from(self, line: str) -> Iterator[str]:
        """The csv module asks for a line behind the last one only where a quote is open."""
        yield line
        yield from self._lines
        raise self._never_closes(line)

    def _joined(self, line: str) -> Iterator[str]:
        yield line
        size = len(line)
        inside = self._form.multiline and self._quoting.ends_inside(line.rstrip("\r\n"), inside=False)
        while inside:
            following = next(self._lines, None)
            if following is None or size > MAX_RECORD:
                raise self._never_closes(line)
            yield following
            size += len(following)
            inside = self._quoting.ends_inside(following.rstrip("\r\n"), inside=True)

    def _never_closes(self, line: str) -> UnreadableFileError:
        """What follows such a quote is lost in one field, so it is no matter of one row."""
        return UnreadableFileError(
            f"a quote opens after {self._before} records, in the line {line[:80]!r}, and does not close: "
            "the file is cut off there, or has a stray quote"
        )
