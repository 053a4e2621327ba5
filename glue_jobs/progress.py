"""What a running job tells meanwhile, through Dagster Pipes where it was started with a session.

For watching only: the report in the lake is the truth, so nothing here can fail a job.
"""

import sys
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from pyspark.sql import SparkSession

from glue_jobs.aws import connect
from glue_jobs.protocol import JobReport, JobRequest

CONTEXT_ARGUMENT = "--dagster-pipes-context"
MESSAGES_ARGUMENT = "--dagster-pipes-messages"
STAGES_EVERY = 15.0
_MESSAGES_EVERY = 5.0

Tell = Callable[[str], None]


@contextmanager
def opened_pipes(argv: Sequence[str]) -> Generator[Tell]:
    """A function that tells one line; lines of a job that fails afterwards arrive as well."""
    with ExitStack() as stack:
        pipes: Any = _open(argv, stack)

        def tell(line: str) -> None:
            print(line, flush=True)
            if pipes is not None:
                pipes.log.info(line)

        yield tell


@contextmanager
def told_stages(spark: SparkSession, tell: Tell, *, every: float = STAGES_EVERY) -> Generator[None]:
    """Tells now and then how far the running stages are."""
    done = threading.Event()

    def watch() -> None:
        last = ""
        while not done.wait(every):
            line = _stages(spark)
            if line and line != last:
                tell(line)
            last = line

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def begun(request: JobRequest) -> str:
    files = sum(len(work.files) for work in request.partitions)
    return f"{request.job} {request.dataset}: {len(request.partitions)} partition(s), {files} file(s)"


def ended(report: JobReport) -> str:
    rows_in, rows_out = (sum(getattr(p, name) for p in report.partitions) for name in ("rows_in", "rows_out"))
    return f"{report.job} {report.dataset}: {rows_in} rows in, {rows_out} out, {report.seconds} s"


def _open(argv: Sequence[str], stack: ExitStack) -> Any:
    """The session, or None where there is none or it cannot be had."""
    given = [_value(argv, name) for name in (CONTEXT_ARGUMENT, MESSAGES_ARGUMENT)]
    if not all(given):
        return None
    try:
        return _session(str(given[0]), str(given[1]), stack)
    except Exception as error:
        print(f"no Dagster Pipes session: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        return None


def _session(context: str, messages: str, stack: ExitStack) -> Any:
    from dagster_pipes import (
        PipesMappingParamsLoader,
        PipesS3ContextLoader,
        PipesS3MessageWriter,
        open_dagster_pipes,
    )

    client = connect("s3")
    stack.callback(client.close)
    return stack.enter_context(
        open_dagster_pipes(
            context_loader=PipesS3ContextLoader(client=client),
            message_writer=PipesS3MessageWriter(client=client, interval=_MESSAGES_EVERY),
            params_loader=PipesMappingParamsLoader(
                {"DAGSTER_PIPES_CONTEXT": context, "DAGSTER_PIPES_MESSAGES": messages}
            ),
        )
    )


def _value(argv: Sequence[str], name: str) -> str | None:
    for at, argument in enumerate(argv):
        if argument == name and at + 1 < len(argv):
            return argv[at + 1]
        if argument.startswith(f"{name}="):
            return argument[len(name) + 1 :]
    return None


def _stages(spark: SparkSession) -> str:
    tracker = spark.sparkContext.statusTracker()
    infos = [info for stage in tracker.getActiveStageIds() if (info := tracker.getStageInfo(stage)) is not None]
    return ", ".join(f"stage {i.stageId}: {i.numCompletedTasks} of {i.numTasks} tasks" for i in infos)
