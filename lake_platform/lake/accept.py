"""The raw layer of one partition: which landed files count, and why the others do not.

The newest identity of each landing key counts: a rewritten file replaces what its earlier version said. A file that
is gone from landing says nothing, landing may expire; only a withdrawal takes it back. A file's time is fixed when its
bytes are first accepted, and so is its rank.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lake_platform.contract.dataset import DatasetContract
from lake_platform.lake.inspection import FileFindings, inspected
from lake_platform.lake.lake import Lake
from lake_platform.lake.layout import manifest_key, raw_key
from lake_platform.lake.manifest import Manifest, ManifestEntry, write_manifest
from lake_platform.lake.store import ObjectInfo
from lake_platform.lake.token import digest, token
from lake_platform.lake.versions import VersionDocument

File = dict[str, Any]
"""One file as the raw document lists it: key, identity, sha256, size, time, header, records, status, reason, warnings, url."""


@dataclass(frozen=True)
class RawOutcome:
    """The raw document of a partition; `published` is False where it was there already."""

    document: VersionDocument
    published: bool


def accept(
    lake: Lake, contract: DatasetContract, partition: str, *, landed: Sequence[ObjectInfo], fingerprint: str
) -> RawOutcome | None:
    """Takes what landed into the lake and publishes the list. None where nothing ever landed.

    Raises:
        VersionTakenError: another run published this partition meanwhile.
    """
    log = lake.log(contract.name, "raw")
    latest = log.latest(partition)
    known: dict[str, File] = {file["key"]: file for file in latest.body["files"]} if latest else {}
    if latest is not None and latest.body["fingerprint"] != fingerprint:
        known = {key: _inspect_again(lake, contract, file) for key, file in known.items()}
    for found in landed:
        before = known.get(found.key)
        if before is None or before["identity"] != found.identity:
            known[found.key] = _take(lake, contract, partition, found, before)
    if not known:
        return None
    body = _body(lake, contract, partition, _with_duplicates(contract, list(known.values())))
    body["fingerprint"] = fingerprint
    work = token(contract.name, "raw", partition, [digest(body["files"])], fingerprint)
    document = log.publish(partition, body, token=work, after=latest.number if latest else 0)
    return RawOutcome(document, published=latest is None or document.number != latest.number)


def withdraw(lake: Lake, contract: DatasetContract, partition: str, key: str) -> bool:
    """Takes a landed file back: what it said is gone from facts and history with the next run.

    Returns:
        False where the partition names no such file, or it was withdrawn before.
    """
    log = lake.log(contract.name, "raw")
    latest = log.latest(partition)
    files: list[File] = [dict(file) for file in latest.body["files"]] if latest else []
    taken = [file for file in files if file["key"] == key and file["status"] != "withdrawn"]
    if latest is None or not taken:
        return False
    taken[0] |= {"status": "withdrawn", "reason": "withdrawn"}
    body = _body(lake, contract, partition, _with_duplicates(contract, files))
    body["fingerprint"] = latest.body["fingerprint"]
    work = token(contract.name, "raw", partition, [digest(body["files"])], body["fingerprint"])
    log.publish(partition, body, token=work, after=latest.number)
    return True


def _take(lake: Lake, contract: DatasetContract, partition: str, found: ObjectInfo, before: File | None) -> File:
    """Inspects one new identity and copies it. The same bytes under the same key keep their time and their copy."""
    with lake.landing.open(found.key) as stream, inspected(stream, contract, found.key) as (findings, content):
        if before is not None and before["sha256"] == findings.sha256 and before["status"] != "withdrawn":
            return before | {"identity": found.identity}
        suffix = ".gz" if findings.compressed else ""
        key = raw_key(contract.name, partition, key=found.key, identity=findings.sha256, suffix=suffix)
        if lake.lake.head(key) is None:
            lake.lake.put(key, content)
    return {
        "key": found.key,
        "identity": found.identity,
        "time": found.modified.isoformat(timespec="microseconds"),
        "url": lake.lake.url(key),
        **_told(findings),
    }


def _inspect_again(lake: Lake, contract: DatasetContract, file: File) -> File:
    """Under another contract a file may be read otherwise; its copy in the lake is read, landing may have expired."""
    if file["status"] == "withdrawn":
        return file
    with (
        lake.lake.open(file["url"].removeprefix(lake.lake.url(""))) as stream,
        inspected(stream, contract, file["key"]) as (findings, _),
    ):
        return file | _told(findings)


def _told(findings: FileFindings) -> File:
    return {
        "sha256": findings.sha256,
        "size": findings.size,
        "header": list(findings.header),
        "records": findings.records,
        "status": "accepted" if findings.refused is None else "refused",
        "reason": findings.refused,
        "warnings": list(findings.warnings),
    }


def _with_duplicates(contract: DatasetContract, files: list[File]) -> list[File]:
    """Oldest first; of several files with the same bytes only the oldest adds rows. Empty files are no duplicates."""
    ordered = sorted(files, key=lambda file: (file["time"], file["key"]))
    if contract.arrives.duplicates == "keep":
        return ordered
    first: dict[str, str] = {}
    told: list[File] = []
    for file in ordered:
        fresh = dict(file)
        if fresh["status"] in ("accepted", "duplicate") and fresh["size"]:
            original = first.setdefault(fresh["sha256"], fresh["key"])
            same = original != fresh["key"]
            fresh |= {"status": "duplicate" if same else "accepted", "reason": f"duplicate of {original}" if same else None}
        told.append(fresh)
    return told


def _body(lake: Lake, contract: DatasetContract, partition: str, files: Sequence[File]) -> dict[str, Any]:
    accepted = [file for file in files if file["status"] == "accepted"]
    refused = _refused(contract, files)
    content = digest([refused, [[file["key"], file["sha256"], file["time"]] for file in accepted]])
    entries = tuple(
        ManifestEntry(url=file["url"], content_length=file["size"], record_count=file["records"] or 0)
        for file in accepted
    )
    address = manifest_key(contract.name, "raw", partition=partition, token=content)
    return {
        "content": content,
        "refused": refused,
        "files": list(files),
        "counts": _counts(files),
        "manifest": write_manifest(lake.lake, address, Manifest(entries=entries)),
    }


def _refused(contract: DatasetContract, files: Sequence[File]) -> str | None:
    """Why the partition as a whole must not be published: a snapshot with a refused file, or nothing but refused files."""
    bad = [file for file in files if file["status"] == "refused"]
    good = [file for file in files if file["status"] == "accepted"]
    if bad and (contract.arrives.delivers == "snapshot" or not good):
        return "; ".join(f"{file['key']}: {file['reason']}" for file in bad)
    return None


def _counts(files: Sequence[File]) -> Mapping[str, int]:
    counts = {"landed": len(files), "accepted": 0, "duplicate": 0, "refused": 0, "withdrawn": 0}
    for file in files:
        counts[file["status"]] += 1
    return counts
