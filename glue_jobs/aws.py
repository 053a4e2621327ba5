"""Clients of AWS inside a job, with the role of the job."""

from typing import Any

ATTEMPTS = 10
"""How often a service is asked, with growing pauses and jitter: of calls that fail at 30 %, six in a million are left."""


def connect(service: str, region: str | None = None) -> Any:
    """A new client of a service; without a region, that of the environment."""
    # Imported where it is used: most jobs need no client but that of Spark.
    import boto3
    from botocore.config import Config

    retries: Any = {"mode": "standard", "total_max_attempts": ATTEMPTS}
    return boto3.client(service, region_name=region, config=Config(retries=retries))  # pyright: ignore[reportUnknownMemberType, reportCallIssue, reportArgumentType] its stubs know S3 only
