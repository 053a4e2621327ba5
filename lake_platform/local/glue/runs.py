"""A run of a job: its states and times as Glue's, its script in a process of its own."""

import contextlib
import datetime as dt
import os
import secrets
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lake_platform.local.glue.faults import FaultKind
from lake_platform.local.glue.script import ScriptHost

LOG_GROUP = "/aws-glue/jobs"
MINUTE = 60.0
_LIVE = frozenset({"STARTING", "RUNNING", "WAITING", "STOPPING"})
_LOG_LINES = 2000
_DPU = {"G.025X": 0.25, "G.1X": 1.0, "G.2X": 2.0, "G.4X": 4.0, "G.8X": 8.0}
_NEVER_RUN: Mapping[str, tuple[str, str]] = {
    "run_error": ("ERROR", "Internal service error : Invocation error"),
    "run_expired": ("EXPIRED", "Job run expired before it could be started"),
}


@dataclass
class Run:
    """What Glue would tell of one run, and the process behind it. `lock` is held to change it."""

    job: Mapping[str, Any]
    arguments: dict[str, str]
    timeout_minutes: float
    host: ScriptHost
    folder: Path
    fault: FaultKind | None = None
    state: str = "WAITING"
    message: str = ""
    id: str = field(default_factory=lambda: f"jr_{secrets.token_hex(32)}")
    started: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    completed: dt.datetime | None = None
    execution: float = 0.0
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)
    stopped: threading.Event = field(default_factory=threading.Event, repr=False)

    @property
    def live(self) -> bool:
        return self.state in _LIVE

    def execute(self, startup_seconds: float) -> None:
        """Runs the script to its end; called in a thread of its own."""
        never = _NEVER_RUN.get(self.fault or "")
        if never is not None:
            self.end(*never)
            return
        if self.stopped.wait(startup_seconds):
            self.end("STOPPED")
            return
        begun = time.monotonic()
        try:
            self._start()
            code = self._wait(begun)
        except (ClientError, BotoCoreError, OSError) as error:
            self.end("FAILED", f"LAUNCH ERROR | File could not be read: {error}")
            return
        self.execution = time.monotonic() - begun
        self._ship_logs()
        self.end(*self._outcome(code))
        shutil.rmtree(self.folder, ignore_errors=True)

    def stop(self) -> None:
        """Asks the run to stop; it is STOPPING until its process is gone."""
        with self.lock:
            if self.live:
                self.state = "STOPPING"
                self.stopped.set()

    def kill(self) -> None:
        """Ends the process and all it has started."""
        self.stopped.set()
        if self.process is not None and self.process.poll() is None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                return

    def end(self, state: str, message: str = "") -> None:
        with self.lock:
            self.state, self.message = state, message
            self.completed = dt.datetime.now(dt.UTC)

    def described(self) -> dict[str, Any]:
        """The `JobRun` of Glue's API."""
        with self.lock:
            workers, kind = self.job["NumberOfWorkers"], self.job["WorkerType"]
            seconds = round(self.execution)
            body: dict[str, Any] = {
                "Id": self.id,
                "Attempt": 0,
                "JobName": self.job["Name"],
                "JobRunState": self.state,
                "StartedOn": self.started,
                "LastModifiedOn": self.completed or dt.datetime.now(dt.UTC),
                "Arguments": dict(self.arguments),
                "PredecessorRuns": [],
                "AllocatedCapacity": int(workers * _DPU[kind]),
                "MaxCapacity": workers * _DPU[kind],
                "ExecutionTime": seconds,
                "Timeout": int(self.timeout_minutes),
                "WorkerType": kind,
                "NumberOfWorkers": workers,
                "LogGroupName": LOG_GROUP,
                "GlueVersion": self.job.get("GlueVersion", ""),
            }
            if self._secured:
                body["SecurityConfiguration"] = self._secured
            if self.completed is not None:
                body["CompletedOn"] = self.completed
                body["DPUSeconds"] = workers * _DPU[kind] * seconds
            if self.message:
                body["ErrorMessage"] = self.message
            return body

    def _start(self) -> None:
        defaults = self.job.get("DefaultArguments", {})
        given = {
            **defaults,
            **self.arguments,
            **self.job.get("NonOverridableArguments", {}),
            "--JOB_NAME": str(self.job["Name"]),
            "--JOB_ID": f"j_{self.job['Name']}",
            "--JOB_RUN_ID": self.id,
        }
        process = self.host.start(self.folder, script=self.job["Command"]["ScriptLocation"], arguments=given)
        with self.lock:
            self.process = process
            self.state = "STOPPING" if self.stopped.is_set() else "RUNNING"

    def _wait(self, begun: float) -> int | None:
        """The exit code; None where the process was ended from outside."""
        assert self.process is not None
        until = begun + self.timeout_minutes * MINUTE
        while self.process.poll() is None:
            asked = self.stopped.is_set() or self.fault in ("run_stopped", "run_timeout")
            if asked or time.monotonic() > until:
                self.kill()
                self.process.wait()
                return None
            self.stopped.wait(0.05)
        return self.process.returncode

    def _outcome(self, code: int | None) -> tuple[str, str]:
        if code is None and (self.fault == "run_timeout" or (self.state != "STOPPING" and self.fault is None)):
            return "TIMEOUT", "Job run exceeded its timeout"
        if code is None:
            return "STOPPED", ""
        if self.fault == "run_failed_after":
            return "FAILED", "Error Category: UNCLASSIFIED_ERROR; the driver was lost"
        return ("SUCCEEDED", "") if code == 0 else ("FAILED", self._last_error(code))

    def _last_error(self, code: int) -> str:
        lines = [line for line in self._lines("error") if line.strip()]
        told = lines[-1] if lines else f"the script ended with {code}"
        return f"Error Category: UNCLASSIFIED_ERROR; {told}"

    def _lines(self, name: str) -> list[str]:
        path = self.folder / name
        return path.read_text(errors="replace").splitlines()[-_LOG_LINES:] if path.is_file() else []

    @property
    def _secured(self) -> str:
        return str(self.job.get("SecurityConfiguration", ""))

    @property
    def _log_group(self) -> str:
        """Glue's names: encrypted logs are in groups of the security configuration and the role."""
        role = str(self.job["Role"]).rpartition("/")[2]
        return f"{LOG_GROUP}/{self._secured}-role/{role}" if self._secured else LOG_GROUP

    def _ship_logs(self) -> None:
        """To CloudWatch, where Glue puts them; a run does not fail for its logs."""
        client = self.host.client("logs")
        try:
            for name in ("output", "error"):
                _ship(client, f"{self._log_group}/{name}", self.id, self._lines(name))
        except (ClientError, BotoCoreError):
            return
        finally:
            client.close()


def _ship(client: Any, group: str, stream: str, lines: list[str]) -> None:
    with contextlib.suppress(client.exceptions.ResourceAlreadyExistsException):
        client.create_log_group(logGroupName=group)
    client.create_log_stream(logGroupName=group, logStreamName=stream)
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": line or " "} for line in lines]
    if events:
        client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
