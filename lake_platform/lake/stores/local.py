"""A directory that plays a bucket."""

import datetime as dt
import errno
import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from lake_platform.errors import ObjectKeyError, ObjectNotFoundError
from lake_platform.lake.store import MAX_KEY_BYTES, ObjectInfo, RefusedKey, key_problem, refused_key
from lake_platform.lake.stores.local_files import (
    HALF_WRITTEN,
    IN_THE_WAY,
    NOT_THERE,
    Place,
    Written,
    open_below,
    open_file,
    open_folder,
    place_file,
    remove_file,
)

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class LocalStore:
    """Objects are the files below a directory; the key is the relative path.

    A directory holds fewer keys than S3: an empty part (`a//b`, `trail/`), a part over 255 bytes, and `k` beside
    `k/child` are refused. Links and what is no file are refused by name in a listing.
    """

    def __init__(self, bucket: str, directory: Path) -> None:
        self._bucket = bucket
        self._directory = directory

    @property
    def bucket(self) -> str:
        return self._bucket

    def url(self, key: str) -> str:
        return f"s3://{self._bucket}/{key}"

    def list(self, prefix: str, *, start_after: str | None = None) -> Iterator[ObjectInfo | RefusedKey]:
        base = prefix[: prefix.rfind("/") + 1]
        parts = base.split("/")[:-1]
        if any(part in ("", ".", "..") for part in parts):
            return
        try:
            with open_folder(self._directory, parts) as folder:
                yield from _Listing(prefix, start_after or "").walk(os.dup(folder), base)
        except OSError as error:
            if error.errno not in NOT_THERE:
                raise

    def head(self, key: str) -> ObjectInfo | None:
        if _problem(key) is not None:
            return None
        *parts, name = key.split("/")
        try:
            with open_folder(self._directory, parts) as folder:
                status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except OSError as error:
            if error.errno not in NOT_THERE:
                raise
            return None
        return _info(key, status) if stat.S_ISREG(status.st_mode) else None

    def read(self, key: str) -> bytes:
        with self.open(key) as stream:
            return stream.read()

    def open(self, key: str) -> BinaryIO:
        *parts, name = key.split("/")
        if _problem(key) is not None:
            raise ObjectNotFoundError(self._bucket, key)
        try:
            with open_folder(self._directory, parts) as folder:
                stream = open_file(folder, name)
        except OSError as error:
            if error.errno not in NOT_THERE | {errno.EISDIR, errno.ENXIO}:
                raise
            raise ObjectNotFoundError(self._bucket, key) from error
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            stream.close()
            raise ObjectNotFoundError(self._bucket, key)
        return stream

    def put(self, key: str, data: bytes | BinaryIO) -> None:
        with self._written(key, data) as written:
            self._place(key, written.replace)

    def put_if_absent(self, key: str, data: bytes | BinaryIO) -> bool:
        with self._written(key, data) as written:
            return self._place(key, written.link)

    def delete(self, key: str) -> None:
        if _problem(key) is not None:
            return
        *parts, name = key.split("/")
        try:
            remove_file(self._directory, parts, name)
        except OSError as error:
            if error.errno not in NOT_THERE | {errno.EISDIR, errno.EPERM}:
                raise

    def _written(self, key: str, data: bytes | BinaryIO) -> Written:
        problem = _problem(key)
        if problem is not None:
            raise ObjectKeyError(self._bucket, key, problem)
        self._directory.mkdir(parents=True, exist_ok=True)
        return Written(self._directory, data)

    def _place(self, key: str, place: Place) -> bool:
        *parts, name = key.split("/")
        try:
            return place_file(self._directory, parts, name, place)
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                raise ObjectKeyError(self._bucket, key, "a part of it is longer than a file name can be") from error
            if error.errno in IN_THE_WAY:
                problem = (
                    "it is a folder of other keys, or one of its folders is a key, and a directory cannot hold both"
                )
                raise ObjectKeyError(self._bucket, key, problem) from error
            raise


class _Listing:
    """The keys that start with a prefix and come behind another key, in the order of their bytes."""

    def __init__(self, prefix: str, after: str) -> None:
        self._prefix, self._after = prefix, after
        self._open: list[tuple[int, str, Iterator[str]]] = []

    def walk(self, folder: int, base: str) -> Iterator[ObjectInfo | RefusedKey]:
        """Depth first, with a list of the open folders: a folder may be 500 deep. Closes the handles."""
        try:
            self._enter(folder, base)
            while self._open:
                folder, base, names = self._open[-1]
                name = next(names, None)
                if name is None:
                    os.close(self._open.pop()[0])
                elif name.endswith("/"):
                    yield from self._below(folder, name[:-1], base + name)
                elif (base + name).startswith(self._prefix) and base + name > self._after:
                    yield from _found(folder, name, base + name)
        finally:
            for folder, _, _ in self._open:
                os.close(folder)

    def _enter(self, folder: int, base: str) -> None:
        self._open.append((folder, base, iter(())))
        self._open[-1] = (folder, base, iter(_sorted_names(folder)))

    def _below(self, folder: int, name: str, key: str) -> Iterator[RefusedKey]:
        if key == f"{HALF_WRITTEN}/" or not self._reaches(key):
            return
        if len(os.fsencode(key)) >= MAX_KEY_BYTES:
            yield refused_key(key, f"the keys in this folder are longer than {MAX_KEY_BYTES} bytes")
            return
        try:
            self._enter(open_below(folder, name), key)
        except OSError as error:
            if error.errno not in NOT_THERE:
                yield refused_key(key, f"the folder cannot be read: {error.strerror}")

    def _reaches(self, folder_key: str) -> bool:
        """Whether a folder can hold a key that is wanted."""
        wanted = folder_key.startswith(self._prefix) or self._prefix.startswith(folder_key)
        return wanted and (folder_key > self._after or self._after.startswith(folder_key))


def _sorted_names(folder: int) -> Sequence[str]:
    """A folder's name ends in the slash that its keys have there, and so takes their place in the order."""
    with os.scandir(folder) as entries:
        names = [f"{entry.name}/" if entry.is_dir(follow_symlinks=False) else entry.name for entry in entries]
    return sorted(names, key=os.fsencode)


def _found(folder: int, name: str, key: str) -> Iterator[ObjectInfo | RefusedKey]:
    try:
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return
    problem = key_problem(key)
    if problem is not None:
        yield refused_key(key, problem)
    elif stat.S_ISLNK(status.st_mode):
        yield refused_key(key, "it is a link, which may lead out of the bucket: put the file itself there")
    elif not stat.S_ISREG(status.st_mode):
        yield refused_key(key, "it is not a file")
    else:
        yield _info(key, status)


def _info(key: str, status: os.stat_result) -> ObjectInfo:
    """The time of change counts too: `cp -p` over a file of the same size keeps all the rest."""
    mark = f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"
    return ObjectInfo(
        key=key,
        size=status.st_size,
        modified=_EPOCH + dt.timedelta(microseconds=status.st_mtime_ns // 1000),
        identity=hashlib.sha256(mark.encode()).hexdigest()[:32],
    )


def _problem(key: str) -> str | None:
    if "" in key.split("/") and key:
        return "the key holds an empty part, which a directory cannot"
    if key.split("/")[0] == HALF_WRITTEN:
        return f"{HALF_WRITTEN} is the folder of half-written objects"
    return key_problem(key)
