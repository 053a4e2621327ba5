"""How a command reads tables."""

from collections.abc import Sequence
from typing import Any

from lake_platform.definitions import build_resources
from lake_platform.settings import Settings
from lake_platform.warehouse.names import DEFAULT_SCHEMA, STAGING_SCHEMA
from lake_platform.warehouse.redshift import RedshiftResource


def warehouse() -> RedshiftResource:
    """The warehouse of the chosen backend."""
    redshift = build_resources(Settings.from_environment())["redshift"]
    assert isinstance(redshift, RedshiftResource)
    return redshift


def read_table(query: str) -> tuple[Sequence[str], Sequence[Sequence[Any]]]:
    """Runs one query and gives its column names and rows. Names without a schema are looked for where targets are."""
    with warehouse().autocommit(query_group="lake") as session:
        session.execute(f"SET search_path TO {DEFAULT_SCHEMA}, {STAGING_SCHEMA}, public")
        return session.query_table(query)
