"""Runs of Glue jobs: found by the token of what they make, started once, waited for to their end."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lake_platform.errors import GlueBusyError, GlueNotFoundError, GlueUnreachableError
from lake_platform.spark.glue.client import Clock, GlueCalls, NoCapacity, Unknown

TOKEN_ARGUMENT = "--lake-token"
ATTEMPT_ARGUMENT = "--lake-attempt"

LIVE = frozenset({"STARTING", "RUNNING", "WAITING"})
STOPPING = "STOPPING"
ENDED = frozenset({"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR", "EXPIRED"})

_PAGE = 100
_MOST_PAGES = 10
_LOOKS_AFTER_SILENCE = 4
_BUSY_PAUSE = 15.0


@dataclass(frozen=True, kw_only=True)
class GlueRun:
    """One run as Glue tells it. Seconds and DPU-seconds are zero until it has ended."""

    job: str
    id: str
    state: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    message: str = ""
    log_group: str = ""
    security_configuration: str = ""
    execution_seconds: int = 0
    dpu_seconds: float = 0.0

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def token(self) -> str:
        return self.arguments.get(TOKEN_ARGUMENT, "")

    @property
    def attempt(self) -> str:
        return self.arguments.get(ATTEMPT_ARGUMENT, "")


class GlueRuns:
    """The runs of both jobs.

    Args:
        waiting: seconds that a run may wait for capacity.
        poll: seconds between two looks.
    """

    def __init__(self, calls: GlueCalls, *, clock: Clock, waiting: float, poll: float) -> None:
        self._calls, self._clock, self._waiting, self._poll = calls, clock, waiting, poll

    @property
    def region(self) -> str:
        return self._calls.region

    def definition(self, job: str) -> Mapping[str, Any] | None:
        """A job as it is deployed; None where it is not."""
        try:
            return self._calls.call("get_job", JobName=job)["Job"]
        except GlueNotFoundError:
            return None

    def get(self, job: str, run: str) -> GlueRun | None:
        """A run by its id; None where Glue does not know it (any more)."""
        try:
            return run_of(self._calls.call("get_job_run", JobName=job, RunId=run)["JobRun"])
        except GlueNotFoundError:
            return None

    def find(self, job: str, token: str, *, attempt: str | None = None) -> GlueRun | None:
        """The live run of a token; else, where `attempt` is given, the ended one of that very attempt.

        The newest thousand runs are looked at: Glue tells the newest first, and a live run is among them.
        """
        ended: GlueRun | None = None
        stopping: GlueRun | None = None
        following: dict[str, str] = {}
        for _ in range(_MOST_PAGES):
            page = self._calls.call("get_job_runs", JobName=job, MaxResults=_PAGE, **following)
            for run in map(run_of, page.get("JobRuns", [])):
                if run.token != token:
                    continue
                if run.state in LIVE:
                    return run
                if run.state == STOPPING:
                    stopping = stopping or run
                elif attempt is not None and run.attempt == attempt:
                    ended = ended or run
            if not page.get("NextToken"):
                break
            following = {"NextToken": page["NextToken"]}
        return ended or stopping

    def start(self, job: str, arguments: Mapping[str, str], *, timeout_minutes: int) -> GlueRun:
        """Starts a run. Where the answer is lost, it is looked for before it is asked for again.

        Raises:
            GlueBusyError: there was no capacity for longer than a run may wait.
        """
        attempt = uuid.uuid4().hex
        given = {**arguments, ATTEMPT_ARGUMENT: attempt}
        until = self._clock.now() + self._waiting
        while True:
            answer = self._calls.call_once("start_job_run", JobName=job, Arguments=given, Timeout=timeout_minutes)
            if isinstance(answer, dict):
                return GlueRun(job=job, id=answer["JobRunId"], state="STARTING", arguments=given)
            found = self._executed(job, given, attempt, answer)
            if found is not None:
                return found
            if self._clock.now() >= until:
                raise self._given_up(job, answer)
            self._clock.sleep(_BUSY_PAUSE if isinstance(answer, NoCapacity) else self._poll)

    def wait(self, run: GlueRun) -> GlueRun:
        """The run after its end. Glue ends it itself when it has run or waited for too long.

        Raises:
            GlueUnreachableError: Glue did not answer for longer than the platform is patient; the run goes on.
        """
        while not run.ended:
            self._clock.sleep(self._poll)
            seen = self.get(run.job, run.id)
            if seen is None:
                raise GlueUnreachableError("get_job_run", minutes=0, detail=f"Glue does not know the run {run.id}")
            run = seen
        return run

    def stop(self, run: GlueRun) -> None:
        """Asks Glue to stop a run; one that has ended stays as it is."""
        self._calls.call("batch_stop_job_run", JobName=run.job, JobRunIds=[run.id])

    def _executed(
        self, job: str, arguments: Mapping[str, str], attempt: str, answer: NoCapacity | Unknown
    ) -> GlueRun | None:
        """The run that a call without an answer did start, if it did. Glue may list it a moment later."""
        for look in range(_LOOKS_AFTER_SILENCE if isinstance(answer, Unknown) else 1):
            if look:
                self._clock.sleep(self._poll)
            found = self.find(job, arguments[TOKEN_ARGUMENT], attempt=attempt)
            if found is not None and found.state != STOPPING:
                return found
        return None

    def _given_up(self, job: str, answer: NoCapacity | Unknown) -> GlueBusyError | GlueUnreachableError:
        if isinstance(answer, NoCapacity):
            return GlueBusyError(job, minutes=self._waiting / 60, code=answer.code)
        return GlueUnreachableError("start_job_run", minutes=self._waiting / 60, detail=answer.detail)


def run_of(body: Mapping[str, Any]) -> GlueRun:
    """A `JobRun` of Glue's in our words. Runs without auto scaling tell no DPU-seconds: they use all they have."""
    seconds = int(body.get("ExecutionTime") or 0)
    told = body.get("DPUSeconds")
    return GlueRun(
        job=body["JobName"],
        id=body["Id"],
        state=body["JobRunState"],
        arguments=body.get("Arguments", {}),
        message=body.get("ErrorMessage", ""),
        log_group=body.get("LogGroupName", ""),
        security_configuration=body.get("SecurityConfiguration", ""),
        execution_seconds=seconds,
        dpu_seconds=float(told) if told is not None else float(body.get("MaxCapacity") or 0) * seconds,
    )
