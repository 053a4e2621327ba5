"""One local endpoint for the tests of this folder, reached through the resource and the driver that production uses."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lake_platform.local.redshift import ensure_endpoint, stop_endpoint
from lake_platform.warehouse.redshift import RedshiftResource
from lake_platform.warehouse.session import Session


@pytest.fixture(scope="session")
def warehouse_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("warehouse_lake")
    yield home
    stop_endpoint(home)


@pytest.fixture(scope="session")
def redshift(warehouse_home: Path) -> RedshiftResource:
    at = ensure_endpoint(warehouse_home)
    return RedshiftResource(
        host=at.host, port=at.port, database=at.database, user=at.user, password=at.password, ssl=False
    )


class _UndoneError(Exception):
    """Leaves a transaction so that nothing of it is kept."""


@pytest.fixture
def session(redshift: RedshiftResource) -> Iterator[Session]:
    """A session in a transaction that is rolled back: every test begins with an empty warehouse."""
    try:
        with redshift.transaction(query_group="test") as opened:
            yield opened
            raise _UndoneError
    except _UndoneError:
        pass
