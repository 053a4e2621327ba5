"""The log of the step that a job is run in, where there is one."""

import dagster as dg
from dagster._core.errors import DagsterInvariantViolationError


def execution_context() -> dg.AssetExecutionContext | None:
    """That of the step this is called in; None outside of a run."""
    try:
        return dg.AssetExecutionContext.get()
    except DagsterInvariantViolationError:
        return None


def tell_step(line: str) -> None:
    """Writes a line into the step's log."""
    context = execution_context()
    if context is not None:
        context.log.info(line)


def warn_step(line: str) -> None:
    """Writes a warning into the step's log."""
    context = execution_context()
    if context is not None:
        context.log.warning(line)
