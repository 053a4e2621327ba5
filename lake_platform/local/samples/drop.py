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
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.parent / f".{path.name}.{os.getpid()}"
    half.write_bytes(content)
    half.replace(path)
    return True
