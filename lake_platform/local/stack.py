"""What runs in the background of the local backend, as a whole."""

from lake_platform.local.jvm import stop_holder
from lake_platform.local.redshift import stop_endpoint
from lake_platform.settings import Settings


def stop_stack(settings: Settings) -> dict[str, bool]:
    """Stops the warm JVM and the local Redshift endpoint of this LAKE_HOME.

    Returns:
        For each by name, whether it was running.
    """
    return {"spark": stop_holder(settings.spark_dir), "redshift": stop_endpoint(settings.home)}
