"""Spark of the local backend: the production resource, which starts the warm JVM at first use."""

from pathlib import Path

from lake_platform.local.jvm import ensure_holder
from lake_platform.settings import Settings
from lake_platform.spark.local import LocalSparkResource
from lake_platform.spark.warm import WarmJvm


class WarmSparkResource(LocalSparkResource):
    """Runs Spark jobs on this machine, attached to one JVM that all processes of a lake share."""

    def find_holder(self) -> WarmJvm | None:
        return ensure_holder(Path(self.spark_dir), self.jvm_settings())


def build_local_spark(settings: Settings) -> WarmSparkResource:
    """Spark that sees the buckets of this LAKE_HOME."""
    return WarmSparkResource(
        home=str(settings.home),
        spark_dir=str(settings.spark_dir),
        landing_bucket=settings.landing_bucket,
        lake_bucket=settings.lake_bucket,
    )
