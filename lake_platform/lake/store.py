"""Objects in a bucket: one small interface, two implementations (`stores/local.py`, `stores/s3.py`) that pass one suite.

Keys are data: they are compared as raw strings, never normalised. A key that cannot or must not be taken is told as a
`RefusedKey` and never stops a listing; asked for by name, it raises `ObjectKeyError`.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

MAX_KEY_BYTES = 1024


@dataclass(frozen=True, kw_only=True)
class ObjectInfo:
    """One object. `identity` says which bytes it holds; other bytes under the same key have another identity."""

    key: str
    size: int
    modified: dt.datetime
    identity: str


@dataclass(frozen=True)
class RefusedKey:
    """A key that is not taken, and why. What cannot be printed as UTF-8 is escaped."""

    key: str
    reason: str


class ObjectStore(Protocol):
    """One bucket."""

    @property
    def bucket(self) -> str: ...

    def list(self, prefix: str, *, start_after: str | None = None) -> Iterator[ObjectInfo | RefusedKey]:
        """Every object whose key starts with `prefix`, as a raw string, in the order of the keys' bytes.

        Args:
            start_after: only keys behind this one.
        """
        ...

    def head(self, key: str) -> ObjectInfo | None:
        """The object, or None where there is none."""
        ...

    def read(self, key: str) -> bytes:
        """All bytes of an object. Raises ObjectNotFoundError where there is none."""
        ...

    def open(self, key: str) -> BinaryIO:
        """A stream of an object, read once from its beginning; the caller closes it.

        Raises:
            ObjectNotFoundError: there is none.
        """
        ...

    def put(self, key: str, data: bytes | BinaryIO) -> None:
        """Writes an object as a whole or not at all; an earlier one is replaced.

        Raises:
            ObjectKeyError: the key is not taken.
        """
        ...

    def put_if_absent(self, key: str, data: bytes | BinaryIO) -> bool:
        """Writes an object where there is none. Of several writers exactly one is told True.

        Raises:
            ObjectKeyError: the key is not taken.
        """
        ...

    def delete(self, key: str) -> None:
        """Removes an object; no error where there is none."""
        ...

    def url(self, key: str) -> str:
        """`s3://bucket/key`."""
        ...


def key_problem(key: str) -> str | None:
    """Why a key is not taken; None where it is."""
    if not key or len(key.encode("utf-8", "surrogatepass")) > MAX_KEY_BYTES:
        return f"the key is empty or longer than {MAX_KEY_BYTES} bytes"
    if any(ord(character) < 32 or ord(character) == 127 for character in key):
        return "the key holds a control character"
    if any(0xD800 <= ord(character) <= 0xDFFF for character in key):
        return "the key is not UTF-8"
    if any(part in (".", "..") for part in key.split("/")):
        return "the key holds a part . or .., which would leave its folder"
    return None


def refused_key(key: str, reason: str) -> RefusedKey:
    """A refusal whose key every log and every JSON document can hold."""
    return RefusedKey(key.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"), reason)


def key_of(store: ObjectStore, url: str) -> str:
    """The key of an `s3://` address of this store's bucket.

    Raises:
        ValueError: the address is of another bucket.
    """
    start = store.url("")
    if not url.startswith(start):
        raise ValueError(f"{url} is not in the bucket {store.bucket}")
    return url.removeprefix(start)
