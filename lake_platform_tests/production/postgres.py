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

ADMIN, PASSWORD = "postgres", "an administrator's secret"
# No server here knows tokens of IAM: members of rds_iam come in with whatever they bring, as on RDS with a valid one.
HBA = "host all +rds_iam 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n"


@dataclass(frozen=True)
class Postgres:
    """A running server with one empty database."""

    port: int
    database: str = "dagster"
    host: str = "127.0.0.1"

    def execute(self, statement: str, *, user: str = ADMIN) -> list[tuple[object, ...]]:
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
            [binaries.initdb, "-D", str(data), "-U", ADMIN, "--auth=scram-sha-256", f"--pwfile={folder / 'password'}"]
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
        made.execute("CREATE ROLE rds_iam")
        made.execute("CREATE DATABASE dagster")
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
