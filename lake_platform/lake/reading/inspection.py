"""What one landed file is, found by reading it once without Spark: digest, header, records, and whether it can be read.

A file that cannot be read as the contract says is refused as a file, with a reason that says where. The count of
records is independent of Spark's: the `validate` job must read exactly as many.
"""

import hashlib
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import BinaryIO, cast

from lake_platform.contract.dataset import DatasetContract
from lake_platform.lake.reading.counting import Counted, count_csv, count_json
from lake_platform.lake.reading.decoding import decoded
from lake_platform.lake.reading.drift import Drift, find_drift, find_json_drift
from lake_platform.lake.reading.json_keys import JsonKeys
from lake_platform.lake.reading.parquet_footer import Footer, read_footer
from lake_platform.lake.reading.records import MAX_RECORD
from lake_platform.lake.reading.unpacking import HEAD_BYTES, check_kind, unpacked
from lake_platform.lake.reading.unreadable import UnreadableFileError

SPOOL_BYTES = 8 << 20
EMPTY = (
    "the file is empty, 0 bytes: land it again whole, with its header at least; "
    "say in arrives.files which names count if it is a marker"
)
_BLOCK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class FileFindings:
    """What was found in one file.

    Attributes:
        header: the names that the file itself has, in their order; empty where it has none.
        records: None where they cannot be counted without Spark.
        drift: how the names (and the types, in Parquet) differ from the contract.
        refused: why the file cannot be taken; None where it can.
    """

    sha256: str
    size: int
    compressed: bool = False
    header: tuple[str, ...] = ()
    records: int | None = None
    drift: Drift = field(default_factory=Drift)
    refused: str | None = None


@contextmanager
def inspected(stream: BinaryIO, contract: DatasetContract, key: str) -> Generator[tuple[FileFindings, BinaryIO]]:
    """Reads the stream once, into a spool; what is found and what is copied are the same bytes.

    Yields:
        The findings, and the bytes at their beginning.
    """
    with tempfile.SpooledTemporaryFile(SPOOL_BYTES) as spooled:
        spool = cast("BinaryIO", spooled)
        digest, size = hashlib.sha256(), 0
        while block := stream.read(_BLOCK):
            digest.update(block)
            size += len(block)
            spool.write(block)
        spool.seek(0)
        findings = _find(FileFindings(sha256=digest.hexdigest(), size=size), spool, contract, key=key)
        spool.seek(0)
        yield findings, spool


def _find(findings: FileFindings, spool: BinaryIO, contract: DatasetContract, *, key: str) -> FileFindings:
    """A file of no bytes says nothing, not even that there are no rows: mostly its writing failed."""
    if not findings.size:
        return replace(findings, refused=EMPTY)
    head = spool.read(HEAD_BYTES)
    spool.seek(0)
    form = contract.arrives.format
    try:
        packed = check_kind(head, key, form.kind)
        findings = replace(findings, compressed=packed)
        if form.kind == "parquet":
            footer = read_footer(spool)
            return _compared(findings, Counted(footer.header, footer.records), contract, footer=footer)
        content = unpacked(spool) if packed else spool
        if form.kind == "json":
            return _find_json(findings, content, contract)
        with decoded(content, form.encoding, longest_line=MAX_RECORD) as text:
            return _compared(findings, count_csv(text, form), contract, footer=None)
    except UnreadableFileError as error:
        return replace(findings, refused=str(error))


def _find_json(findings: FileFindings, content: BinaryIO, contract: DatasetContract) -> FileFindings:
    form = contract.arrives.format
    keys = JsonKeys(contract.columns)
    with decoded(content, form.encoding, longest_line=None if form.multiline else MAX_RECORD) as text:
        records = count_json(text, form, keys)
    findings = replace(findings, header=keys.names, records=records)
    if not keys.names:
        return findings
    drift = find_json_drift(keys.names, contract)
    return replace(findings, drift=drift, refused=drift.refused)


def _compared(
    findings: FileFindings, counted: Counted, contract: DatasetContract, *, footer: Footer | None
) -> FileFindings:
    """A text file without any record has no header to compare, and no row to lose."""
    findings = replace(findings, header=counted.header, records=counted.records)
    if not counted.header:
        return findings
    drift = find_drift(counted.header, contract, footer)
    return replace(findings, drift=drift, refused=drift.refused)
