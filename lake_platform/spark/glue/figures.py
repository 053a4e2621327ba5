"""What a run cost, and where the console shows it."""

from lake_platform.spark.glue.runs import GlueRun

_LEAST_SECONDS = 60
"""Glue charges a minute at least."""


def run_figures(run: GlueRun, *, region: str, dpu_hour_usd: float) -> dict[str, object]:
    """The figures of the whole run, whatever number of partitions it worked on."""
    return {
        "run_id": run.id,
        "job": run.job,
        "state": run.state,
        "console": console_url(region, run),
        "execution_seconds": run.execution_seconds,
        "dpu_seconds": run.dpu_seconds,
        "cost_usd": cost_usd(run, dpu_hour_usd),
    }


def cost_usd(run: GlueRun, dpu_hour_usd: float) -> float:
    """By the list price that is set; a short run is charged for a minute of the DPUs it had."""
    if not run.execution_seconds:
        return 0.0
    charged = run.dpu_seconds * max(1.0, _LEAST_SECONDS / run.execution_seconds)
    return round(charged / 3600 * dpu_hour_usd, 6)


def console_url(region: str, run: GlueRun) -> str:
    """The page of a run in the AWS console."""
    home = f"https://{region}.console.aws.amazon.com/gluestudio/home?region={region}"
    return f"{home}#/job/{run.job}/run/{run.id}"
