"""What runs in the background of the local backend, as a whole."""

from dataclasses import asdict, dataclass
from typing import Any

from lake_platform.local.jvm import stop_holder
from lake_platform.local.redshift import ensure_endpoint, stop_endpoint
from lake_platform.settings import Settings
from lake_platform.spark.warm import read_warm


@dataclass(frozen=True)
class Background:
    """How to reach the warehouse and the warm JVM. `warehouse` holds a password: print it for its owner only."""

    warehouse: dict[str, Any]
    spark: dict[str, Any]

    @property
    def psql(self) -> str:
        """The line that opens `psql` on the warehouse."""
        at = self.warehouse
        return f"PGPASSWORD={at['password']} psql -h {at['host']} -p {at['port']} -U {at['user']} {at['database']}"


def background(settings: Settings) -> Background:
    """Where everything is. The warehouse is started, so that what is told can be used; the JVM is not."""
    warm = read_warm(settings.spark_dir)
    running = warm is not None and warm.is_alive()
    return Background(
        warehouse=asdict(ensure_endpoint(settings.home)),
        spark={"running": running, "pid": warm.pid if warm and running else None, "dir": str(settings.spark_dir)},
    )


def start_stack(settings: Settings) -> Background:
    """Starts the warehouse and the warm JVM, so that the next run need not."""
    from lake_platform.local.warm_spark import build_local_spark

    build_local_spark(settings).find_holder()
    return background(settings)


def stop_stack(settings: Settings) -> dict[str, bool]:
    """Stops the warm JVM and the local Redshift endpoint of this LAKE_HOME.

    Returns:
        For each by name, whether it was running.
    """
    return {"spark": stop_holder(settings.spark_dir), "redshift": stop_endpoint(settings.home)}
