"""The one primitive of truth: a numbered log of small JSON documents, `<prefix>/<partition>/000007.json`.

Each number is written with put-if-absent, so two writers can never both publish version 8. Readers take the highest
number. A writer publishes the number after the one it read before it looked at its inputs, and starts over if that is
taken: so a slow writer never covers newer content. Nothing else decides what is current.
"""

import datetime as dt
import json
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import Any, cast

from lake_platform.errors import DocumentFormatError, VersionTakenError
from lake_platform.lake.store import ObjectInfo, ObjectStore

FORMAT = 1
READERS = 8
"""S3 answers in some 20 ms; a first look at thousands of documents would take minutes one by one."""


@dataclass(frozen=True, kw_only=True)
class VersionDocument:
    """One published document. `body` is what the layer says of the partition."""

    partition: str
    number: int
    token: str
    published_at: str
    body: Mapping[str, Any]


class DocumentCache:
    """Texts of documents that were read before, by key and identity; those that were not used longest go first."""

    def __init__(self, max_bytes: int = 64 << 20) -> None:
        self._texts: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._left = max_bytes
        self._lock = Lock()

    def read(self, store: ObjectStore, found: ObjectInfo) -> bytes:
        """The object's bytes, from memory where they are the same still."""
        at = (found.key, found.identity)
        with self._lock:
            if at in self._texts:
                self._texts.move_to_end(at)
                return self._texts[at]
        text = store.read(found.key)
        with self._lock:
            if at not in self._texts:
                self._texts[at] = text
                self._left -= len(text)
            while self._left < 0:
                self._left += len(self._texts.popitem(last=False)[1])
        return text


class VersionLog:
    """The documents below one prefix, a log for each partition."""

    def __init__(self, store: ObjectStore, prefix: str, cache: DocumentCache | None = None) -> None:
        self._store = store
        self._prefix = prefix
        self._cache = cache or DocumentCache()

    def latest(self, partition: str) -> VersionDocument | None:
        """The document with the highest number, or None where the partition has none."""
        number = self.latest_number(partition)
        return self.read(partition, number) if number else None

    def latest_number(self, partition: str) -> int:
        """The highest number; 0 where the partition has no document."""
        return max((number for _, number, _ in self._listed(f"{self._prefix}/{partition}/")), default=0)

    def latest_numbers(self) -> dict[str, int]:
        """The highest number of every partition, in one listing."""
        return {partition: number for partition, (number, _) in self._newest().items()}

    def latest_documents(self) -> dict[str, VersionDocument]:
        """The newest document of every partition: one listing, and only documents are read that were not before."""
        newest = self._newest()
        with ThreadPoolExecutor(READERS) as pool:
            texts = list(pool.map(lambda at: self._cache.read(self._store, at[1]), newest.values()))
        return {
            partition: _parsed(text, found.key, partition=partition, number=number)
            for (partition, (number, found)), text in zip(newest.items(), texts, strict=True)
        }

    def history(self, partition: str) -> list[VersionDocument]:
        """All documents of a partition, oldest first."""
        numbers = sorted(number for _, number, _ in self._listed(f"{self._prefix}/{partition}/"))
        return [self.read(partition, number) for number in numbers]

    def read(self, partition: str, number: int) -> VersionDocument:
        """The document of one number.

        Raises:
            ObjectNotFoundError: there is none.
            DocumentFormatError: it was written by a later version of the platform, or is no such document.
        """
        key = self._key(partition, number)
        return _parsed(self._store.read(key), key, partition=partition, number=number)

    def read_many(self, numbers: Mapping[str, int]) -> dict[str, VersionDocument]:
        """The documents of these numbers by partition, several at a time; errors as `read`."""
        with ThreadPoolExecutor(READERS) as pool:
            return dict(zip(numbers, pool.map(self.read, numbers, numbers.values()), strict=True))

    def forget(self, partition: str, *, before: int, older_than: dt.datetime) -> None:
        """Removes old documents, in logs whose history nobody needs.

        Args:
            before: only lower numbers.
            older_than: far enough back that no writer is left who has read a lower number before it was taken: it
                would find the number free again.
        """
        for _, number, found in list(self._listed(f"{self._prefix}/{partition}/")):
            if number < before and found.modified < older_than:
                self._store.delete(found.key)

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
        if not taken and self._store.put_if_absent(self._key(partition, number), _json(document)):
            return VersionDocument(partition=partition, number=number, token=token, published_at=published, body=body)
        # A lost answer makes S3's client ask twice, and the second time it finds what the first has written.
        latest = self.latest(partition)
        if latest is not None and latest.token == token:
            return latest
        raise VersionTakenError(self._prefix, partition, number)

    def _newest(self) -> dict[str, tuple[int, ObjectInfo]]:
        newest: dict[str, tuple[int, ObjectInfo]] = {}
        for partition, number, found in self._listed(f"{self._prefix}/"):
            if number > newest.get(partition, (0, found))[0]:
                newest[partition] = (number, found)
        return newest

    def _listed(self, prefix: str) -> Iterator[tuple[str, int, ObjectInfo]]:
        for found in self._store.list(prefix):
            partition, _, name = found.key.removeprefix(f"{self._prefix}/").rpartition("/")
            number = name.removesuffix(".json")
            named = number.isdecimal() and name.endswith(".json") and "/" not in partition
            if named and isinstance(found, ObjectInfo):
                yield partition, int(number), found

    def _key(self, partition: str, number: int) -> str:
        return f"{self._prefix}/{partition}/{number:06d}.json"


def _parsed(text: bytes, key: str, *, partition: str, number: int) -> VersionDocument:
    try:
        document = cast("dict[str, Any]", json.loads(text))
        found = document["format"]
        if found != FORMAT:
            raise DocumentFormatError(key, found, FORMAT)
        return VersionDocument(
            partition=partition,
            number=number,
            token=document["token"],
            published_at=document["published_at"],
            body=document["body"],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise DocumentFormatError(key, "of no document", FORMAT) from error


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
