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
from itertools import chain, islice

from lake_platform.contract.dataset import FileFormat
from lake_platform.lake.json_keys import JsonKeys
from lake_platform.lake.quoting import Quoting
from lake_platform.lake.unreadable import UnreadableFileError

MAX_RECORD = 128 << 20
_BLOCK = 1 << 20
_SPACE = " \t\r\n"


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
    start = _first_text(text)
    if form.multiline and start.startswith("["):
        return _array_length(_blocks(text), keys)
    lines = (line for line in chain([start + text.readline()], text) if _is_record(line, form))
    first = next(lines, "")
    if form.multiline and first.strip(_SPACE) == "{":
        return _array_length(chain([first], _blocks(text), ["]"]), keys)
    count = 0
    for line in chain([first] if first else [], lines):
        count += 1
        if keys.wants_more:
            keys.see_text(line)
    return count


class _CsvRecords:
    """The records of a file. Only lines with a quote are looked into: they say whether the record ends with them."""

    def __init__(self, text: io.TextIOWrapper, form: FileFormat) -> None:
        self._lines = islice(text, form.skip, None)
        self._form = form
        self._blanks = _SPACE.replace(form.delimiter, "")
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
            if line.strip(self._blanks) and not _is_comment(line, self._form):
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


def _first_text(text: io.TextIOWrapper) -> str:
    """The first character that is no space; a file that is one line is not read as one."""
    while (character := text.read(1)) and character in _SPACE:
        pass
    return character


def _is_record(line: str, form: FileFormat) -> bool:
    return bool(line.strip(_SPACE)) and not _is_comment(line, form)


def _is_comment(line: str, form: FileFormat) -> bool:
    return form.comment is not None and line.startswith(form.comment)


def _blocks(text: io.TextIOWrapper) -> Iterator[str]:
    """The rest of a text, also after it was read by lines."""
    while block := text.read(_BLOCK):
        yield block


def _array_length(blocks: Iterator[str], keys: JsonKeys) -> int:
    """The elements of a JSON array whose bracket was read, one in memory at a time."""
    elements = _Elements(blocks)
    if elements.token() == "]":
        return elements.end(0)
    count = 0
    while True:
        value = elements.value()
        count += 1
        if keys.wants_more:
            keys.see(value)
        token = elements.token()
        if token == "]":
            return elements.end(count)
        if token != ",":
            raise UnreadableFileError(f"the JSON array is cut off or damaged after its element {count}")
        elements.take()


class _Elements:
    """A window over the text of an array."""

    def __init__(self, blocks: Iterator[str]) -> None:
        self._blocks, self._window, self._at, self._count = blocks, "", 0, 0
        self._decoder = json.JSONDecoder()

    def token(self) -> str:
        """The next character that is no space; it stays. Empty at the end."""
        while True:
            while self._at < len(self._window) and self._window[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._window) or not self._more():
                return self._window[self._at : self._at + 1]

    def take(self) -> None:
        self._at += 1
        self._count += 1

    def value(self) -> object:
        """Raises UnreadableFileError where there is no whole value."""
        self.token()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._window, self._at)
            except RecursionError as error:
                raise UnreadableFileError("the JSON is nested too deeply") from error
            except ValueError as error:
                if len(self._window) - self._at > MAX_RECORD or not self._more():
                    raise UnreadableFileError(
                        f"the JSON array is cut off or damaged in its element {self._count + 1}: {error}"
                    ) from error
                continue
            # What reaches to the end of the window may be the beginning of a longer number.
            if end < len(self._window) or not self._more():
                self._at = end
                return value

    def end(self, count: int) -> int:
        """After the closing bracket nothing may come."""
        self._at += 1
        if self.token():
            raise UnreadableFileError(f"text follows the end of the JSON array after its {count} elements")
        return count

    def _more(self) -> bool:
        """Moves the window on, and doubles what is left in it, so that a long element is not decoded too often."""
        left = self._window[self._at :]
        wanted, parts, size = max(_BLOCK, len(left)), [left], 0
        while size < wanted and (block := next(self._blocks, "")):
            parts.append(block)
            size += len(block)
        self._window, self._at = "".join(parts), 0
        return size > 0
