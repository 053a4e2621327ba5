"""A directory that plays a bucket."""

import datetime as dt
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from lake_platform.errors import ObjectKeyError, ObjectNotFoundError
from lake_platform.lake.store import ObjectInfo, RefusedKey, key_problem


class LocalStore:
    """Objects are files below a directory; the key is the relative path.

    A key with an empty part (`a//b`, `trail/`) cannot be a path and is refused by name; links are not followed.
    """

    def __init__(self, bucket: str, directory: Path) -> None:
        self._bucket = bucket
        self._directory = directory

    @property
    def bucket(self) -> str:
        return self._bucket

    def url(self, key: str) -> str:
        return f"s3://{self._bucket}/{key}"

    def list(self, prefix: str) -> Iterator[ObjectInfo | RefusedKey]:
        for key in sorted(self._keys(prefix)):
            problem = key_problem(key)
            if problem is not None:
                yield RefusedKey(key, problem)
                continue
            info = self._stat(key)
            if info is not None:
                yield info

    def head(self, key: str) -> ObjectInfo | None:
        return None if self._problem(key) else self._stat(key)

    def read(self, key: str) -> bytes:
        with self.open(key) as stream:
            return stream.read()

    def open(self, key: str) -> BinaryIO:
        try:
            descriptor = os.open(self._path(key), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise ObjectNotFoundError(self._bucket, key) from error
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise ObjectNotFoundError(self._bucket, key) from error
            raise
        return os.fdopen(descriptor, "rb")

    def put(self, key: str, data: bytes | BinaryIO) -> None:
        path = self._path(key)
        half = self._write_half(path, data)
        half.replace(path)
        _sync_directory(path.parent)

    def put_if_absent(self, key: str, data: bytes) -> bool:
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        won = self._link_unnamed(path, data)
        if won is None:
            won = self._link_half(path, data)
        if won:
            _sync_directory(path.parent)
        return won

    def delete(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)

    def _keys(self, prefix: str) -> Iterator[str]:
        folder = self._directory / prefix.rpartition("/")[0]
        for parent, names, files in os.walk(folder):
            relative = os.path.relpath(parent, self._directory)
            base = "" if relative == "." else f"{relative}/"
            names[:] = [name for name in names if f"{base}{name}/".startswith(prefix[: len(base) + len(name) + 1])]
            for name in files:
                if f"{base}{name}".startswith(prefix):
                    yield f"{base}{name}"

    def _stat(self, key: str) -> ObjectInfo | None:
        try:
            status = os.stat(self._directory / key, follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            return None
        if not os.path.isfile(self._directory / key) or os.path.islink(self._directory / key):
            return None
        return ObjectInfo(
            key=key,
            size=status.st_size,
            modified=dt.datetime.fromtimestamp(status.st_mtime_ns // 1000 / 1_000_000, tz=dt.UTC),
            identity=f"{status.st_size}-{status.st_mtime_ns}-{status.st_ino}",
        )

    def _problem(self, key: str) -> str | None:
        if "" in key.split("/"):
            return "the key holds an empty part, which a directory cannot"
        return key_problem(key)

    def _path(self, key: str) -> Path:
        problem = self._problem(key)
        if problem is not None:
            raise ObjectKeyError(self._bucket, key, problem)
        return self._directory / key

    def _write_half(self, path: Path, data: bytes | BinaryIO) -> Path:
        """A complete, synced file beside the bucket, under no key."""
        path.parent.mkdir(parents=True, exist_ok=True)
        waiting = self._directory.parent / f".{self._directory.name}.writing"
        waiting.mkdir(exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=waiting)
        with os.fdopen(descriptor, "wb") as stream:
            _write(stream, data)
        return Path(name)

    def _link_half(self, path: Path, data: bytes) -> bool:
        half = self._write_half(path, data)
        try:
            os.link(half, path)
        except FileExistsError:
            return False
        finally:
            half.unlink()
        return True

    def _link_unnamed(self, path: Path, data: bytes) -> bool | None:
        """With a file that has no name before it is linked, so that a crash leaves nothing; None where that is not to be had."""
        try:
            descriptor = os.open(path.parent, os.O_TMPFILE | os.O_WRONLY, 0o644)
        except (AttributeError, OSError):
            return None
        with os.fdopen(descriptor, "wb") as stream:
            _write(stream, data)
            try:
                os.link(f"/proc/self/fd/{stream.fileno()}", path, follow_symlinks=True)
            except FileExistsError:
                return False
            except FileNotFoundError:
                return None
        return True


def _write(stream: BinaryIO, data: bytes | BinaryIO) -> None:
    if isinstance(data, bytes):
        stream.write(data)
    else:
        shutil.copyfileobj(data, stream, 1 << 20)
    stream.flush()
    os.fsync(stream.fileno())


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
