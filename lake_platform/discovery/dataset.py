"""The profile of what a dataset has taken: the copies in the lake, read as its contract says."""

from collections.abc import Sequence
from dataclasses import replace

from lake_platform.contract.dataset import DatasetContract
from lake_platform.discovery.scan import Scan, scan_file
from lake_platform.discovery.sources import SourceFile
from lake_platform.lake.files import File
from lake_platform.lake.lake import Lake
from lake_platform.lake.reading.drift import fold
from lake_platform.lake.store import key_of


def profile_files(lake: Lake, contract: DatasetContract, files: Sequence[File], *, limit: int | None = None) -> Scan:
    """Reads the accepted files of a raw document.

    Args:
        limit: so many records of each file at most.

    Raises:
        UnreadableFileError: a copy in the lake cannot be read any more as the contract says.
    """
    scan, form = Scan(), contract.arrives.format
    for file in (file for file in files if file["status"] == "accepted"):
        key = key_of(lake.lake, file["url"])
        source = SourceFile(file["key"], lambda key=key: lake.lake.open(key))
        scan_file(scan, source, form, packed=key.endswith(".gz"), width=len(contract.columns), limit=limit)
    if form.kind == "csv" and not form.header:
        named = zip(scan.columns.values(), contract.columns, strict=False)
        scan.columns = {column.name: replace(each, name=column.name) for each, column in named}
    return scan


def contract_types(scan: Scan, contract: DatasetContract) -> dict[str, str]:
    """The type that the contract gives to each name of the files; names that it does not know are left out."""
    known = {fold(name): column.type for column in contract.columns for name in (column.name, *column.aliases)}
    known |= {fold(column.path): column.type for column in contract.columns if column.path}
    return {name: known[fold(name)] for name in scan.columns if fold(name) in known}
