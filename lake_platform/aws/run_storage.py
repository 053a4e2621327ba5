"""Prepares the PostgreSQL of Dagster on AWS: `python -m lake_platform.aws.run_storage`, once and after each upgrade.

Both users come in with a token of IAM instead of a password. Nobody else may be a member of them: RDS wants a token
from every member of `rds_iam`, at any depth, and would lock out an administrator who became one. PostgreSQL makes who
creates a role a member of it, for as long as both are there; so a role that goes at once creates them.
"""

import os
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
import dagster as dg
import psycopg2
from psycopg2 import sql

from lake_platform.errors import SettingsError

VIEWER = "dagster_viewer"
"""The user of the read-only web server: it may read all tables and write none."""
MAKER = "dagster_maker"
"""Creates the users, in the transaction in which it is created and dropped."""
READY = sql.SQL(
    "SELECT rolname FROM pg_roles WHERE rolname IN ({owner}, {viewer}) AND rolcanlogin "
    "AND pg_has_role(oid, 'rds_iam', 'MEMBER') AND has_database_privilege(oid, current_database(), 'CONNECT') "
    "AND has_schema_privilege(oid, 'public', 'USAGE') "
    "AND (rolname = {viewer} OR has_schema_privilege(oid, 'public', 'CREATE'))"
)


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

    Doing it again changes nothing, and does not need the administrator.

    Returns:
        What is there now, a line each.

    Raises:
        SettingsError: the administrator is a member of a user that was made in another way.
    """
    users = _users(storage)
    # As the owner: what it makes from now on can be read by the viewer, without a role that is a member of another.
    with _transaction(storage, storage.owner, _token(storage)) as cursor:
        cursor.execute(_of("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {}"))
    with dg.DagsterInstance.get() as instance:
        instance.upgrade()
        runs = instance.get_runs_count()
    with _transaction(storage, storage.owner, _token(storage)) as cursor:
        cursor.execute(_of("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}"))
    return [*users, f"tables of Dagster {dg.__version__}, {runs} runs", f"{VIEWER} may read them"]


def _users(storage: RunStorage) -> list[str]:
    users = [storage.owner, VIEWER]
    made = [] if _users_are_ready(storage) else _make_users(storage)
    return [f"user {user}, {'new' if user in made else 'as before'}" for user in users]


def _users_are_ready(storage: RunStorage) -> bool:
    """Whether the owner comes in and sees that nothing is left for an administrator to do."""
    try:
        with _transaction(storage, storage.owner, _token(storage)) as cursor:
            cursor.execute(READY.format(owner=sql.Literal(storage.owner), viewer=sql.Literal(VIEWER)))
            return len(cursor.fetchall()) == 2
    except psycopg2.OperationalError:
        return False


def _make_users(storage: RunStorage) -> list[str]:
    """All or nothing, in one connection: a second one could be refused after the grant of `rds_iam`.

    Returns:
        Those that are new.
    """
    users = {storage.owner: "USAGE, CREATE", VIEWER: "USAGE"}
    names = sql.SQL(", ").join(map(sql.Identifier, users))
    with _transaction(storage, storage.admin, storage.admin_password) as cursor:
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolname IN %s", (tuple(users),))
        new = sorted({*users} - {name for (name,) in cursor.fetchall()})
        if new:
            _create(cursor, new)
        database = sql.Identifier(storage.database)
        cursor.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, names))
        for user, rights in users.items():
            cursor.execute(sql.SQL("GRANT {} ON SCHEMA public TO {}").format(sql.SQL(rights), sql.Identifier(user)))
        _refuse_members(cursor, storage, tuple(users))
        cursor.execute(sql.SQL("GRANT rds_iam TO {}").format(names))
    return new


def _create(cursor: Any, users: list[str]) -> None:
    maker = sql.Identifier(MAKER)
    cursor.execute(sql.SQL("CREATE ROLE {} CREATEROLE").format(maker))
    cursor.execute(sql.SQL("GRANT {} TO CURRENT_USER WITH SET TRUE").format(maker))
    cursor.execute(sql.SQL("SET LOCAL ROLE {}").format(maker))
    for user in users:
        cursor.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(user)))
    cursor.execute("RESET ROLE")
    cursor.execute(sql.SQL("DROP ROLE {}").format(maker))


def _refuse_members(cursor: Any, storage: RunStorage, users: tuple[str, ...]) -> None:
    cursor.execute(
        "SELECT rolname FROM pg_roles WHERE rolname IN %s AND pg_has_role(session_user, oid, 'MEMBER') ORDER BY 1",
        (users,),
    )
    if names := ", ".join(name for (name,) in cursor.fetchall()):
        raise SettingsError(
            f"{storage.admin} is a member of {names}, as who creates a role is: with rds_iam given to it, RDS would not "
            f"let {storage.admin} in any more. Nothing was changed: DROP ROLE {names}, then prepare again"
        )


def _of(statement: str) -> sql.Composed:
    return sql.SQL(statement).format(sql.Identifier(VIEWER))


def _token(storage: RunStorage) -> str:
    """A password for the owner that holds for a quarter of an hour; made here, without a call."""
    session: Any = boto3.session.Session()
    client = session.client("rds", region_name=storage.region)
    return client.generate_db_auth_token(DBHostname=storage.host, Port=storage.port, DBUsername=storage.owner)


@contextmanager
def _transaction(storage: RunStorage, user: str, password: str) -> Generator[Any]:
    """A cursor of a connection of its own; committed where the block ends, else rolled back."""
    connection = psycopg2.connect(
        host=storage.host, port=storage.port, dbname=storage.database, user=user, password=password
    )
    try:
        with connection, connection.cursor() as cursor:
            yield cursor
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
