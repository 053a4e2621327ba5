"""What policies tell apart: the prefixes of the lake bucket, and the logs of its jobs."""

from collections.abc import Sequence

from lake_infra.names import Names

DOCUMENTS = ("alerts", "attempts", "jobs", "manifests", "refusals", "reports", "versions")
"""What the orchestrator writes and reads: what is current, what was asked and answered, what was tried."""
ROWS = ("processed", "quarantine", "validated")
"""What the jobs write."""
COPIES = ("raw",)
"""Landed files, as they came."""
PAGES = ("notebooks",)
"""What runs of notebooks leave."""


def keys(names: Names, prefixes: Sequence[str]) -> list[str]:
    """The ARNs of all keys below prefixes of the lake bucket."""
    return [names.bucket_arn("lake", f"{prefix}/*") for prefix in prefixes]


def job_logs(names: Names) -> str:
    """The log groups of the jobs and all in them: Glue puts security configuration and role, of one name, into theirs."""
    return names.arn("logs", f"log-group:/aws-glue/jobs/{names.named('jobs')}-role/*")
