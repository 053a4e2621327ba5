"""Prepares the PostgreSQL of Dagster on AWS: `python -m lake_platform.aws.run_storage`, once and after each upgrade.

Both users come in with a token of IAM instead of a password. Neither may be a member of the other: RDS wants a token
from every member of `rds_iam`, at any depth, and would lock out an administrator who became one.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import boto3
import dagster as dg
import psycopg2
from psycopg2 import sql

from lake_platform.errors import SettingsError

VIEWER = "dagster_viewer"
"""The user of the read-only web server: it may read all tables and write none."""


@dataclass(frozen=True, kw_only=True)
class RunStorage:
    """Where the storage is, and who comes in.

    Attributes:
        host: DAGSTER_POSTGRES_HOST.
        port: DAGSTER_POSTGRES_PORT.
        database: DAGSTER_POSTGRES_DATABASE.
        owner: DAGSTER_POSTGRES_USER, who makes and owns the tables.
        region: AWS_REGION, for the token.
        admin: DAGSTER_POSTGRES_ADMIN, who makes the users.
        admin_password: DAGSTER_POSTGRES_ADMIN_PASSWORD, put into this task alone.
    """

    host: str
    port: int
    database: str
    owner: str
    region: str
    admin: str
    admin_password: str = field(repr=False)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "RunStorage":
        """Raises SettingsError that names the variable that is missing."""
        port = _required(environ, "DAGSTER_POSTGRES_PORT")
        if not port.isdigit():
            raise SettingsError(f"DAGSTER_POSTGRES_PORT is {port!r}: set it to the number of the port")
        return cls(
            host=_required(environ, "DAGSTER_POSTGRES_HOST"),
            port=int(port),
            database=_required(environ, "DAGSTER_POSTGRES_DATABASE"),
            owner=_required(environ, "DAGSTER_POSTGRES_USER"),
            region=_required(environ, "AWS_REGION"),
            admin=_required(environ, "DAGSTER_POSTGRES_ADMIN"),
            admin_password=_required(environ, "DAGSTER_POSTGRES_ADMIN_PASSWORD"),
        )


def prepare_run_storage(storage: RunStorage) -> list[str]:
    """Makes the users and the tables, brings tables of an older Dagster up to date, and lets the viewer read.

    Doing it again changes nothing.

    Returns:
        What is there now, a line each.
    """
    made = _make_users(storage)
    # As the owner: what it makes from now on can be read by the viewer, without a role that is a member of another.
    _execute(storage, storage.owner, _token(storage), [_of("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {}")])
    with dg.DagsterInstance.get() as instance:
        instance.upgrade()
        runs = instance.get_runs_count()
    _execute(storage, storage.owner, _token(storage), [_of("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}")])
    return [*made, f"tables of Dagster {dg.__version__}, {runs} runs", f"{VIEWER} may read them"]


def _make_users(storage: RunStorage) -> list[str]:
    lines: list[str] = []
    for user, rights in ((storage.owner, "USAGE, CREATE"), (VIEWER, "USAGE")):
        name, password = sql.Identifier(user), storage.admin_password
        found = _execute(
            storage,
            storage.admin,
            password,
            [sql.SQL("SELECT 1 FROM pg_roles WHERE rolname = {}").format(sql.Literal(user))],
        )
        statements = [
            *([] if found else [sql.SQL("CREATE ROLE {} LOGIN").format(name)]),
            sql.SQL("GRANT rds_iam TO {}").format(name),
            sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(storage.database), name),
            sql.SQL("GRANT {} ON SCHEMA public TO {}").format(sql.SQL(rights), name),
        ]
        _execute(storage, storage.admin, password, statements)
        lines.append(f"user {user}, {'as before' if found else 'new'}")
    return lines


def _of(statement: str) -> sql.Composed:
    return sql.SQL(statement).format(sql.Identifier(VIEWER))


def _token(storage: RunStorage) -> str:
    """A password for the owner that holds for a quarter of an hour; made here, without a call."""
    session: Any = boto3.session.Session()
    client = session.client("rds", region_name=storage.region)
    return client.generate_db_auth_token(DBHostname=storage.host, Port=storage.port, DBUsername=storage.owner)


def _execute(
    storage: RunStorage, user: str, password: str, statements: Sequence[sql.Composed]
) -> list[tuple[Any, ...]]:
    """One transaction; the rows of the last statement."""
    connection = psycopg2.connect(
        host=storage.host, port=storage.port, dbname=storage.database, user=user, password=password
    )
    try:
        with connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def _required(environ: Mapping[str, str], name: str) -> str:
    if not environ.get(name):
        raise SettingsError(f"{name} is not set: the task that prepares Dagster's storage is given it by the stack")
    return environ[name]


if __name__ == "__main__":
    try:
        print("\n".join(prepare_run_storage(RunStorage.from_environment(os.environ))))
    except (SettingsError, psycopg2.Error) as error:
        sys.exit(f"Dagster's storage could not be prepared: {error}")
