"""Spark jobs as runs of AWS Glue: found or started, waited for, judged by the report in the lake.

What makes it durable is outside of this process: the token in a run's arguments, the record of its id in the lake, and
the report. A process that is killed loses nothing: the next one attaches to the run.
"""

import uuid
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from glue_jobs.errors import WireFormatError
from glue_jobs.protocol import JobFailure, JobName, JobReport, JobRequest, failure_url
from lake_platform.errors import (
    GlueJobDriftError,
    GlueJobMissingError,
    GlueNotFoundError,
    GlueRunError,
    GlueRunStoppedError,
    GlueRunTimeoutError,
    JobReportError,
    LakeError,
    SparkJobRefusedError,
)
from lake_platform.spark.glue.client import Clock, Connect, GlueCalls, SystemClock
from lake_platform.spark.glue.figures import console_url, run_figures
from lake_platform.spark.glue.job import GlueJob, compare_jobs
from lake_platform.spark.glue.logs import log_tail
from lake_platform.spark.glue.records import RunRecord, RunRecords
from lake_platform.spark.glue.runs import STOPPING, TOKEN_ARGUMENT, GlueRun, GlueRuns
from lake_platform.spark.glue.settings import GlueSettings
from lake_platform.spark.runner import JobStore, job_folder
from lake_platform.spark.step_context import tell_step, warn_step

_SHORT_PATIENCE = 30.0
"""For what nobody waits for: the figures of a run, and stopping one on the way out."""


@dataclass(frozen=True, kw_only=True)
class GlueResource:
    """The resource `spark` of the AWS backend.

    Attributes:
        store: the lake bucket.
        bucket: its name.
        connect: makes the clients of `glue`, `logs` and `s3`.
        jobs: what should be deployed; made at first use, since it reads all sources.
    """

    store: JobStore
    bucket: str
    connect: Connect
    jobs: Callable[[], Mapping[JobName, GlueJob]]
    settings: GlueSettings
    clock: Clock = field(default_factory=SystemClock)

    def run(self, request: JobRequest) -> JobReport:
        """Attaches to the live run of this token, or starts one, and returns its report.

        Raises:
            SparkJobRefusedError: the job fails again with the same request.
            GlueRunError: the run failed for a reason that may pass; with the end of its log.
            GlueRunStoppedError: somebody stopped it.
            GlueRunTimeoutError: it ran for too long.
            GlueJobDriftError, GlueJobMissingError: another code is deployed, or none.
        """
        with self._runs() as runs:
            records = RunRecords(self.store, request.dataset, request.token)
            record = records.latest()
            job = self.settings.job_name(request.job)
            live = self._live(runs, job, record, token=request.token)
            report = None if live else self._report(request)
            if report is not None:
                return report
            attempt = uuid.uuid4().hex[:12]
            with self._pipes(request, attempt, live) as pipes:
                run = live or self._start(runs, request, attempt=attempt, pipes=pipes)
                run = self._recorded(runs, records, record, run)
                tell_step(f"Glue run {run.id} of {job}: {console_url(runs.region, run)}")
                ended = self._waited(runs, run)
            return self._settled(request, ended, region=runs.region)

    def figures(self, request: JobRequest) -> dict[str, object]:
        """What Glue tells of the last run of this token: run id, console, seconds, DPU-seconds, cost.

        Empty where there was no run, or where Glue does not answer: these figures are for people.
        """
        record = RunRecords(self.store, request.dataset, request.token).latest()
        if record is None:
            return {}
        with self._runs(patience=_SHORT_PATIENCE) as runs:
            try:
                run = runs.get(record.job, record.run)
            except LakeError:
                run = None
            if run is None:
                return {"run_id": record.run}
            return run_figures(run, region=runs.region, dpu_hour_usd=self.settings.dpu_hour_usd)

    @contextmanager
    def _runs(self, *, patience: float | None = None) -> Generator[GlueRuns]:
        seconds = self.settings.patience_minutes * 60 if patience is None else patience
        calls = GlueCalls(self.connect, "glue", patience=seconds, clock=self.clock)
        waiting, poll = self.settings.waiting_minutes * 60, self.settings.poll_seconds
        try:
            yield GlueRuns(calls, clock=self.clock, waiting=waiting, poll=poll)
        finally:
            calls.close()

    @contextmanager
    def _pipes(self, request: JobRequest, attempt: str, live: GlueRun | None) -> Generator[Mapping[str, str]]:
        """The arguments of a Pipes session that lasts as long as the block."""
        # dagster-aws takes a second to import, and definitions are loaded more often than jobs are run.
        from lake_platform.spark.glue.pipes import pipes_arguments

        folder = f"{job_folder(request.dataset, request.token)}/attempts/{attempt}"
        client = self.connect("s3")
        try:
            with pipes_arguments(bucket=self.bucket, client=client, folder=folder, attached=live) as arguments:
                yield arguments
        finally:
            client.close()

    def _live(self, runs: GlueRuns, job: str, record: RunRecord | None, *, token: str) -> GlueRun | None:
        """The run to attach to: the recorded one, else what was started and not written down."""
        recorded = runs.get(record.job, record.run) if record else None
        found = recorded if recorded is not None and not recorded.ended else self._found(runs, job, token)
        if found is not None and found.state == STOPPING:
            # Its end is waited for: two runs of one token would do the same work twice.
            runs.wait(found)
            return self._found(runs, job, token)
        return found

    def _found(self, runs: GlueRuns, job: str, token: str) -> GlueRun | None:
        try:
            return runs.find(job, token)
        except GlueNotFoundError as error:
            raise GlueJobMissingError(job) from error

    def _start(self, runs: GlueRuns, request: JobRequest, *, attempt: str, pipes: Mapping[str, str]) -> GlueRun:
        wanted = self.jobs()[request.job]
        self._require_deployed(runs, wanted)
        folder = job_folder(request.dataset, request.token)
        # A request of its own: the folder for its files is this attempt's alone.
        key = f"{folder}/request-{attempt}.json"
        self.store.put_if_absent(key, request.to_json().encode())
        arguments = {
            TOKEN_ARGUMENT: request.token,
            "--request": f"s3://{self.bucket}/{key}",
            "--lake-code": str(wanted.body["Command"]["ScriptLocation"]).rpartition("-")[2].removesuffix(".py"),
            **pipes,
        }
        if self.settings.pii_key_from and any(column.pii for column in (*request.columns, *request.produces)):
            arguments["--pii-key-from"] = self.settings.pii_key_from
        return runs.start(wanted.name, arguments, timeout_minutes=self.settings.timeout_minutes)

    def _require_deployed(self, runs: GlueRuns, wanted: GlueJob) -> None:
        """Drift is told: that of the code stops the run, that of sizes and limits is a warning."""
        found = runs.definition(wanted.name)
        if found is None:
            raise GlueJobMissingError(wanted.name)
        drift = compare_jobs(wanted, found)
        if drift.code:
            raise GlueJobDriftError(wanted.name, drift.code)
        if drift.tuned:
            warn_step(f"The Glue job {wanted.name} was changed since it was deployed: {'; '.join(drift.tuned)}")

    def _recorded(self, runs: GlueRuns, records: RunRecords, last: RunRecord | None, run: GlueRun) -> GlueRun:
        """Writes the run down, before the first look at it. Where another process was first, its run is the one."""
        if last is not None and last.run == run.id:
            return run
        kept = records.add(last.number if last else 0, job=run.job, run=run.id)
        if kept.run == run.id:
            return run
        other = runs.get(kept.job, kept.run)
        if other is None or (other.ended and other.state != "SUCCEEDED"):
            return self._recorded(runs, records, kept, run)
        runs.stop(run)
        return other

    def _waited(self, runs: GlueRuns, run: GlueRun) -> GlueRun:
        try:
            return runs.wait(run)
        except LakeError:
            raise
        except BaseException as error:
            # Cancelled: Dagster's interrupt and Ctrl-C are no Exceptions. After a crash, the run goes on.
            if not isinstance(error, Exception):
                with self._runs(patience=_SHORT_PATIENCE) as impatient:
                    impatient.stop(run)
            raise

    def _settled(self, request: JobRequest, run: GlueRun, *, region: str) -> JobReport:
        """The report, whatever state the run is in: it is written last, so what it names is complete."""
        report = self._report(request)
        if report is not None:
            if run.state != "SUCCEEDED":
                warn_step(f"Glue run {run.id} ended as {run.state} after its report was written: {run.message}")
            return report
        detail = (
            f"{console_url(region, run)} Its log ends with:\n{log_tail(self.connect, run, role=self.settings.role)}"
        )
        failure = self._failure(request, run)
        if failure is not None and failure.refused:
            raise SparkJobRefusedError(request.dataset, request.token, f"{failure.error}: {failure.message} {detail}")
        told = f"{failure.error}: {failure.message}" if failure else run.message or _told(run.state)
        if run.state == "STOPPED":
            raise GlueRunStoppedError(request.dataset, run.id, detail=detail)
        if run.state == "TIMEOUT":
            raise GlueRunTimeoutError(request.dataset, run.id, minutes=self.settings.timeout_minutes, detail=detail)
        raise GlueRunError(request.dataset, run.id, state=run.state, detail=f"{told} {detail}")

    def _report(self, request: JobRequest) -> JobReport | None:
        key = f"{job_folder(request.dataset, request.token)}/report.json"
        if self.store.head(key) is None:
            return None
        try:
            return JobReport.from_json(self.store.read(key).decode())
        except (WireFormatError, UnicodeDecodeError) as error:
            raise JobReportError(request.dataset, key, str(error)) from error

    def _failure(self, request: JobRequest, run: GlueRun) -> JobFailure | None:
        """What the job left of its error; a job that was killed left nothing."""
        key = failure_url(run.arguments.get("--request", "")).removeprefix(f"s3://{self.bucket}/")
        if not key or self.store.head(key) is None:
            return None
        try:
            return JobFailure.from_json(self.store.read(key).decode())
        except (WireFormatError, UnicodeDecodeError) as error:
            raise JobReportError(request.dataset, key, str(error)) from error


def _told(state: str) -> str:
    return {
        "SUCCEEDED": "It wrote no report: look whether the lake bucket is the one that the request names.",
        "EXPIRED": "It waited for capacity for too long.",
        "ERROR": "Glue itself failed.",
    }.get(state, "Glue gave no reason.")
