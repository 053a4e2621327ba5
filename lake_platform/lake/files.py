"""The landed files of one partition, as its raw document lists them: which of them count is decided here."""

from collections.abc import Callable, Sequence
from typing import Any

from lake_platform.contract.dataset import DatasetContract
from lake_platform.lake.token import digest
from lake_platform.lake.versions import VersionDocument

File = dict[str, Any]
"""One version of one landing key: key, identity, time, url, sha256, size, header, records, status, reason, warnings, drift."""

READABLE = ("accepted", "duplicate")


class Files:
    """For each key the version that counts, and beside it a newer one that cannot be read."""

    def __init__(self, files: Sequence[File], arrivals: dict[str, str]) -> None:
        self._standing = {file["key"]: file for file in files if file["status"] != "refused"}
        self._refused = {file["key"]: file for file in files if file["status"] == "refused"}
        self._arrivals = dict(arrivals)

    @property
    def empty(self) -> bool:
        """Whether nothing ever landed."""
        return not self._arrivals

    @property
    def arrivals(self) -> dict[str, str]:
        """The newest identity of every key that was seen."""
        return self._arrivals

    def identity(self, key: str) -> str | None:
        """The newest identity that was seen of a key."""
        return self._arrivals.get(key)

    def take(self, file: File) -> None:
        """The newest version of a key. The same bytes as before are the same file still, with its time and its copy."""
        key = file["key"]
        self._arrivals[key] = file["identity"]
        standing, refused = self._standing.get(key), self._refused.pop(key, None)
        if standing and standing["status"] in READABLE and standing["sha256"] == file["sha256"]:
            self._standing[key] = {**standing, "identity": file["identity"]}
        elif file["status"] != "refused":
            self._standing[key] = file
        else:
            same = refused is not None and refused["sha256"] == file["sha256"]
            self._refused[key] = {**refused, "identity": file["identity"]} if refused and same else file

    def withdraw(self, key: str) -> bool:
        """Takes a key back; whether there was anything to take."""
        standing = self._standing.get(key)
        newest = self._refused.pop(key, None) or (standing if standing and standing["status"] in READABLE else None)
        if newest is None:
            return False
        self._standing[key] = {**newest, "status": "withdrawn", "reason": "withdrawn"}
        return True

    def inspect_again(self, inspect: Callable[[File], File]) -> None:
        """Under another contract: what was refused may be readable now, and the other way round."""
        for key in list(self._arrivals):
            versions = [file for file in (self._standing.get(key), self._refused.get(key)) if file]
            again = [file if file["status"] == "withdrawn" else inspect(file) for file in versions]
            readable = [file for file in again if file["status"] != "refused"]
            if readable:
                self._standing[key] = readable[-1]
            else:
                self._standing.pop(key, None)
            self._refused.pop(key, None)
            if again and again[-1]["status"] == "refused":
                self._refused[key] = again[-1]

    def listed(self, contract: DatasetContract) -> list[File]:
        """All of them, oldest first, the duplicates named.

        Of several files with the same bytes the oldest adds rows, whichever was taken first: what counts does not
        depend on the order of processing.
        """
        first: dict[str, str] = {}
        told: list[File] = []
        for file in sorted([*self._standing.values(), *self._refused.values()], key=_rank):
            if file["status"] not in READABLE:
                told.append(file)
                continue
            original = first.setdefault(file["sha256"], file["key"])
            counts = contract.arrives.duplicates == "keep" or original == file["key"]
            reason = None if counts else f"duplicate of {original}"
            told.append({**file, "status": "accepted" if counts else "duplicate", "reason": reason})
        return told


def partition_files(document: VersionDocument | None) -> Files:
    """The files as the newest raw document of a partition lists them."""
    return Files(document.body["files"], document.body["arrivals"]) if document else Files([], {})


def body_of(files: Files, contract: DatasetContract) -> dict[str, Any]:
    """What the raw document says of the partition.

    `content` is the digest of what counts: it stays where only duplicates or refused files came, and so does the
    work of the layers that are made of it. `arrivals` is what the sensor compares with landing.
    """
    listed = files.listed(contract)
    refused = _refused(contract, listed)
    accepted = [[file["key"], file["sha256"], file["time"]] for file in listed if file["status"] == "accepted"]
    counts = {"landed": len(listed), "accepted": 0, "duplicate": 0, "refused": 0, "withdrawn": 0}
    for file in listed:
        counts[file["status"]] += 1
    return {
        "content": digest([refused, accepted]),
        "refused": refused,
        "files": listed,
        "counts": counts,
        "arrivals": files.arrivals,
    }


def _rank(file: File) -> tuple[str, str, bool]:
    return file["time"], file["key"], file["status"] == "refused"


def _refused(contract: DatasetContract, files: Sequence[File]) -> str | None:
    """Why the partition as a whole must not be published: a snapshot with a refused file, or nothing but refused files."""
    bad = [file for file in files if file["status"] == "refused"]
    good = [file for file in files if file["status"] == "accepted"]
    if bad and (contract.arrives.delivers == "snapshot" or not good):
        return "; ".join(f"{file['key']}: {file['reason']}" for file in bad)
    return None
