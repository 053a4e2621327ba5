"""From the files of a sample to everything that is found in them."""

from collections.abc import Sequence
from dataclasses import dataclass

from lake_platform.contract.dataset import FileFormat
from lake_platform.discovery.forms import FileKind, FormFound, find_form, find_kind
from lake_platform.discovery.partitions import PartitionFound, find_partition
from lake_platform.discovery.scan import Scan, scan_file
from lake_platform.discovery.schema import Schema, find_schema
from lake_platform.discovery.sources import Sample
from lake_platform.errors import SampleError
from lake_platform.lake.reading.unreadable import UnreadableFileError


@dataclass(frozen=True)
class Findings:
    """All that a sample says.

    Attributes:
        form: with the spellings of NULL and the marks of numbers.
        unreadable: files that cannot be read, with the reason.
        optional: columns that some files do not have.
    """

    sample: str
    prefix: str | None
    keys: tuple[str, ...]
    form: FileFormat
    form_evidence: tuple[str, ...]
    partition: PartitionFound
    schema: Schema
    scan: Scan
    unreadable: dict[str, str]
    optional: tuple[str, ...]


def discover(where: str, sample: Sample) -> Findings:
    """Reads every file of the sample from end to end.

    Raises:
        SampleError: no file can be read, or the files do not belong into one dataset.
    """
    unreadable: dict[str, str] = {}
    files = _kinds(sample, unreadable)
    if not files:
        raise SampleError(where, _told(unreadable))
    try:
        found = find_form(where, files)
    except UnreadableFileError as error:
        raise SampleError(where, f"{files[0].source.key}: {error}") from error
    scan = _scanned(files, found, unreadable)
    if not scan.records:
        raise SampleError(where, _told(unreadable))
    if not scan.columns:
        raise SampleError(where, _no_columns(scan))
    optional = _one_schema(where, scan, found.form)
    schema = find_schema(scan, found.form.kind)
    if not schema.columns:
        raise SampleError(where, "every column is a list or a struct, which cannot be read from Parquet")
    keys = tuple(file.source.key for file in files)
    below = tuple(key.removeprefix(sample.prefix or "") for key in keys)
    form = found.form.model_copy(
        update={"nulls": list(schema.nulls), "decimal": schema.decimal, "thousands": schema.thousands}
    )
    return Findings(
        sample=where,
        prefix=sample.prefix,
        keys=keys,
        form=form,
        form_evidence=found.evidence,
        partition=find_partition(below),
        schema=schema,
        scan=scan,
        unreadable=unreadable,
        optional=optional,
    )


def _kinds(sample: Sample, unreadable: dict[str, str]) -> list[FileKind]:
    found: list[FileKind] = []
    for source in sample.files:
        try:
            found.append(find_kind(source))
        except UnreadableFileError as error:
            unreadable[source.key] = str(error)
    return found


def _scanned(files: Sequence[FileKind], found: FormFound, unreadable: dict[str, str]) -> Scan:
    scan = Scan()
    for file in files:
        try:
            scan_file(scan, file.source, found.form, packed=file.packed, width=found.width)
        except UnreadableFileError as error:
            unreadable[file.source.key] = str(error)
    return scan


def _no_columns(scan: Scan) -> str:
    if scan.faulty:
        return f"none of {scan.rows} record(s) can be read: {scan.faults[0]}"
    return "the files hold no record, so nothing is known of their columns"


def _one_schema(where: str, scan: Scan, form: FileFormat) -> tuple[str, ...]:
    """Columns that only some files have; files whose names are no part of one another are no one dataset."""
    if form.kind == "csv" and not form.header:
        return ()
    sets = {frozenset(name.strip().casefold() for name in names): keys for names, keys in scan.headers.items() if names}
    if len(sets) < 2:
        return ()
    widest = max(sets, key=len)
    for names, keys in sets.items():
        strange = names - widest
        if form.kind == "json" and names & widest:
            continue
        if strange:
            raise SampleError(
                where,
                f"the files have different columns: {keys[0]} has {', '.join(sorted(strange))}, "
                f"{sets[widest][0]} has {', '.join(sorted(widest - names)) or 'none of them'}; "
                "give each kind of file a folder of its own",
            )
    everywhere = frozenset.intersection(*sets)
    return tuple(name for name in scan.columns if name.strip().casefold() not in everywhere)


def _told(unreadable: dict[str, str]) -> str:
    if len(unreadable) == 1:
        return next(iter(unreadable.values()))
    shown = "; ".join(f"{key}: {reason}" for key, reason in list(unreadable.items())[:5])
    return f"none of {len(unreadable)} file(s) can be read: {shown}"
