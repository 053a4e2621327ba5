"""One endpoint for all tests of this folder, and connections through the driver that production uses."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import redshift_connector

from lake_platform.local.redshift import Endpoint, ensure_endpoint, stop_endpoint


class Sql(Protocol):
    """Runs one statement and gives its rows."""

    def __call__(self, statement: str, *values: object) -> list[Any]: ...


Connect = Callable[..., redshift_connector.Connection]


def connect_to(endpoint: Endpoint, **options: Any) -> redshift_connector.Connection:
    """A connection of the unmodified driver."""
    return redshift_connector.connect(
        host=endpoint.host,
        port=endpoint.port,
        database=endpoint.database,
        user=endpoint.user,
        password=endpoint.password,
        **{"ssl": False, **options},
    )


def sql_of(connection: redshift_connector.Connection) -> Sql:
    """A function that runs statements on a connection."""

    def run(statement: str, *values: object) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return [list(row) for row in cursor.fetchall()] if cursor.description else []

    return run


ATTEMPT = """
import json, sys, warnings
warnings.simplefilter("ignore")
import redshift_connector
try:
    with redshift_connector.connect(**json.loads(sys.argv[1])) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 'welcome'")
        print(cursor.fetchone()[0])
except Exception as error:
    print(repr(error))
"""


def attempt(endpoint: Endpoint, *, environ: Mapping[str, str] | None = None, **options: Any) -> str:
    """What a connection leads to, tried in a process of its own: the driver leaks the sockets of failed attempts."""
    asked = {**asdict(endpoint), "ssl": False, **options}
    return subprocess.run(
        [sys.executable, "-c", ATTEMPT, json.dumps(asked)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **(environ or {})},
    ).stdout.strip()


def abandon(connection: redshift_connector.Connection) -> None:
    """Cut a connection as the death of its process would."""
    for part in (connection._sock, connection._usock):  # pyright: ignore[reportPrivateUsage] - the driver has no word for it
        with suppress(OSError):
            part.close()


def told(error: pytest.ExceptionInfo[BaseException]) -> dict[str, str]:
    """The fields of a driver's error."""
    return error.value.args[0]


@pytest.fixture(scope="session")
def warehouse_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("lake")
    yield home
    stop_endpoint(home)


@pytest.fixture
def connect(warehouse_home: Path) -> Iterator[Connect]:
    opened: list[redshift_connector.Connection] = []

    def open_one(*, autocommit: bool = True) -> redshift_connector.Connection:
        connection = connect_to(ensure_endpoint(warehouse_home))
        connection.autocommit = autocommit
        opened.append(connection)
        return connection

    yield open_one
    for connection in opened:
        connection.close()


@pytest.fixture
def sql(connect: Connect) -> Sql:
    """Statements that commit by themselves, in an empty schema of this test."""
    run = sql_of(connect())
    run("DROP SCHEMA IF EXISTS here CASCADE")
    run("CREATE SCHEMA here")
    run("SET search_path TO here")
    return run


@pytest.fixture
def bucket(warehouse_home: Path) -> Path:
    folder = warehouse_home / "s3" / "lake"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def manifest_of(bucket: Path, request: pytest.FixtureRequest) -> Callable[[Sequence[pa.Table]], str]:
    """Writes tables as Parquet with a manifest; gives the manifest's URI."""

    stem = hashlib.md5(request.node.name.encode()).hexdigest()

    def write(tables: Sequence[pa.Table]) -> str:
        entries: list[dict[str, Any]] = []
        for number, table in enumerate(tables):
            path = bucket / f"{stem}-{number}.parquet"
            pq.write_table(table, path)
            meta = {"content_length": path.stat().st_size, "record_count": table.num_rows}
            entries.append({"url": f"s3://lake/{path.name}", "mandatory": True, "meta": meta})
        (bucket / f"{stem}.manifest").write_text(json.dumps({"entries": entries}))
        return f"s3://lake/{stem}.manifest"

    return write
