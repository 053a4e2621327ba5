"""What a file is by its first bytes, and its unpacked content, with a limit for what unpacks to too much."""

import codecs
import gzip
import io
import zlib
from typing import Any, BinaryIO

from lake_platform.lake.reading.unreadable import UnreadableFileError

GZIP_MAGIC = b"\x1f\x8b"
FOREIGN_MAGIC = {
    b"PK\x03\x04": "a zip archive",
    b"BZh": "packed with bzip2",
    b"\xfd7zXZ\x00": "packed with xz",
    b"\x28\xb5\x2f\xfd": "packed with zstd",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old Excel workbook",
    b"%PDF-": "a PDF",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"\x7fELF": "a program",
    b"SQLite format 3\0": "an SQLite database",
    b"Obj\x01": "Avro",
    b"ORC": "ORC",
    b"PAR1": "Parquet",
}
MARKUP = {
    b"<!doctype html": "an HTML page, maybe the error page of a server",
    b"<html": "an HTML page, maybe the error page of a server",
    b"<?xml": "XML, maybe the error message of a server",
}
LFS_POINTER = b"version https://git-lfs"
HEAD_BYTES = 64

MAX_UNPACKED_BYTES = 64 << 30
MAX_RATIO = 250
"""Rows of a table stay far below; a bomb reaches 1032, deflate's limit."""
FREE_BYTES = 16 << 20
"""So little may unpack from anything."""


def check_kind(head: bytes, key: str, kind: str) -> bool:
    """Whether the file is gzip.

    Raises:
        UnreadableFileError: it is not what its name and its contract say.
    """
    if head.startswith(LFS_POINTER):
        raise UnreadableFileError("the file is a Git LFS pointer, an empty promise: land the file that it points to")
    packed, named = head.startswith(GZIP_MAGIC), key.lower().endswith(".gz")
    if packed and not named:
        raise UnreadableFileError("the file is gzip, but its name does not end in .gz: name it so, or unpack it")
    if named and not packed:
        raise UnreadableFileError("the name ends in .gz, but the file is not gzip: name it otherwise, or pack it")
    if kind != "parquet" and (what := foreign(head)):
        raise UnreadableFileError(f"the file is {what}, the contract says {kind}")
    return packed


def foreign(head: bytes) -> str | None:
    """What a file is by its first bytes, where that is neither text with rows nor gzip."""
    for magic, what in FOREIGN_MAGIC.items():
        # A header may begin with these letters as well; what follows them in such a file is no text.
        if head.startswith(magic) and (magic not in (b"ORC", b"GIF8") or not head.isascii() or b"\0" in head):
            return what
    markup = head.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    return next((what for begin, what in MARKUP.items() if markup.startswith(begin)), None)


def unpacked(stream: BinaryIO) -> BinaryIO:
    """The content of a gzip file. Reading raises UnreadableFileError where it is damaged, cut off or a bomb."""
    return io.BufferedReader(_Unpacked(stream), 1 << 16)


class _Unpacked(io.RawIOBase):
    def __init__(self, packed: BinaryIO) -> None:
        self._packed = packed
        self._content = gzip.GzipFile(fileobj=packed, mode="rb")
        self._given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            block = self._content.read(len(buffer))
        except EOFError as error:
            raise UnreadableFileError(
                f"the gzip file is cut off, after {self._given} unpacked bytes: land it again"
            ) from error
        except (zlib.error, gzip.BadGzipFile) as error:
            raise UnreadableFileError(
                f"the gzip file is damaged, after {self._given} unpacked bytes: {error}"
            ) from error
        self._given += len(block)
        allowed = max(FREE_BYTES, self._packed.tell() * MAX_RATIO)
        if self._given > min(allowed, MAX_UNPACKED_BYTES):
            raise UnreadableFileError(
                f"the gzip file unpacks to more than {MAX_RATIO} times its size or {MAX_UNPACKED_BYTES >> 30} GiB: "
                "it is taken for a bomb; land it unpacked if it is none"
            )
        buffer[: len(block)] = block
        return len(block)
