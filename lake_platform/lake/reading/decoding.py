"""Bytes to text, strictly, with the place of the first byte that is none."""

import codecs
import io
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, BinaryIO

from lake_platform.lake.reading.unreadable import UnreadableFileError

_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
_UTF8 = frozenset({"utf-8", "utf-8-sig"})


@contextmanager
def decoded(stream: BinaryIO, encoding: str, *, longest_line: int | None) -> Generator[io.TextIOWrapper]:
    """The text of a stream, its line ends as they are; a byte order mark of UTF-8 is left out.

    Args:
        longest_line: in bytes; None where no reader needs a line as a whole.

    Raises:
        UnreadableFileError: also while it is read: the bytes are not of this encoding.
    """
    counted = _Counted(stream, longest_line)
    binary = io.BufferedReader(counted, 1 << 16)
    try:
        name = codecs.lookup(encoding).name
    except LookupError as error:
        raise UnreadableFileError(f"there is no encoding {encoding!r}: correct arrives.format.encoding") from error
    _check_marks(binary.peek(4), name, encoding)
    # codecs.lookup gives utf-16-le where the contract names it; a bare utf-16 reads the mark itself.
    text = io.TextIOWrapper(binary, encoding="utf-8-sig" if name in _UTF8 else name, errors="strict", newline="")
    try:
        yield text
    except UnicodeDecodeError as error:
        raise UnreadableFileError(counted.place(error, encoding)) from error
    finally:
        text.detach()


def _check_marks(head: bytes, name: str, encoding: str) -> None:
    for mark, what in _MARKS.items():
        if head.startswith(mark) and not name.startswith(what.lower()):
            raise UnreadableFileError(
                f"the file begins with the mark of {what}, the contract says encoding: {encoding}"
            )
    if not name.startswith(("utf-16", "utf-32")) and len(head) >= 2 and 0 in head[:2] and head[:2] != b"\0\0":
        raise UnreadableFileError(
            f"the file looks like UTF-16 (byte 0 at its beginning), the contract says encoding: {encoding}"
        )


class _Counted(io.RawIOBase):
    """Knows how many bytes and line feeds were given."""

    def __init__(self, stream: BinaryIO, longest_line: int | None) -> None:
        self._stream, self._bytes, self._lines = stream, 0, 0
        self._longest_line, self._line_bytes = longest_line, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        block = self._stream.read(len(buffer))
        self._bytes += len(block)
        self._lines += block.count(b"\n")
        self._check_line(block)
        buffer[: len(block)] = block
        return len(block)

    def _check_line(self, block: bytes) -> None:
        end = max(block.rfind(b"\n"), block.rfind(b"\r"))
        self._line_bytes = len(block) - end - 1 if end >= 0 else self._line_bytes + len(block)
        if self._longest_line is not None and self._line_bytes > self._longest_line:
            raise UnreadableFileError(f"line {self._lines + 1} is longer than {self._longest_line >> 20} MiB")

    def place(self, error: UnicodeDecodeError, encoding: str) -> str:
        """Where the byte is: the decoder was given the end of what was read, and maybe not all of it yet."""
        before = error.object[: error.start]
        at = self._bytes - len(error.object) + error.start
        line = self._lines - error.object.count(b"\n") + before.count(b"\n") + 1
        wrong = error.object[error.start : error.end].hex(" ")
        return (
            f"byte {at} (line {line}) is not {encoding}: {wrong}; "
            "set arrives.format.encoding to what the producer writes, or have the file mended"
        )
