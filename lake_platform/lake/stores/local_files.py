"""Files below one directory, reached by handle: no step follows a link, no half-written file has a name.

An object is written unnamed (O_TMPFILE), synced and then linked: 0.46 ms, one winner of many writers, nothing left
after a crash. Where O_TMPFILE or /proc is missing, a file in a folder of half-written ones stands for it.
"""

import errno
import os
import shutil
import time
import uuid
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

HALF_WRITTEN = ".writing"
"""Inside the bucket: a rename cannot leave its file system."""

STALE_SECONDS = 86_400
NOT_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG})
IN_THE_WAY = frozenset({errno.EEXIST, errno.ENOTDIR, errno.ELOOP, errno.EISDIR})
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_BLOCK = 1 << 20

Place = Callable[[int, str], bool]
"""Gives a written file its name in a folder; whether it did."""


@contextmanager
def open_folder(root: Path, parts: Sequence[str], *, make: bool = False) -> Generator[int]:
    """A handle of the folder `parts` below `root`. Raises OSError where a part is missing, a file or a link."""
    handle = os.open(root, _FOLDER)
    try:
        for part in parts:
            below = _enter(handle, part, make=make)
            os.close(handle)
            handle = below
        yield handle
    finally:
        os.close(handle)


def open_below(folder: int, name: str) -> int:
    """A handle of a folder in a folder, the caller closes it."""
    return os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)


def open_file(folder: int, name: str) -> BinaryIO:
    """A file for reading. It does not wait where the name is a pipe."""
    return os.fdopen(os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder), "rb")


class Written:
    """A complete, synced file that has no name yet; used in a `with`, after which it is gone or has its name."""

    def __init__(self, root: Path, data: bytes | BinaryIO) -> None:
        self._waiting = root / HALF_WRITTEN
        self._path: Path | None = None
        handle = _open_unnamed(root)
        if handle is None:
            self._path = self._waiting_path()
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        self._stream = os.fdopen(handle, "wb")
        try:
            self._fill(data)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Written":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def link(self, folder: int, name: str) -> bool:
        """Gives it a name that is free; False where it is not. Raises IsADirectoryError where it is a folder's."""
        source = self._path or f"/proc/self/fd/{self._stream.fileno()}"
        try:
            # Only with a handle does Python ask to follow the link in /proc.
            os.link(source, name, dst_dir_fd=folder, follow_symlinks=True)
        except FileExistsError:
            with suppress(OSError):
                os.close(open_below(folder, name))
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), name) from None
            return False
        return True

    def replace(self, folder: int, name: str) -> bool:
        """Gives it a name, also one that another file has."""
        if self.link(folder, name):
            return True
        if self._path is None:
            path = self._waiting_path()
            with open_folder(self._waiting, ()) as waiting:
                self.link(waiting, path.name)
            self._path = path
        os.replace(self._path, name, dst_dir_fd=folder)
        return True

    def close(self) -> None:
        self._stream.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def _fill(self, data: bytes | BinaryIO) -> None:
        if isinstance(data, bytes):
            self._stream.write(data)
        else:
            shutil.copyfileobj(data, self._stream, _BLOCK)
        self._stream.flush()
        os.fsync(self._stream.fileno())

    def _waiting_path(self) -> Path:
        self._waiting.mkdir(exist_ok=True)
        remove_stale(self._waiting)
        return self._waiting / uuid.uuid4().hex


def remove_stale(waiting: Path) -> None:
    """What killed writers left a day ago."""
    for left in waiting.iterdir():
        with suppress(FileNotFoundError):
            if left.stat().st_mtime < time.time() - STALE_SECONDS:
                left.unlink()


def place_file(root: Path, parts: Sequence[str], name: str, place: Place) -> bool:
    """Makes the folders, gives the file its name there and syncs. A folder that a delete took meanwhile is made again."""
    for _ in range(20):
        with suppress(FileNotFoundError), open_folder(root, parts, make=True) as folder:
            placed = place(folder, name)
            os.fsync(folder)
            return placed
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(root.joinpath(*parts)))


def remove_file(root: Path, parts: Sequence[str], name: str) -> None:
    """Removes a file and the folders that are empty without it."""
    with open_folder(root, parts) as folder:
        os.unlink(name, dir_fd=folder)
    with suppress(OSError):
        for depth in range(len(parts), 0, -1):
            root.joinpath(*parts[:depth]).rmdir()


def _enter(folder: int, part: str, *, make: bool) -> int:
    try:
        return open_below(folder, part)
    except FileNotFoundError:
        if not make:
            raise
    with suppress(FileExistsError):
        os.mkdir(part, dir_fd=folder)
        os.fsync(folder)
    return open_below(folder, part)


def _open_unnamed(root: Path) -> int | None:
    flag = getattr(os, "O_TMPFILE", None)
    if flag is None or not Path("/proc/self/fd").is_dir():
        return None
    try:
        return os.open(root, flag | os.O_WRONLY | os.O_CLOEXEC, 0o666)
    except OSError as error:
        if error.errno in (errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL):
            return None
        raise
