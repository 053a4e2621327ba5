"""The raw layer of one partition: which landed files count, and why the others do not.

The newest version of each landing key counts: a rewritten file replaces what its earlier version said. One that cannot
be read replaces nothing: it is refused, and the earlier one goes on counting. A file that is gone from landing says
nothing, landing may expire; only a withdrawal takes it back. A file's time, and so its rank, is fixed when its bytes
are first accepted.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from lake_platform.contract.dataset import DatasetContract
from lake_platform.errors import ObjectNotFoundError, VersionTakenError
from lake_platform.lake.files import File, Files, body_of, partition_files
from lake_platform.lake.lake import Lake
from lake_platform.lake.layout import manifest_key, raw_key
from lake_platform.lake.manifest import Manifest, ManifestEntry, write_manifest
from lake_platform.lake.reading.inspection import FileFindings, inspected
from lake_platform.lake.store import ObjectInfo, key_of
from lake_platform.lake.token import digest, token
from lake_platform.lake.versions import VersionDocument

MAX_ROUNDS = 5
"""So often a partition that others publish meanwhile, or a file that is written while it is read, is tried again."""

Published = TypeVar("Published")


@dataclass(frozen=True)
class RawOutcome:
    """The raw document of a partition; `published` is False where it was there when the run looked.

    Two runs that accept the same at the same moment both hear of the one document as published.
    """

    document: VersionDocument
    published: bool


def accept(
    lake: Lake, contract: DatasetContract, partition: str, *, landed: Sequence[ObjectInfo], fingerprint: str
) -> RawOutcome | None:
    """Takes what landed into the lake and publishes the list. None where nothing ever landed.

    Args:
        landed: a listing, of any age: which keys to look at. What each of them holds is asked again after the
            document was read, so that an old listing takes nothing back.

    Raises:
        VersionTakenError: others published this partition meanwhile, again and again.
    """
    return _in_rounds(lambda: _accept(lake, contract, partition, landed=landed, fingerprint=fingerprint))


def withdraw(lake: Lake, contract: DatasetContract, partition: str, key: str) -> bool:
    """Takes a landed file back: what it said is gone from facts and history with the next run.

    It stays so until the key is written again.

    Returns:
        False where the partition names no such file, or it was withdrawn before.
    """
    return _in_rounds(lambda: _withdraw(lake, contract, partition, key))


def _in_rounds(publish: Callable[[], Published]) -> Published:
    for _ in range(MAX_ROUNDS - 1):
        try:
            return publish()
        except VersionTakenError:
            continue
    return publish()


def _accept(
    lake: Lake, contract: DatasetContract, partition: str, *, landed: Sequence[ObjectInfo], fingerprint: str
) -> RawOutcome | None:
    latest = lake.log(contract.name, "raw").latest(partition)
    files = partition_files(latest)
    if latest is not None and latest.body["fingerprint"] != fingerprint:
        files.inspect_again(lambda file: _inspect_again(lake, contract, file))
    for found in landed:
        if files.identity(found.key) != found.identity:
            _take(lake, contract, partition, key=found.key, files=files)
    if files.empty:
        return None
    return _publish(lake, contract, partition, files=files, latest=latest, fingerprint=fingerprint)


def _withdraw(lake: Lake, contract: DatasetContract, partition: str, key: str) -> bool:
    latest = lake.log(contract.name, "raw").latest(partition)
    files = partition_files(latest)
    if latest is None or not files.withdraw(key):
        return False
    _publish(lake, contract, partition, files=files, latest=latest, fingerprint=latest.body["fingerprint"])
    return True


def _publish(
    lake: Lake,
    contract: DatasetContract,
    partition: str,
    *,
    files: Files,
    latest: VersionDocument | None,
    fingerprint: str,
) -> RawOutcome:
    body: dict[str, Any] = {**body_of(files, contract), "fingerprint": fingerprint}
    work = token(contract.name, "raw", partition, [digest(body)], fingerprint)
    if latest is not None and latest.token == work:
        return RawOutcome(latest, published=False)
    body["manifest"] = _write_manifest(lake, contract, partition, body)
    log = lake.log(contract.name, "raw")
    document = log.publish(partition, body, token=work, after=latest.number if latest else 0)
    return RawOutcome(document, published=True)


def _write_manifest(lake: Lake, contract: DatasetContract, partition: str, body: dict[str, Any]) -> str:
    entries = tuple(
        ManifestEntry(url=file["url"], content_length=file["size"], record_count=file["records"] or 0)
        for file in body["files"]
        if file["status"] == "accepted"
    )
    key = manifest_key(contract.name, "raw", partition=partition, token=body["content"])
    return write_manifest(lake.lake, key, Manifest(entries=entries))


def _take(lake: Lake, contract: DatasetContract, partition: str, *, key: str, files: Files) -> None:
    """Inspects and copies what the key holds now. One that is gone, or never holds still, is left for the next look."""
    for _ in range(MAX_ROUNDS):
        found = lake.landing.head(key)
        if found is None or files.identity(key) == found.identity:
            return
        try:
            file = _inspect(lake, contract, partition, found)
        except ObjectNotFoundError:
            continue
        now = lake.landing.head(key)
        if now is None or now.identity == found.identity:
            files.take(file)
            return


def _inspect(lake: Lake, contract: DatasetContract, partition: str, found: ObjectInfo) -> File:
    with lake.landing.open(found.key) as stream, inspected(stream, contract, found.key) as (findings, content):
        suffix = ".gz" if findings.compressed else ""
        key = raw_key(contract.name, partition, key=found.key, identity=findings.sha256, suffix=suffix)
        # Also where it is there already: it may be old, and the janitor about to take it.
        lake.lake.put(key, content)
    return {
        "key": found.key,
        "identity": found.identity,
        "time": found.modified.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        "url": lake.lake.url(key),
        **_told(findings),
    }


def _inspect_again(lake: Lake, contract: DatasetContract, file: File) -> File:
    """Under another contract a file may be read otherwise; its copy in the lake is read, landing may have expired."""
    with (
        lake.lake.open(key_of(lake.lake, file["url"])) as stream,
        inspected(stream, contract, file["key"]) as (findings, _),
    ):
        return {**file, **_told(findings)}


def _told(findings: FileFindings) -> File:
    drift = findings.drift
    return {
        "sha256": findings.sha256,
        "size": findings.size,
        "header": list(findings.header),
        "records": findings.records,
        "status": "accepted" if findings.refused is None else "refused",
        "reason": findings.refused,
        "warnings": list(drift.warnings),
        "drift": {
            "added": list(drift.added),
            "missing": list(drift.missing),
            "renamed": list(drift.renamed),
            "retyped": list(drift.retyped),
            "reordered": drift.reordered,
        },
    }
