"""The records of a JSON file, one in memory at a time: lines, the elements of an array, or one object over many lines."""

import io
import json
from collections.abc import Iterator
from itertools import chain

from lake_platform.contract.dataset import FileFormat
from lake_platform.lake.reading.records import MAX_RECORD, SPACE, is_comment
from lake_platform.lake.reading.unreadable import UnreadableFileError

_BLOCK = 1 << 20

JsonRecord = tuple[bool, object]
"""Whether it is parsed, and the value or, of a line, its text: a line may be broken, and mostly nobody looks into it."""


def json_records(text: io.TextIOWrapper, form: FileFormat, decoder: json.JSONDecoder) -> Iterator[JsonRecord]:
    """Reads the whole file: JSON lines, or, where `multiline` allows it, an array or one object over several lines.

    Raises:
        UnreadableFileError: the array ends in the middle, or is none.
    """
    start = _first_text(text)
    if form.multiline and start.startswith("["):
        yield from _array(_blocks(text), decoder)
        return
    lines = (line for line in chain([start + text.readline()], text) if _is_record(line, form))
    first = next(lines, "")
    if form.multiline and first.strip(SPACE) == "{":
        yield from _array(chain([first], _blocks(text), ["]"]), decoder)
        return
    for line in chain([first] if first else [], lines):
        yield False, line


def _first_text(text: io.TextIOWrapper) -> str:
    """The first character that is no space; a file that is one line is not read as one."""
    while (character := text.read(1)) and character in SPACE:
        pass
    return character


def _is_record(line: str, form: FileFormat) -> bool:
    return bool(line.strip(SPACE)) and not is_comment(line, form)


def _blocks(text: io.TextIOWrapper) -> Iterator[str]:
    """The rest of a text, also after it was read by lines."""
    while block := text.read(_BLOCK):
        yield block


def _array(blocks: Iterator[str], decoder: json.JSONDecoder) -> Iterator[JsonRecord]:
    """The elements of a JSON array whose bracket was read."""
    elements = _Elements(blocks, decoder)
    if elements.token() == "]":
        elements.end(0)
        return
    count = 0
    while True:
        yield True, elements.value()
        count += 1
        token = elements.token()
        if token == "]":
            elements.end(count)
            return
        if token != ",":
            raise UnreadableFileError(f"the JSON array is cut off or damaged after its element {count}")
        elements.take()


class _Elements:
    """A window over the text of an array."""

    def __init__(self, blocks: Iterator[str], decoder: json.JSONDecoder) -> None:
        self._blocks, self._window, self._at, self._count = blocks, "", 0, 0
        self._decoder = decoder

    def token(self) -> str:
        """The next character that is no space; it stays. Empty at the end."""
        while True:
            while self._at < len(self._window) and self._window[self._at] in SPACE:
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

    def end(self, count: int) -> None:
        """After the closing bracket nothing may come."""
        self._at += 1
        if self.token():
            raise UnreadableFileError(f"text follows the end of the JSON array after its {count} elements")

    def _more(self) -> bool:
        """Moves the window on, and doubles what is left in it, so that a long element is not decoded too often."""
        left = self._window[self._at :]
        wanted, parts, size = max(_BLOCK, len(left)), [left], 0
        while size < wanted and (block := next(self._blocks, "")):
            parts.append(block)
            size += len(block)
        self._window, self._at = "".join(parts), 0
        return size > 0
