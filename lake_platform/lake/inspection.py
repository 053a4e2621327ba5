"""What one landed file is, found by reading it once without Spark: digest, header, records, and whether it can be read.

A file that cannot be read as the contract says is refused as a file, with a reason that says where. The count of
records is independent of Spark's: the `validate` job must read exactly as many.
"""

import gzip
import hashlib
import io
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import BinaryIO

from glue_jobs.errors import HeaderError
from glue_jobs.headers import match_columns
from glue_jobs.protocol import ColumnSpec
from lake_platform.contract.dataset import DatasetContract
from lake_platform.lake.counting import Counted, UnreadableFileError, count_records

GZIP_MAGIC = b"\x1f\x8b"
LFS_POINTER = b"version https://git-lfs"
SPOOL_BYTES = 8 << 20
MAX_UNPACKED_BYTES = 64 << 30
MAX_RATIO = 1000
"""A gzip member of real rows stays far below; a bomb reaches 1032, deflate's limit."""


@dataclass(frozen=True, kw_only=True)
class FileFindings:
    """What was found in one file. `records` is None where they cannot be counted without Spark."""

    sha256: str
    size: int
    compressed: bool = False
    header: tuple[str, ...] = ()
    records: int | None = None
    added: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    refused: str | None = None


@contextmanager
def inspected(stream: BinaryIO, contract: DatasetContract, key: str) -> Iterator[tuple[FileFindings, BinaryIO]]:
    """Reads the stream once into a spool.

    Yields:
        The findings, and the same bytes at their beginning for copying.
    """
    with tempfile.SpooledTemporaryFile(SPOOL_BYTES) as spool:
        digest, size = hashlib.sha256(), 0
        while block := stream.read(1 << 20):
            digest.update(block)
            size += len(block)
            spool.write(block)
        findings = FileFindings(sha256=digest.hexdigest(), size=size)
        findings = _judge(findings, spool, contract, key)
        spool.seek(0)
        yield findings, spool  # pyright: ignore[reportReturnType] a spooled file is a binary stream


def _judge(
    findings: FileFindings, spool: "tempfile.SpooledTemporaryFile[bytes]", contract: DatasetContract, key: str
) -> FileFindings:
    spool.seek(0)
    head = spool.read(64)
    spool.seek(0)
    compressed = head.startswith(GZIP_MAGIC)
    findings = replace(findings, compressed=compressed)
    if compressed != key.lower().endswith(".gz"):
        told = "is gzip, but its name does not end in .gz" if compressed else "ends in .gz, but is not gzip"
        return replace(findings, refused=f"the file {told}" if findings.size else None)
    try:
        if head.startswith(LFS_POINTER):
            raise UnreadableFileError("the file is a Git LFS pointer, not the data: fetch the data and land it again")
        counted = _count(spool, contract, compressed=compressed)
    except UnreadableFileError as error:
        return replace(findings, refused=str(error))
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        return replace(findings, refused=f"the gzip archive is damaged or cut off: {error}")
    return _compare(replace(findings, header=counted.header, records=counted.records), contract, key, counted)


def _count(spool: "tempfile.SpooledTemporaryFile[bytes]", contract: DatasetContract, *, compressed: bool) -> Counted:
    if not compressed:
        return count_records(spool, contract)  # pyright: ignore[reportArgumentType] a spooled file is a binary stream
    with gzip.GzipFile(fileobj=spool) as unpacked:  # pyright: ignore[reportArgumentType]
        return count_records(io.BufferedReader(_Bounded(unpacked, spool)), contract)


def _compare(findings: FileFindings, contract: DatasetContract, key: str, counted: Counted) -> FileFindings:
    """The header against the contract; `evolution` says what a difference does."""
    if not findings.header or not counted.named:
        return findings
    columns = [ColumnSpec(name=c.name, type=c.type, aliases=tuple(c.aliases)) for c in contract.columns]
    try:
        found = match_columns(findings.header, columns, key=key)
    except HeaderError as error:
        return replace(findings, refused=str(error))
    taken = set(found.values())
    added = tuple(name for at, name in enumerate(findings.header) if at not in taken)
    missing = tuple(column.name for column in contract.columns if column.name not in found and column.path is None)
    return _evolve(replace(findings, added=added, missing=missing), contract)


def _evolve(findings: FileFindings, contract: DatasetContract) -> FileFindings:
    warnings: list[str] = []
    refused: list[str] = []
    for told, names, what in (
        (contract.evolution.missing, findings.missing, "the file lacks the column(s)"),
        (contract.evolution.added, findings.added, "the file has column(s) that the contract does not know:"),
    ):
        if names and told == "fail":
            refused.append(f"{what} {_listed(names)}")
        elif names and told == "warn":
            warnings.append(f"{what} {_listed(names)}")
    return replace(findings, warnings=tuple(warnings), refused="; ".join(refused) or None)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names)


class _Bounded(io.RawIOBase):
    """Unpacked bytes, until they are more than an honest archive holds."""

    def __init__(self, unpacked: gzip.GzipFile, packed: "tempfile.SpooledTemporaryFile[bytes]") -> None:
        self._unpacked, self._packed, self._given = unpacked, packed, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        block = self._unpacked.read(len(buffer))
        self._given += len(block)
        read = max(self._packed.tell(), 1 << 16)
        if self._given > MAX_UNPACKED_BYTES or self._given / read > MAX_RATIO:
            raise UnreadableFileError(f"the gzip archive unpacks to more than {MAX_RATIO} times its size: refused as a bomb")
        buffer[: len(block)] = block
        return len(block)
