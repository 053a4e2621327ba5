"""The definitions of the two Glue jobs: the one place where their arguments are made.

`docs/glue.md` has them as a table, which a test compares with `default_arguments`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from glue_jobs.protocol import JobName
from lake_platform.spark.glue.package import JOBS, JobPackage
from lake_platform.spark.glue.settings import GLUE_VERSION, GlueSettings
from lake_platform.spark.jars import COMMITTER_JAR, JARS

_FACTORY = "org.apache.hadoop.fs.s3a.commit.S3ACommitterFactory"
CONFS = {
    # What a task writes becomes visible by completing uploads, when the job commits: S3 has no rename.
    "spark.hadoop.fs.s3a.committer.name": "magic",
    "spark.hadoop.mapreduce.outputcommitter.factory.scheme.s3": _FACTORY,
    "spark.hadoop.mapreduce.outputcommitter.factory.scheme.s3a": _FACTORY,
    "spark.sql.sources.commitProtocolClass": "org.apache.spark.internal.io.cloud.PathOutputCommitProtocol",
    "spark.sql.parquet.output.committer.class": "org.apache.spark.internal.io.cloud.BindingParquetOutputCommitter",
    "spark.sql.session.timeZone": "UTC",
}
_TUNABLE = frozenset(
    {"Description", "ExecutionProperty", "JobRunQueuingEnabled", "NumberOfWorkers", "Role", "Timeout", "WorkerType"}
)


@dataclass(frozen=True)
class GlueJob:
    """One job as it should be deployed; `body` is what CreateJob takes besides the name."""

    name: str
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Drift:
    """How a deployed job differs from what this code would deploy.

    Attributes:
        code: what decides which code runs and how; a run of it would not be what is meant.
        tuned: sizes, limits and the role, which somebody may have changed on purpose.
    """

    code: tuple[str, ...]
    tuned: tuple[str, ...]


def define_jobs(package: JobPackage, settings: GlueSettings) -> dict[JobName, GlueJob]:
    """Both jobs, by their place in the platform."""
    return {job: GlueJob(settings.job_name(job), _body(job, package, settings)) for job in JOBS}


def default_arguments(package: JobPackage, settings: GlueSettings) -> dict[str, str]:
    """The arguments that every run of a job gets from Glue."""
    bucket = settings.code_bucket
    arguments = {
        "--job-language": "python",
        "--job-bookmark-option": "job-bookmark-disable",
        "--extra-py-files": f"s3://{bucket}/{code_key(package.digest, package.archive_name)}",
        "--extra-jars": ",".join(f"s3://{bucket}/{jar_key(jar.file)}" for jar in (*JARS, COMMITTER_JAR)),
        "--conf": " --conf ".join(f"{name}={value}" for name, value in CONFS.items()),
        "--enable-auto-scaling": "true",
        "--enable-metrics": "true",
        "--enable-observability-metrics": "true",
        "--enable-continuous-cloudwatch-log": "true",
    }
    if settings.python_modules:
        arguments["--additional-python-modules"] = settings.python_modules
    return arguments


def code_key(digest: str, name: str) -> str:
    """Where a file of the package is in the code bucket."""
    return f"glue/code/{digest}/{name}"


def jar_key(file: str) -> str:
    """Where a jar is in the code bucket."""
    return f"glue/jars/{file}"


def compare_jobs(wanted: GlueJob, found: Mapping[str, Any]) -> Drift:
    """What differs between a definition and the `Job` that Glue has; what Glue adds of its own is not looked at."""
    code: list[str] = []
    tuned: list[str] = []
    for name, value in wanted.body.items():
        if name == "DefaultArguments":
            code += _different(name, value, found.get(name, {}))
        elif isinstance(value, dict):
            told = _different(name, value, {key: found.get(name, {}).get(key) for key in value})
            (tuned if name in _TUNABLE else code).extend(told)
        elif found.get(name) != value and not (name == "Role" and not value):
            (tuned if name in _TUNABLE else code).append(f"{name} is {found.get(name)!r}, not {value!r}")
    return Drift(tuple(code), tuple(tuned))


def _different(name: str, wanted: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    return [
        f"{name} {key} is {found.get(key)!r}, not {wanted.get(key)!r}"
        for key in sorted({*wanted, *found})
        if wanted.get(key) != found.get(key)
    ]


def _body(job: JobName, package: JobPackage, settings: GlueSettings) -> dict[str, Any]:
    script = code_key(package.digest, package.script_name(job))
    # UpdateJob replaces the whole definition: what it does not name is taken from the job.
    secured = {"SecurityConfiguration": settings.security_configuration} if settings.security_configuration else {}
    return {
        "Description": f"lake_platform: {job}",
        "Role": settings.role,
        "Command": {
            "Name": "glueetl",
            "ScriptLocation": f"s3://{settings.code_bucket}/{script}",
            "PythonVersion": "3",
        },
        "GlueVersion": GLUE_VERSION,
        "WorkerType": settings.worker_type,
        "NumberOfWorkers": settings.workers,
        "Timeout": settings.timeout_minutes,
        # A second try is the orchestrator's to make: it looks first whether there is a report.
        "MaxRetries": 0,
        "ExecutionProperty": {"MaxConcurrentRuns": settings.concurrent_runs},
        "JobRunQueuingEnabled": True,
        "DefaultArguments": default_arguments(package, settings),
        **secured,
    }
