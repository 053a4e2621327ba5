"""The jars that Spark needs besides, by their digests: from the cache, else by Maven, else by the Ivy inside pyspark.

They are fetched without what their POMs name: Deequ's two alone run on Spark 3.5, and the POM of deequ 2.1.0 names a
dqdl that was never published, so that `spark.jars.packages` fails.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lake_platform.errors import JarDigestError, JarFetchError
from lake_platform.spark.java import find_java_home

_MAVEN_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"
_TIMEOUT = 300


@dataclass(frozen=True)
class Jar:
    """One artifact of Maven Central and the digest that it must have."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def file(self) -> str:
        return f"{self.artifact}-{self.version}.jar"


JARS = (
    Jar(
        "com.amazon.deequ",
        "deequ",
        "2.1.0-spark-3.5",
        "ab902814dec56dc39ff16d1c5c80e7101a5dff8c1aa380fdafce522da1cd1546",
    ),
    Jar("software.amazon.glue", "dqdl", "1.0.0", "8382887bd34e23a426e3824520e69ba59e9666f567a4f7bad2a6b40348cdaa6e"),
)

COMMITTER_JAR = Jar(
    "org.apache.spark",
    "spark-hadoop-cloud_2.12",
    "3.5.4",
    "53e41be433b851a36e328cfe5bcdd25ecc65f25916d5ffb5eacd0c0313b1f21b",
)
"""Binds Spark's Parquet writer to the committers of S3A. Only Glue jobs need it, and the endpoint that plays Glue."""

Fetch = Callable[[Jar, Path], str | None]
"""Puts the jar into a folder; returns why it could not."""


def default_cache(environ: Mapping[str, str]) -> Path:
    """LAKE_JARS, else lake_platform/jars below XDG_CACHE_HOME, else below ~/.cache."""
    if environ.get("LAKE_JARS"):
        return Path(environ["LAKE_JARS"])
    base = environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME") or Path.home()) / ".cache"
    return Path(base) / "lake_platform" / "jars"


def ensure_jars(
    cache: Path, environ: Mapping[str, str], *, jars: Sequence[Jar] = JARS, fetches: Sequence[Fetch] | None = None
) -> list[Path]:
    """The paths of the jars, fetched where they are not in the cache. One process fetches, the others wait.

    Raises:
        JarDigestError: a file in the cache, or one that was fetched, is not the one that is pinned.
        JarFetchError: a jar could not be fetched.
    """
    paths = [cache / jar.file for jar in jars]
    if not all(path.is_file() for path in paths):
        cache.mkdir(parents=True, exist_ok=True)
        with _locked(cache / ".lock"):
            for jar in jars:
                if not (cache / jar.file).is_file():
                    _fetch(jar, cache, fetches or [maven(environ), ivy(environ)])
    for jar, path in zip(jars, paths, strict=True):
        _require_digest(jar, path)
    return paths


def maven(environ: Mapping[str, str]) -> Fetch:
    """By `mvn`, which knows the user's mirrors and credentials."""

    def fetch(jar: Jar, folder: Path) -> str | None:
        program = shutil.which("mvn", path=environ.get("PATH"))
        if program is None:
            return "mvn: not installed"
        artifact = f"-Dartifact={jar.group}:{jar.artifact}:{jar.version}"
        return _run([program, "-B", "-q", _MAVEN_PLUGIN, artifact, f"-DoutputDirectory={folder}"], environ, folder)

    return fetch


def ivy(environ: Mapping[str, str]) -> Fetch:
    """By the Ivy that pyspark brings."""

    def fetch(jar: Jar, folder: Path) -> str | None:
        spec = importlib.util.find_spec("pyspark")
        found = sorted((Path(str(spec.origin)).parent / "jars").glob("ivy-*.jar")) if spec else []
        if not found:
            return "ivy: pyspark is not installed"
        java = str(find_java_home(environ) / "bin/java")
        wanted = ["-dependency", jar.group, jar.artifact, jar.version]
        options = ["-cache", str(folder / "ivy"), "-confs", "default", "-types", "jar", "-notransitive"]
        pattern = str(folder / "[artifact]-[revision].[ext]")
        return _run(
            [java, "-cp", str(found[0]), "org.apache.ivy.Main", *options, *wanted, "-retrieve", pattern],
            environ,
            folder,
        )

    return fetch


def _fetch(jar: Jar, cache: Path, fetches: Sequence[Fetch]) -> None:
    told: list[str] = []
    for fetch in fetches:
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            fault = fetch(jar, Path(folder))
            fetched = Path(folder) / jar.file
            if fault is None and fetched.is_file():
                _require_digest(jar, fetched)
                fetched.rename(cache / jar.file)
                return
            told.append(fault or f"{jar.file} was not among the files")
    raise JarFetchError(jar.file, cache, told)


def _require_digest(jar: Jar, path: Path) -> None:
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != jar.sha256:
        raise JarDigestError(path, wanted=jar.sha256, found=found)


def _run(command: Sequence[str], environ: Mapping[str, str], folder: Path) -> str | None:
    try:
        done = subprocess.run(
            command, cwd=folder, env=dict(environ), capture_output=True, text=True, check=False, timeout=_TIMEOUT
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{Path(command[0]).name}: {error}"
    output = (done.stdout + done.stderr).strip()
    return None if done.returncode == 0 else f"{Path(command[0]).name}: {output[-800:]}"


@contextmanager
def _locked(path: Path) -> Generator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
