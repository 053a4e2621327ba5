"""What the tests of the production instance run; no assets, so that nothing of a lake is needed."""

import time
from pathlib import Path

import dagster as dg


class Work(dg.Config):
    """What the step does.

    Attributes:
        say: printed by the step.
        wait_for: the step goes on as soon as this file exists.
        reached: written by the step before it waits.
        fail: the step fails.
    """

    say: str = "done"
    wait_for: str = ""
    reached: str = ""
    fail: bool = False


@dg.op
def work(context: dg.OpExecutionContext, config: Work) -> None:
    print(config.say)
    if config.reached:
        Path(config.reached).write_text(context.run_id)
    while config.wait_for and not Path(config.wait_for).exists():
        time.sleep(0.1)
    if config.fail:
        raise ValueError("as it was asked to")
    context.log.info("worked")


@dg.job(executor_def=dg.in_process_executor)
def small() -> None:
    work()


defs = dg.Definitions(jobs=[small])
