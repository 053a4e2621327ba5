"""The resources of the AWS-free backend: the production ones, which start what they need at first use."""

import os
import secrets
from dataclasses import asdict
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import Field

from lake_platform.lake.crawlers import NoCrawlers
from lake_platform.lake.document_catalog import DocumentCatalog
from lake_platform.lake.hints import ArrivalHints
from lake_platform.lake.lake import Lake
from lake_platform.lake.stores.local import LocalStore
from lake_platform.local.redshift import ensure_endpoint
from lake_platform.notebooks.run import NotebookRunner
from lake_platform.settings import Settings
from lake_platform.warehouse.redshift import RedshiftResource

SETTLE_SECONDS = 2.0
"""`cp` is not atomic: a younger file may be half a file."""


def build_local_lake(settings: Settings) -> Lake:
    """The two directories that play buckets."""
    buckets = settings.home / "s3"
    return Lake(
        landing=LocalStore(settings.landing_bucket, buckets / settings.landing_bucket),
        lake=LocalStore(settings.lake_bucket, buckets / settings.lake_bucket),
        settle=SETTLE_SECONDS,
        read_pii_key=lambda: read_pii_key(settings.home),
    )


def read_pii_key(home: Path) -> str:
    """LAKE_PII_KEY, else a key that is made once for this LAKE_HOME; the file is for its owner only."""
    if os.environ.get("LAKE_PII_KEY"):
        return os.environ["LAKE_PII_KEY"]
    path = home / "pii.key"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(32))
    return path.read_text()


class LocalRedshiftResource(RedshiftResource):
    """The production resource at the local endpoint, which it starts at first use."""

    home: str = Field(description="LAKE_HOME: the warehouse is below it.")

    def _connect_arguments(self) -> dict[str, Any]:
        endpoint = ensure_endpoint(Path(self.home))
        arguments = super()._connect_arguments() | asdict(endpoint) | {"ssl": False}
        return {name: value for name, value in arguments.items() if name not in ("home", "sslmode")}


def build_local_redshift(settings: Settings) -> LocalRedshiftResource:
    """The embedded warehouse. It listens on 127.0.0.1 only, so the connection is not encrypted."""
    return LocalRedshiftResource(home=str(settings.home))


def build_local_notebooks(settings: Settings) -> NotebookRunner:
    """Notebooks whose kernels find this LAKE_HOME, wherever their files are."""
    environment = {"LAKE_BACKEND": "local", "LAKE_HOME": settings.home, "LAKE_SPARK_DIR": settings.spark_dir}
    if settings.defs is not None:
        environment["LAKE_DEFS"] = settings.defs
    return NotebookRunner({name: str(value) for name, value in environment.items()}, buckets=settings.home / "s3")


def build_local_resources(settings: Settings) -> dict[str, object]:
    """`lake`, `catalog`, `crawlers`, `hints`, `spark`, `redshift` and `notebooks`. Nothing is opened or started here."""

    def spark(_: dg.InitResourceContext) -> object:
        # pyspark is imported in the runs that need it, not wherever definitions are loaded.
        from lake_platform.local.warm_spark import build_local_spark

        return build_local_spark(settings)

    lake = build_local_lake(settings)
    return {
        "lake": lake,
        "catalog": DocumentCatalog(lake.lake),
        "crawlers": NoCrawlers(),
        # Landing is a directory here: every tick looks.
        "hints": ArrivalHints(),
        "spark": dg.ResourceDefinition(spark, description="Spark jobs in this process, attached to the warm JVM."),
        "redshift": build_local_redshift(settings),
        "notebooks": build_local_notebooks(settings),
    }
