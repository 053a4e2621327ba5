"""Objects in a bucket: one small interface, two implementations (`local_store`, `s3_store`) that pass one suite.

Keys are data: they are compared as raw strings, never normalised. A key that cannot or must not be taken is told as a
`RefusedKey` and never stops a listing.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

MAX_KEY_BYTES = 1024


@dataclass(frozen=True, kw_only=True)
class ObjectInfo:
    """One object. `identity` says which bytes it holds: version id, or etag and size; locally size, time and inode."""

    key: str
    size: int
    modified: dt.datetime
    identity: str


@dataclass(frozen=True)
class RefusedKey:
    """A key that is not taken, and why."""

    key: str
    reason: str


class ObjectStore(Protocol):
    """One bucket."""

    @property
    def bucket(self) -> str: ...

    def list(self, prefix: str) -> Iterator[ObjectInfo | RefusedKey]:
        """Every object whose key starts with `prefix`, as a raw string, in the order of the keys."""
        ...

    def head(self, key: str) -> ObjectInfo | None:
        """The object, or None where there is none."""
        ...

    def read(self, key: str) -> bytes:
        """All bytes of an object. Raises ObjectNotFoundError where there is none."""
        ...

    def open(self, key: str) -> BinaryIO:
        """A stream of an object; the caller closes it. Raises ObjectNotFoundError where there is none."""
        ...

    def put(self, key: str, data: bytes | BinaryIO) -> None:
        """Writes an object as a whole or not at all; an earlier one is replaced."""
        ...

    def put_if_absent(self, key: str, data: bytes) -> bool:
        """Writes an object where there is none. Of several writers exactly one is told True."""
        ...

    def delete(self, key: str) -> None:
        """Removes an object; no error where there is none."""
        ...

    def url(self, key: str) -> str:
        """`s3://bucket/key`."""
        ...


def key_problem(key: str) -> str | None:
    """Why a key is not taken; None where it is."""
    if not key or len(key.encode("utf-8", "surrogateescape")) > MAX_KEY_BYTES:
        return f"the key is empty or longer than {MAX_KEY_BYTES} bytes"
    if any(ord(character) < 32 or ord(character) == 127 for character in key):
        return "the key holds a control character"
    if any(0xD800 <= ord(character) <= 0xDFFF for character in key):
        return "the key is not UTF-8"
    if any(part in (".", "..") for part in key.split("/")):
        return "the key holds a part . or .., which would leave its folder"
    return None
