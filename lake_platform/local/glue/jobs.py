"""The job calls of Glue's API, over jobs and runs that are kept in memory."""

import datetime as dt
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lake_platform.local.glue.faults import Faults
from lake_platform.local.glue.refusals import GlueError, already_exists, invalid, not_found
from lake_platform.local.glue.runs import Run
from lake_platform.local.glue.script import ScriptHost

Answer = dict[str, Any]

_TAKEN = frozenset({"NumberOfWorkers", "WorkerType", "MaxRetries", "Timeout"})
_DEFAULTS: Mapping[str, Any] = {
    "MaxRetries": 0,
    "Timeout": 480,
    "WorkerType": "G.1X",
    "NumberOfWorkers": 10,
    "ExecutionClass": "STANDARD",
    "DefaultArguments": {},
}


class JobBook:
    """Jobs and runs, newest run first.

    Args:
        work: a folder for the processes of runs.
        startup_seconds: how long a run is STARTING.
    """

    def __init__(self, host: ScriptHost, work: Path, *, faults: Faults, startup_seconds: float) -> None:
        self._host, self._work, self._faults, self._startup = host, work, faults, startup_seconds
        self._jobs: dict[str, dict[str, Any]] = {}
        self._tags: dict[str, dict[str, str]] = {}
        self._runs: list[Run] = []
        self._threads: list[threading.Thread] = []
        self._lock = threading.RLock()
        self.operations: dict[str, Callable[[dict[str, Any]], Answer]] = {
            "CreateJob": self._create_job,
            "UpdateJob": self._update_job,
            "GetJob": self._get_job,
            "GetJobs": self._get_jobs,
            "BatchGetJobs": self._batch_get_jobs,
            "ListJobs": self._list_jobs,
            "DeleteJob": self._delete_job,
            "StartJobRun": self._start_job_run,
            "GetJobRun": self._get_job_run,
            "GetJobRuns": self._get_job_runs,
            "BatchStopJobRun": self._batch_stop_job_run,
            "TagResource": self._tag_resource,
            "UntagResource": self._untag_resource,
            "GetTags": self._get_tags,
        }

    def runs(self) -> list[Run]:
        """All runs, newest first."""
        with self._lock:
            return list(self._runs)

    def close(self) -> None:
        """Ends every process and waits for its thread."""
        for run in self.runs():
            run.kill()
        for thread in self._threads:
            thread.join()

    def _create_job(self, request: dict[str, Any]) -> Answer:
        with self._lock:
            name = request["Name"]
            if name in self._jobs:
                raise already_exists(f"Job {name}")
            tags = request.pop("Tags", {})
            self._jobs[name] = self._job(name, request, created=_now())
            self._tags[_arn(name)] = dict(tags)
            return {"Name": name}

    def _update_job(self, request: dict[str, Any]) -> Answer:
        """Replaces the whole definition, as Glue does: what is not named falls back to its default."""
        with self._lock:
            name = request["JobName"]
            old = self._found(name)
            self._jobs[name] = self._job(name, request["JobUpdate"], created=old["CreatedOn"])
            return {"JobName": name}

    def _job(self, name: str, body: Mapping[str, Any], *, created: dt.datetime) -> dict[str, Any]:
        if body.get("WorkerType") and not body.get("NumberOfWorkers"):
            raise invalid("Number of workers must be set with the worker type")
        if body.get("JobRunQueuingEnabled") and body.get("MaxRetries"):
            raise invalid("Job run queuing needs MaxRetries 0")
        job = {**_DEFAULTS, "ExecutionProperty": {"MaxConcurrentRuns": 1}, **body}
        return {**job, "Name": name, "CreatedOn": created, "LastModifiedOn": _now()}

    def _get_job(self, request: dict[str, Any]) -> Answer:
        with self._lock:
            return {"Job": dict(self._found(request["JobName"]))}

    def _get_jobs(self, request: dict[str, Any]) -> Answer:
        with self._lock:
            names, following = _page(sorted(self._jobs), request)
            return {"Jobs": [dict(self._jobs[name]) for name in names], **following}

    def _list_jobs(self, request: dict[str, Any]) -> Answer:
        with self._lock:
            wanted = request.get("Tags", {})
            names = [n for n in sorted(self._jobs) if wanted.items() <= self._tags[_arn(n)].items()]
            page, following = _page(names, request)
            return {"JobNames": page, **following}

    def _batch_get_jobs(self, request: dict[str, Any]) -> Answer:
        with self._lock:
            names = request["JobNames"]
            return {
                "Jobs": [dict(self._jobs[name]) for name in names if name in self._jobs],
                "JobsNotFound": [name for name in names if name not in self._jobs],
            }

    def _delete_job(self, request: dict[str, Any]) -> Answer:
        """Deleting what is not there is no error in Glue."""
        with self._lock:
            self._jobs.pop(request["JobName"], None)
            self._tags.pop(_arn(request["JobName"]), None)
            return {"JobName": request["JobName"]}

    def _start_job_run(self, request: dict[str, Any]) -> Answer:
        with self._lock:
            job = self._found(request["JobName"])
            queued = request.get("JobRunQueuingEnabled", job.get("JobRunQueuingEnabled"))
            if not queued and not self._has_capacity(job):
                raise GlueError("ConcurrentRunsExceededException", f"Concurrent runs exceeded for {job['Name']}")
            overridden = {name: value for name, value in request.items() if name in _TAKEN}
            run = Run(
                job={**job, **overridden},
                arguments=dict(request.get("Arguments", {})),
                timeout_minutes=request.get("Timeout", job["Timeout"]),
                host=self._host,
                folder=self._work / f"run-{len(self._runs) + 1}",
                fault=self._faults.take("run"),
            )
            self._runs.insert(0, run)
            thread = threading.Thread(target=self._execute, args=(run,), daemon=True)
            self._threads.append(thread)
            thread.start()
            return {"JobRunId": run.id}

    def _execute(self, run: Run) -> None:
        """Runs it as soon as the job has capacity; until then it is WAITING."""
        while not self._admitted(run):
            run.stopped.wait(0.05)
        run.execute(self._startup)

    def _admitted(self, run: Run) -> bool:
        with self._lock:
            if not run.stopped.is_set() and not self._has_capacity(run.job):
                return False
            run.state = "STARTING"
            return True

    def _has_capacity(self, job: Mapping[str, Any]) -> bool:
        busy = [run for run in self._runs if run.job["Name"] == job["Name"] and run.live and run.state != "WAITING"]
        return len(busy) < job["ExecutionProperty"]["MaxConcurrentRuns"]

    def _get_job_run(self, request: dict[str, Any]) -> Answer:
        return {"JobRun": self._run(request["JobName"], request["RunId"]).described()}

    def _get_job_runs(self, request: dict[str, Any]) -> Answer:
        with self._lock:
            self._found(request["JobName"])
            runs = [run for run in self._runs if run.job["Name"] == request["JobName"]]
        page, following = _page(runs, request)
        return {"JobRuns": [run.described() for run in page], **following}

    def _batch_stop_job_run(self, request: dict[str, Any]) -> Answer:
        name = request["JobName"]
        done: list[dict[str, str]] = []
        errors: list[dict[str, Any]] = []
        for run_id in request["JobRunIds"]:
            try:
                run = self._run(name, run_id)
            except GlueError as error:
                errors.append(_stop_error(name, run_id, code=error.code, message=error.message))
                continue
            if run.live:
                run.stop()
                done.append({"JobName": name, "JobRunId": run_id})
            else:
                told = f"Job run {run_id} is in state {run.state}"
                errors.append(_stop_error(name, run_id, code="InvalidInputException", message=told))
        return {"SuccessfulSubmissions": done, "Errors": errors}

    def _tag_resource(self, request: dict[str, Any]) -> Answer:
        with self._lock:
            self._tags_of(request["ResourceArn"]).update(request["TagsToAdd"])
            return {}

    def _untag_resource(self, request: dict[str, Any]) -> Answer:
        with self._lock:
            for name in request["TagsToRemove"]:
                self._tags_of(request["ResourceArn"]).pop(name, None)
            return {}

    def _get_tags(self, request: dict[str, Any]) -> Answer:
        with self._lock:
            return {"Tags": dict(self._tags_of(request["ResourceArn"]))}

    def _tags_of(self, arn: str) -> dict[str, str]:
        found = self._tags.get(_arn(arn.rpartition("/")[2]))
        if found is None:
            raise not_found(arn)
        return found

    def _found(self, name: str) -> dict[str, Any]:
        if name not in self._jobs:
            raise not_found(f"Job {name}")
        return self._jobs[name]

    def _run(self, job: str, run_id: str) -> Run:
        with self._lock:
            for run in self._runs:
                if run.id == run_id and run.job["Name"] == job:
                    return run
        raise not_found(f"Job run {run_id} of {job}")


def _page(items: list[Any], request: Mapping[str, Any]) -> tuple[list[Any], dict[str, str]]:
    start = int(request.get("NextToken") or 0)
    end = start + request.get("MaxResults", 100)
    return items[start:end], {"NextToken": str(end)} if end < len(items) else {}


def _stop_error(job: str, run: str, *, code: str, message: str) -> dict[str, Any]:
    return {"JobName": job, "JobRunId": run, "ErrorDetail": {"ErrorCode": code, "ErrorMessage": message}}


def _arn(name: str) -> str:
    return f"job/{name}"


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
