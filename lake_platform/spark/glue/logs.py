"""The end of a run's log in CloudWatch, for the message of a failure."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lake_platform.spark.glue.client import Connect
from lake_platform.spark.glue.runs import GlueRun

LINES = 40
CHARACTERS = 4000
_DEFAULT_GROUP = "/aws-glue/jobs"


def log_tail(connect: Connect, run: GlueRun, *, role: str = "") -> str:
    """The last lines of stderr, else of stdout; where they cannot be had, why not. One call for each, no waiting.

    Args:
        role: ARN of the jobs' role, which is in the names of encrypted groups.
    """
    group = log_group(run, role)
    told = ""
    client: Any = connect("logs")
    try:
        for stream in ("error", "output"):
            try:
                lines = _lines(client, f"{group}/{stream}", run.id)
            except (ClientError, BotoCoreError) as error:
                told = told or f"(no log: {error})"
                continue
            if lines:
                return "\n".join(lines[-LINES:])[-CHARACTERS:]
    finally:
        client.close()
    return told or "(the log is empty)"


def log_group(run: GlueRun, role: str) -> str:
    """Below it are the groups of a run: with a security configuration they are of that and the role alone."""
    if run.security_configuration and role:
        return f"{_DEFAULT_GROUP}/{run.security_configuration}-role/{role.rpartition('/')[2]}"
    return run.log_group or _DEFAULT_GROUP


def _lines(client: Any, group: str, stream: str) -> list[str]:
    found = client.get_log_events(logGroupName=group, logStreamName=stream, limit=LINES, startFromHead=False)
    return [str(event["message"]).rstrip() for event in found.get("events", [])]
