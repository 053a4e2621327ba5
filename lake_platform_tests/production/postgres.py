"""A PostgreSQL that listens on loopback as RDS does in its subnet: an administrator with a password, users with tokens."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from lake_platform.local.redshift import demote
from lake_platform.local.redshift.binaries import find_binaries

SUPERUSER, ADMIN, PASSWORD = "rdsadmin", "dagsteradmin", "an administrator's secret"
"""AWS keeps the superuser to itself; the administrator may make roles and databases."""
# No server here knows tokens of IAM: members of rds_iam come in with whatever they bring, as on RDS with a valid one.
HBA = f"""\
host all {SUPERUSER},{ADMIN} 127.0.0.1/32 scram-sha-256
host all +rds_iam 127.0.0.1/32 trust
host all all 127.0.0.1/32 scram-sha-256
"""
# RDS lets its administrator grant rds_iam. Here he needs WITH ADMIN OPTION for that, which makes him a member, so that
# +rds_iam of pg_hba.conf would not tell him from a member by way of a user that he made. The view leaves out the right
# to grant; whom it shows, RDS lets in with a token only, and a login of the administrator is refused as RDS does it.
RDS = (
    f"CREATE ROLE {ADMIN} LOGIN CREATEROLE CREATEDB PASSWORD $${PASSWORD}$$",
    "CREATE ROLE rds_iam",
    f"GRANT rds_iam TO {ADMIN} WITH ADMIN OPTION",
    f"CREATE DATABASE dagster OWNER {ADMIN}",
)
IN_DATABASE = (
    "CREATE SCHEMA rds",
    "GRANT USAGE ON SCHEMA rds TO PUBLIC",
    """CREATE VIEW rds.token_members AS
    WITH RECURSIVE members AS (
      SELECT member FROM pg_auth_members JOIN pg_roles r ON r.oid = roleid WHERE rolname = 'rds_iam' AND NOT admin_option
      UNION SELECT deeper.member FROM pg_auth_members deeper JOIN members ON deeper.roleid = members.member)
    SELECT rolname FROM members JOIN pg_roles ON oid = member""",
    "GRANT SELECT ON rds.token_members TO PUBLIC",
    f"""CREATE FUNCTION rds.want_token() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
      IF session_user = '{ADMIN}' AND EXISTS (SELECT FROM rds.token_members WHERE rolname = session_user) THEN
        RAISE EXCEPTION 'PAM authentication failed for user "%"', session_user;
      END IF;
    END $$""",
    "CREATE EVENT TRIGGER want_token ON login EXECUTE FUNCTION rds.want_token()",
)


@dataclass(frozen=True)
class Postgres:
    """A running server with one empty database."""

    port: int
    database: str = "dagster"
    host: str = "127.0.0.1"

    def execute(self, statement: str, *, user: str = SUPERUSER) -> list[tuple[object, ...]]:
        """The rows of one statement, in autocommit."""
        connection = psycopg2.connect(
            host=self.host, port=self.port, dbname=self.database, user=user, password=PASSWORD
        )
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()


@contextmanager
def running_postgres(folder: Path) -> Iterator[Postgres]:
    """Ends with the block."""
    binaries, data = find_binaries(), folder / "data"
    data.mkdir(mode=0o700, parents=True)
    if os.geteuid() == 0:
        os.chown(data, demote.NOBODY, demote.NOBODY)
    (folder / "password").write_text(PASSWORD)
    subprocess.run(
        _as_nobody(
            [
                binaries.initdb,
                "-D",
                str(data),
                "-U",
                SUPERUSER,
                "--auth=scram-sha-256",
                f"--pwfile={folder / 'password'}",
            ]
        ),
        check=True,
        capture_output=True,
        cwd="/",
    )
    port = free_port()
    options = [f"-cport={port}", "-clisten_addresses=127.0.0.1", "-cunix_socket_directories=", "-cfsync=off"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            _as_nobody([binaries.postgres, "-D", str(data), *options]), stdout=log, stderr=log, cwd="/"
        )
    try:
        made = _wait(server, Postgres(port, "postgres"))
        for statement in RDS:
            made.execute(statement)
        for statement in IN_DATABASE:
            Postgres(port).execute(statement)
        (data / "pg_hba.conf").write_text(HBA)
        made.execute("SELECT pg_reload_conf()")
        yield Postgres(port)
    finally:
        server.terminate()
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        shutil.rmtree(data, ignore_errors=True)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: "subprocess.Popen[bytes]", postgres: Postgres) -> Postgres:
    deadline = time.monotonic() + 60
    while True:
        try:
            postgres.execute("SELECT 1")
            return postgres
        except psycopg2.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _as_nobody(command: list[str]) -> list[str]:
    return [sys.executable, "-I", "-S", demote.__file__, *command] if os.geteuid() == 0 else command
