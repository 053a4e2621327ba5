"""The one primitive of truth: a numbered log of small JSON documents, `<prefix>/<partition>/000007.json`.

Each number is written with put-if-absent, so two writers can never both publish version 8. Readers take the highest
number. A writer publishes the number after the one it read before it listed its inputs, and starts over if that is
taken: so a slow writer never covers newer content. Nothing else decides what is current.
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from lake_platform.errors import DocumentFormatError, VersionTakenError
from lake_platform.lake.store import ObjectInfo, ObjectStore

FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class VersionDocument:
    """One published document. `body` is what the layer says of the partition."""

    partition: str
    number: int
    token: str
    published_at: str
    body: Mapping[str, Any]


class VersionLog:
    """The documents below one prefix, a log for each partition."""

    def __init__(self, store: ObjectStore, prefix: str) -> None:
        self._store = store
        self._prefix = prefix

    def latest(self, partition: str) -> VersionDocument | None:
        """The document with the highest number, or None where the partition has none."""
        number = self.latest_number(partition)
        return self.read(partition, number) if number else None

    def latest_number(self, partition: str) -> int:
        """The highest number; 0 where the partition has no document."""
        return max(self._numbers(partition), default=0)

    def latest_numbers(self) -> dict[str, int]:
        """The highest number of every partition, in one listing."""
        numbers: dict[str, int] = {}
        for partition, number in self._listed(f"{self._prefix}/"):
            numbers[partition] = max(number, numbers.get(partition, 0))
        return numbers

    def history(self, partition: str) -> list[VersionDocument]:
        """All documents of a partition, oldest first."""
        return [self.read(partition, number) for number in sorted(self._numbers(partition))]

    def read(self, partition: str, number: int) -> VersionDocument:
        """The document of one number.

        Raises:
            DocumentFormatError: it was written by a later version of the platform.
        """
        key = self._key(partition, number)
        document = cast("dict[str, Any]", json.loads(self._store.read(key)))
        if document.get("format") != FORMAT:
            raise DocumentFormatError(key, document.get("format"), FORMAT)
        return VersionDocument(
            partition=partition,
            number=number,
            token=document["token"],
            published_at=document["published_at"],
            body=document["body"],
        )

    def publish(self, partition: str, body: Mapping[str, Any], *, token: str, after: int) -> VersionDocument:
        """Publishes the number after `after`. A latest document with this token already is returned as it is.

        Raises:
            VersionTakenError: somebody else published since `after` was read; read again and start over.
        """
        latest = self.latest(partition)
        if latest is not None and latest.token == token:
            return latest
        number = after + 1
        published = dt.datetime.now(dt.UTC).isoformat(timespec="microseconds")
        document = {"format": FORMAT, "number": number, "token": token, "published_at": published, "body": body}
        taken = latest is not None and latest.number >= number
        if taken or not self._store.put_if_absent(self._key(partition, number), _json(document)):
            raise VersionTakenError(self._prefix, partition, number)
        return VersionDocument(partition=partition, number=number, token=token, published_at=published, body=body)

    def _numbers(self, partition: str) -> list[int]:
        return [number for _, number in self._listed(f"{self._prefix}/{partition}/")]

    def _listed(self, prefix: str) -> Iterator[tuple[str, int]]:
        for found in self._store.list(prefix):
            partition, _, name = found.key.removeprefix(f"{self._prefix}/").rpartition("/")
            number = name.removesuffix(".json")
            if isinstance(found, ObjectInfo) and number.isdecimal() and name.endswith(".json"):
                yield partition, int(number)

    def _key(self, partition: str, number: int) -> str:
        return f"{self._prefix}/{partition}/{number:06d}.json"


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
