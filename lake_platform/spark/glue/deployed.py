"""Making a Glue job what its definition says."""

from lake_platform.errors import GlueNotFoundError, GlueRefusedError
from lake_platform.spark.glue.client import GlueCalls
from lake_platform.spark.glue.job import GlueJob, compare_jobs

TAGS = {"application": "lake_platform"}


def apply_job(glue: GlueCalls, job: GlueJob) -> None:
    """Creates the job, or updates it where it differs; UpdateJob replaces the whole definition."""
    try:
        found = glue.call("get_job", JobName=job.name)["Job"]
    except GlueNotFoundError:
        if _created(glue, job):
            return
        found = glue.call("get_job", JobName=job.name)["Job"]
    drift = compare_jobs(job, found)
    if drift.code or drift.tuned:
        glue.call("update_job", JobName=job.name, JobUpdate=dict(job.body))


def _created(glue: GlueCalls, job: GlueJob) -> bool:
    """False where another deployment was faster, or where an answer was lost."""
    try:
        glue.call("create_job", Name=job.name, Tags=TAGS, **job.body)
    except GlueRefusedError as error:
        if error.code not in ("AlreadyExistsException", "IdempotentParameterMismatchException"):
            raise
        return False
    return True
