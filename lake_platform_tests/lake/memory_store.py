"""A bucket in memory for tests that need thousands of them; it passes the same suite as the real ones."""

import datetime as dt
import hashlib
import io
from collections.abc import Iterator
from typing import BinaryIO

from lake_platform.errors import ObjectKeyError, ObjectNotFoundError
from lake_platform.lake.store import ObjectInfo, RefusedKey, key_problem

START = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


class MemoryStore:
    """Each write is one second later than the one before."""

    def __init__(self, bucket: str = "lake") -> None:
        self.bucket = bucket
        self.objects: dict[str, tuple[bytes, dt.datetime]] = {}
        self._clock = START

    def url(self, key: str) -> str:
        return f"s3://{self.bucket}/{key}"

    def list(self, prefix: str, *, start_after: str | None = None) -> Iterator[ObjectInfo | RefusedKey]:
        for key in sorted(self.objects, key=str.encode):
            if key.startswith(prefix) and key > (start_after or ""):
                yield self._info(key)

    def head(self, key: str) -> ObjectInfo | None:
        return self._info(key) if key in self.objects else None

    def read(self, key: str) -> bytes:
        if key not in self.objects:
            raise ObjectNotFoundError(self.bucket, key)
        return self.objects[key][0]

    def open(self, key: str) -> BinaryIO:
        return io.BytesIO(self.read(key))

    def put(self, key: str, data: bytes | BinaryIO) -> None:
        problem = key_problem(key)
        if problem is not None:
            raise ObjectKeyError(self.bucket, key, problem)
        content = data if isinstance(data, bytes) else data.read()
        self._clock += dt.timedelta(seconds=1)
        self.objects[key] = (content, self._clock)

    def put_if_absent(self, key: str, data: bytes | BinaryIO) -> bool:
        if key in self.objects:
            return False
        self.put(key, data)
        return True

    def delete(self, key: str) -> None:
        self.objects.pop(key, None)

    def _info(self, key: str) -> ObjectInfo:
        content, modified = self.objects[key]
        identity = f"{hashlib.md5(content).hexdigest()}-{len(content)}"
        return ObjectInfo(key=key, size=len(content), modified=modified, identity=identity)
