"""A bucket whose user is killed, or overtaken by somebody else, at a chosen operation."""

from collections.abc import Callable, Iterator
from typing import BinaryIO

from lake_platform.lake.store import ObjectInfo, ObjectStore, RefusedKey


class Killed(BaseException):
    """The process is gone; nothing catches it."""


class Interrupted:
    """Counts the operations of the buckets that share it, and does something at one of them."""

    def __init__(self, at: int, act: Callable[[], None]) -> None:
        self._left = at
        self._act = act

    def step(self) -> None:
        """One operation begins or has ended."""
        if self._left == 0:
            self._left = -1
            self._act()
        self._left -= 1


class DyingStore:
    """Passes everything on, with a step before each operation and one after each write."""

    def __init__(self, store: ObjectStore, interrupted: Interrupted) -> None:
        self._store, self._interrupted = store, interrupted

    @property
    def bucket(self) -> str:
        return self._store.bucket

    def url(self, key: str) -> str:
        return self._store.url(key)

    def list(self, prefix: str, *, start_after: str | None = None) -> Iterator[ObjectInfo | RefusedKey]:
        self._interrupted.step()
        return self._store.list(prefix, start_after=start_after)

    def head(self, key: str) -> ObjectInfo | None:
        self._interrupted.step()
        return self._store.head(key)

    def read(self, key: str) -> bytes:
        self._interrupted.step()
        return self._store.read(key)

    def open(self, key: str) -> BinaryIO:
        self._interrupted.step()
        return self._store.open(key)

    def put(self, key: str, data: bytes | BinaryIO) -> None:
        self._interrupted.step()
        self._store.put(key, data)
        self._interrupted.step()

    def put_if_absent(self, key: str, data: bytes | BinaryIO) -> bool:
        self._interrupted.step()
        won = self._store.put_if_absent(key, data)
        self._interrupted.step()
        return won

    def delete(self, key: str) -> None:
        self._interrupted.step()
        self._store.delete(key)


def die() -> None:
    raise Killed
