"""What is chosen for the Glue jobs: names, sizes, limits and the price by which cost is told."""

from collections.abc import Mapping
from dataclasses import dataclass

from glue_jobs.references import is_reference
from lake_platform.errors import SettingsError

GLUE_VERSION = "5.1"
"""Spark 3.5.6, Python 3.11; its `s3://` is Hadoop's S3A."""


@dataclass(frozen=True, kw_only=True)
class GlueSettings:
    """Of both jobs.

    Attributes:
        code_bucket: LAKE_CODE_BUCKET, where the deployed code is.
        job_prefix: LAKE_GLUE_JOB_PREFIX; the jobs are `<prefix>validate` and `<prefix>process`.
        role: LAKE_GLUE_ROLE, the ARN of the role that the jobs run with; needed to deploy only.
        pii_key_from: LAKE_PII_KEY_FROM, where the key of `pii: hash` is: an ARN of Secrets Manager, or `ssm:NAME`.
        workers: LAKE_GLUE_WORKERS, the most workers of a run; Glue takes fewer where they suffice.
        worker_type: LAKE_GLUE_WORKER_TYPE.
        timeout_minutes: LAKE_GLUE_TIMEOUT_MINUTES, after which Glue ends a run.
        concurrent_runs: LAKE_GLUE_CONCURRENT_RUNS, of each job; what is more waits.
        security_configuration: LAKE_GLUE_SECURITY_CONFIGURATION, Glue's name for how logs and bookmarks are encrypted.
        python_modules: LAKE_GLUE_PYTHON_MODULES, what transforms need besides: `name==version`, separated by commas.
        waiting_minutes: how long a run may wait for capacity before it is given up.
        patience_minutes: how long Glue may be out of reach before a step gives up; its run goes on.
        poll_seconds: between two looks at a run.
        dpu_hour_usd: the price of a DPU-hour, by region; for the cost that is told.
    """

    code_bucket: str
    job_prefix: str = "lake-platform-"
    role: str = ""
    pii_key_from: str = ""
    workers: int = 5
    worker_type: str = "G.1X"
    timeout_minutes: int = 120
    concurrent_runs: int = 20
    security_configuration: str = ""
    python_modules: str = ""
    waiting_minutes: int = 60
    patience_minutes: int = 15
    poll_seconds: float = 5.0
    dpu_hour_usd: float = 0.44

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "GlueSettings":
        """What the environment says.

        Raises:
            SettingsError: a variable is missing or cannot be used; the message names it.
        """
        reference = environ.get("LAKE_PII_KEY_FROM", "")
        if reference and not is_reference(reference):
            # Its value is not repeated: it may be the key itself.
            raise SettingsError(
                "LAKE_PII_KEY_FROM is no reference: set it to the ARN of a secret of Secrets Manager, or to ssm:NAME"
            )
        if not environ.get("LAKE_CODE_BUCKET"):
            raise SettingsError("LAKE_CODE_BUCKET is not set: the Glue jobs need the name of the bucket of their code")
        return cls(
            code_bucket=environ["LAKE_CODE_BUCKET"],
            job_prefix=environ.get("LAKE_GLUE_JOB_PREFIX") or cls.job_prefix,
            role=environ.get("LAKE_GLUE_ROLE", ""),
            pii_key_from=reference,
            workers=_whole(environ, "LAKE_GLUE_WORKERS", cls.workers, least=2),
            worker_type=environ.get("LAKE_GLUE_WORKER_TYPE") or cls.worker_type,
            timeout_minutes=_whole(environ, "LAKE_GLUE_TIMEOUT_MINUTES", cls.timeout_minutes),
            concurrent_runs=_whole(environ, "LAKE_GLUE_CONCURRENT_RUNS", cls.concurrent_runs),
            security_configuration=environ.get("LAKE_GLUE_SECURITY_CONFIGURATION", ""),
            python_modules=environ.get("LAKE_GLUE_PYTHON_MODULES", ""),
        )

    def job_name(self, job: str) -> str:
        return f"{self.job_prefix}{job}"


def _whole(environ: Mapping[str, str], name: str, default: int, *, least: int = 1) -> int:
    text = environ.get(name) or str(default)
    if not text.isdecimal() or int(text) < least:
        raise SettingsError(f"{name} is {text!r}: set it to a whole number, {least} or more")
    return int(text)
