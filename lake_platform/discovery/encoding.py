"""Which character encoding a file has: its mark, then UTF-8 where every byte fits, then what fits best."""

import codecs
from dataclasses import dataclass
from typing import BinaryIO

from charset_normalizer import from_bytes

from lake_platform.contract.checks.arrives import ENCODINGS
from lake_platform.lake.reading.unreadable import UnreadableFileError

_BLOCK = 1 << 20
_AROUND = 1 << 16
_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True)
class Encoding:
    """The name for `arrives.format.encoding`, and what speaks for it; a file of ASCII only is UTF-8 by default."""

    name: str
    evidence: str
    ascii_only: bool = False


def find_encoding(content: BinaryIO) -> Encoding:
    """Reads to the end, or to the first byte that is not UTF-8.

    Raises:
        UnreadableFileError: no encoding that the jobs read fits, as in a binary file.
    """
    head = content.read(4)
    if not head:
        return Encoding("utf-8", "there is no byte", ascii_only=True)
    for mark, name in _MARKS.items():
        if head.startswith(mark) and not head.startswith(codecs.BOM_UTF32_LE):
            return Encoding(name, f"the file begins with the mark of {name}")
    head += content.read(_AROUND)
    if wide := _wide(head):
        return wide
    decoder, block, at = codecs.getincrementaldecoder("utf-8")(), head, 0
    ascii_only = True
    try:
        while block:
            ascii_only = ascii_only and block.isascii()
            decoder.decode(block)
            at += len(block)
            following = content.read(_BLOCK)
            block = following
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        return _guess(block + content.read(_BLOCK), at, error)
    return Encoding("utf-8", "every byte is ASCII" if ascii_only else "every byte fits", ascii_only)


def _wide(head: bytes) -> Encoding | None:
    """UTF-16 without a mark: ASCII in it has a 0 in every other byte."""
    half = len(head) // 2
    for first, name in ((1, "utf-16le"), (0, "utf-16be")):
        zeros, others = head[first::2].count(0), head[1 - first :: 2].count(0)
        if half and zeros * 2 > half and not others:
            return Encoding(name, "every other byte is 0")
    return None


def _guess(bytes_: bytes, at: int, error: UnicodeDecodeError) -> Encoding:
    """By the text around the first byte that is not UTF-8."""
    first = next((n for n, byte in enumerate(bytes_) if byte > 127), 0)
    told = f"byte {at + first} is not UTF-8 ({bytes_[first : first + 1].hex()})"
    if sum(byte < 32 and byte not in b"\t\n\r\f" for byte in bytes_[:_AROUND]) * 50 > len(bytes_[:_AROUND]):
        raise UnreadableFileError(f"the file is binary, or in an encoding that is not read: {told}")
    matches = list(from_bytes(bytes_[max(0, first - _AROUND) : first + _AROUND]))
    # Where no language shows, the guess is worth nothing, and the western code page is the most frequent one.
    names = [name for match in matches if match.coherence > 0 and (name := _known(match.encoding))]
    name = next(iter(names), "windows-1252")
    if name in ("windows-1252", "windows-1250", "iso-8859-15") and not any(0x80 <= byte <= 0x9F for byte in bytes_):
        name = "latin-1"
    also = f", others are {', '.join(names[1:4])}" if names[1:] else ""
    return Encoding(name, f"{told}; {name} is the best guess{also}: look at the letters that are not ASCII")


def _known(encoding: str) -> str | None:
    """An encoding by the name that a contract takes; None for one that it does not take."""
    name = {"cp932": "shift-jis", "latin_1": "latin-1"}.get(encoding, encoding.replace("_", "-"))
    name = f"windows-{name.removeprefix('cp')}" if name.startswith("cp125") else name
    name = f"iso-8859-{name.removeprefix('iso8859-')}" if name.startswith("iso8859-") else name
    return name if name in ENCODINGS else None
