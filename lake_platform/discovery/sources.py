"""Which files a sample has: one file, a folder, or what lies below a key of the landing bucket."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from lake_platform.errors import SampleError
from lake_platform.lake.store import ObjectInfo, ObjectStore


@dataclass(frozen=True)
class SourceFile:
    """One file: its key, as it would be told in landing, and how to open it."""

    key: str
    open: Callable[[], AbstractContextManager[BinaryIO]]


@dataclass(frozen=True)
class Sample:
    """The files of a sample, in the order of their keys.

    Attributes:
        prefix: where they land, if they are in landing already.
    """

    files: Sequence[SourceFile]
    prefix: str | None = None


def find_sample(where: str, landing: ObjectStore | None) -> Sample:
    """The files that `where` names: a path of this machine or, where there is none, a key or prefix in landing.

    Args:
        landing: None where only paths are looked for.

    Raises:
        SampleError: there is no such file.
    """
    path = Path(where)
    if path.is_file():
        return Sample([_local(path, path.name)])
    if path.is_dir():
        files = [_local(each, each.relative_to(path).as_posix()) for each in _below(path)]
        if not files:
            raise SampleError(where, "the folder holds no file")
        return Sample(files)
    if landing is None:
        raise SampleError(where, "there is no such file or folder")
    prefix = where.lstrip("/")
    found = [each.key for each in landing.list(prefix) if isinstance(each, ObjectInfo) and counted(each.key)]
    # `sales/` and not `sales2/`: a prefix ends at a folder, or is one whole key.
    found = [key for key in found if key == prefix or key.startswith(prefix.rstrip("/") + "/")]
    if not found:
        raise SampleError(where, "there is no such file here, and nothing below it in the landing bucket")
    files = [_landed(landing, key) for key in sorted(found)]
    return Sample(files, _folder(prefix, found))


def counted(key: str) -> bool:
    """Whether a name is that of data: no hidden file, no marker."""
    name = key.rpartition("/")[2]
    return bool(name) and not name.startswith(".") and name != "_SUCCESS"


def _folder(prefix: str, keys: Sequence[str]) -> str:
    """The folder of a dataset: the prefix itself, or the first folder of a single key."""
    if prefix in keys:
        first, slash, _ = prefix.partition("/")
        return first + slash if slash else ""
    return prefix.rstrip("/") + "/"


def _landed(landing: ObjectStore, key: str) -> SourceFile:
    return SourceFile(key, lambda: landing.open(key))


def _local(path: Path, key: str) -> SourceFile:
    return SourceFile(key, lambda: path.open("rb"))


def _below(folder: Path) -> Iterator[Path]:
    for at, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(at, name) for name in sorted(names) if counted(name))
