"""The code of the Glue jobs as files with a content hash in their names; the same sources give the same bytes.

The archive holds `glue_jobs` with its transforms, the packages of transforms that are elsewhere, and the two Python
packages that Glue does not bring (`pydeequ`, `dagster_pipes`): so a job starts without a package index, in a subnet
without a way out too.
"""

import hashlib
import importlib.util
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from glue_jobs.protocol import JobName
from lake_platform.errors import TransformNotFoundError

JOBS: tuple[JobName, ...] = ("validate", "process")
BROUGHT = ("pydeequ", "dagster_pipes")
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The oldest time that a zip can say: files have no time of their own here."""

_SCRIPT = '''"""The Glue job `{job}`: everything is in the archive beside it."""

import sys

from glue_jobs.{job} import main

code = main(["--deployed-code", "{digest}", *sys.argv[1:]])
if code:
    # Glue takes any SystemExit for a failure, that of 0 too.
    sys.exit(code)
'''


@dataclass(frozen=True)
class JobPackage:
    """What is deployed: `files` by their names, each with the digest in it."""

    digest: str
    files: Mapping[str, bytes]

    @property
    def archive_name(self) -> str:
        return f"glue_jobs-{self.digest}.zip"

    def script_name(self, job: JobName) -> str:
        return f"{job}-{self.digest}.py"


def build_package(transforms: Mapping[str, str]) -> JobPackage:
    """The package of this code.

    Args:
        transforms: `module:function` by dataset; modules outside `glue_jobs` bring their whole top-level package.

    Raises:
        TransformNotFoundError: a module cannot be found.
    """
    sources = dict(_sources(["glue_jobs", *BROUGHT]))
    for dataset, run in sorted(transforms.items()):
        top = run.partition(":")[0].partition(".")[0]
        if importlib.util.find_spec(top) is None:
            raise TransformNotFoundError(dataset, run.partition(":")[0])
        sources |= dict(_sources([top]))
    digest = _digest(sources)
    package = JobPackage(digest, {})
    scripts = {package.script_name(job): _SCRIPT.format(job=job, digest=digest).encode() for job in JOBS}
    return JobPackage(digest, {package.archive_name: _archive(sources), **scripts})


def _sources(packages: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """Every Python file of these packages, and the marker files beside them, by its name in the archive."""
    for name in packages:
        spec = importlib.util.find_spec(name)
        if spec is None or not (spec.origin or spec.submodule_search_locations):
            raise TransformNotFoundError(name, name)
        if not spec.submodule_search_locations:
            yield f"{name}.py", Path(str(spec.origin)).read_bytes()
        for folder in map(Path, spec.submodule_search_locations or ()):
            for file in sorted(folder.rglob("*.py")):
                yield f"{name}/{file.relative_to(folder).as_posix()}", file.read_bytes()


def _digest(sources: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256(_SCRIPT.encode())
    for name in sorted(sources):
        digest.update(f"{len(name)}:{name}{len(sources[name])}:".encode() + sources[name])
    return digest.hexdigest()[:16]


def _archive(sources: Mapping[str, bytes]) -> bytes:
    """Stored, not deflated: what zlib makes of the same bytes differs between its versions."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(sources):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            archive.writestr(entry, sources[name])
    return buffer.getvalue()
