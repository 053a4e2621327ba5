"""How a Spark job is run, whatever runs it: an existing report is the answer, else run and write one."""

from collections.abc import Callable
from typing import Protocol

from glue_jobs.errors import WireFormatError
from glue_jobs.protocol import JobReport, JobRequest
from lake_platform.errors import JobReportError


class JobStore(Protocol):
    """What this module needs of the lake's store."""

    def read(self, key: str) -> bytes: ...

    def put_if_absent(self, key: str, data: bytes) -> bool: ...

    def head(self, key: str) -> object | None: ...


class JobRunner(Protocol):
    """Something that runs a job: a Spark session here, or Glue."""

    def run(self, request: JobRequest) -> JobReport:
        """Runs the job and returns its report."""
        ...

    def figures(self, request: JobRequest) -> dict[str, object]:
        """What there is to tell of the run that made the report: its id, link, seconds, cost. May be empty."""
        ...


def run_job(lake_store: JobStore, request: JobRequest, execute: Callable[[JobRequest], JobReport]) -> JobReport:
    """The report of this job token; Spark runs only if there is none yet.

    Of two processes that run the same token, the first report counts for both: each names files of its own attempt.

    Raises:
        JobReportError: there is a report, and this version cannot read it.
    """
    folder = job_folder(request.dataset, request.token)
    key = f"{folder}/report.json"
    if lake_store.head(key) is None:
        lake_store.put_if_absent(f"{folder}/request.json", request.to_json().encode())
        report = execute(request)
        if lake_store.put_if_absent(key, report.to_json().encode()):
            return report
    try:
        return JobReport.from_json(lake_store.read(key).decode())
    except (WireFormatError, UnicodeDecodeError) as error:
        raise JobReportError(request.dataset, key, str(error)) from error


def job_folder(dataset: str, token: str) -> str:
    """Where request and report of a job are in the lake."""
    return f"jobs/{dataset}/{token}"
