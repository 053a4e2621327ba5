"""How a sample file lands: whole, and only once."""

import os
from pathlib import Path


def drop_file(path: Path, content: bytes) -> bool:
    """Writes `content` under another name and renames it, so that no reader sees half a file.

    Returns:
        False where a file of that name is there already: it is left as it is.
    """
    if path.exists():
        return False
    _land(path, content)
    return True


def rewrite_file(path: Path, content: bytes) -> bool:
    """Replaces a file as a whole.

    Returns:
        False where the file holds this content already.
    """
    if path.exists() and path.read_bytes() == content:
        return False
    _land(path, content)
    return True


def _land(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.parent / f".{path.name}.{os.getpid()}"
    half.write_bytes(content)
    half.replace(path)
