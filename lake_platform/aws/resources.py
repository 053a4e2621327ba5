"""The resources of the AWS backend. The one place that knows dagster-aws's client of S3."""

import os
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from lake_platform.aws.calls import AwsCalls, connect
from lake_platform.aws.glue_catalog import GlueCatalog
from lake_platform.aws.glue_crawlers import GlueCrawlers
from lake_platform.aws.queue import SqsQueue
from lake_platform.aws.redshift import build_aws_redshift
from lake_platform.aws.settings import AwsSettings
from lake_platform.aws.sns import SnsSender, connect_sns
from lake_platform.errors import SettingsError
from lake_platform.lake.hints import ArrivalHints
from lake_platform.lake.lake import Lake
from lake_platform.lake.stores.s3 import S3Store
from lake_platform.notebooks.run import NotebookRunner
from lake_platform.settings import Settings, aws_region
from lake_platform.spark.glue.connect import ATTEMPTS
from lake_platform.spark.glue.connect import connect as connect_glue
from lake_platform.spark.glue.job import define_jobs
from lake_platform.spark.glue.package import build_package
from lake_platform.spark.glue.resource import GlueResource
from lake_platform.spark.glue.settings import GlueSettings

SETTLE_SECONDS = 0.0
"""An object of S3 is there as a whole or not at all."""

Transforms = Callable[[], Mapping[str, str]]
"""Dataset to `module:function` of its transform, read when a job is to be started."""


def build_aws_resources(settings: Settings, transforms: Transforms) -> dict[str, object]:
    """`lake`, `catalog`, `crawlers`, `hints`, `spark`, `redshift` and `notebooks`; no client is made before its first call.

    Raises:
        SettingsError: a variable is missing or cannot be used; the message names it.
    """
    aws = AwsSettings.from_environment()
    glue = GlueSettings.from_environment(os.environ)
    lake = build_aws_lake(settings, aws, glue)
    queue = SqsQueue(AwsCalls(connect, "sqs"), aws.arrivals_queue) if aws.arrivals_queue else None
    return {
        "lake": lake,
        "catalog": GlueCatalog(AwsCalls(connect, "glue"), prefix=aws.database_prefix),
        "crawlers": GlueCrawlers(AwsCalls(connect, "glue"), prefix=aws.crawler_prefix),
        "hints": ArrivalHints(queue, bucket=settings.landing_bucket, sweep_seconds=aws.sweep_seconds),
        "spark": build_glue(lake, glue, transforms),
        "redshift": build_aws_redshift(aws),
        # The kernel finds the backend by the variables that this process was started with.
        "notebooks": NotebookRunner({}),
    }


def build_aws_senders() -> list[SnsSender]:
    """Who hears of the end of runs beside the log and the webhook."""
    topic = AwsSettings.from_environment().alert_topic
    return [SnsSender(AwsCalls(connect_sns, "sns"), topic)] if topic is not None else []


def build_aws_lake(settings: Settings, aws: AwsSettings, glue: GlueSettings) -> Lake:
    """The two buckets. The key of `pii: hash` is read by the jobs, never here."""

    def no_key() -> str:
        if not glue.pii_key_from:
            raise SettingsError(
                "LAKE_PII_KEY_FROM is not set: a dataset has columns with `pii: hash`. Set it to the ARN of a secret of "
                "Secrets Manager, or to ssm:NAME"
            )
        return ""

    return Lake(
        landing=S3Store(s3_client, settings.landing_bucket),
        # Nothing there changes under its name: that the bucket keeps versions is for people, and a listing of all of
        # them would grow with what the janitor removes.
        lake=S3Store(s3_client, settings.lake_bucket, versioned=False, kms_key=aws.kms_key),
        settle=SETTLE_SECONDS,
        read_pii_key=no_key,
    )


def build_glue(lake: Lake, glue: GlueSettings, transforms: Transforms) -> GlueResource:
    """Glue, with the jobs that this very code would deploy."""
    return GlueResource(
        store=lake.lake,
        bucket=lake.lake.bucket,
        connect=connect_glue,
        jobs=cache(lambda: define_jobs(build_package(transforms()), glue)),
        settings=glue,
    )


def s3_client() -> Any:
    """A client of S3 as dagster-aws makes it: the ordinary chain, retries with growing pauses and jitter."""
    # Imported where it is used: it takes a second, and definitions are loaded again and again.
    from dagster_aws.s3 import S3Resource

    # Its setting counts what comes after the first attempt.
    return S3Resource(max_attempts=ATTEMPTS - 1, region_name=aws_region()).get_client()
