"""What a fresh PostgreSQL needs to look like a Redshift database: the client's role, the database, Redshift's catalog."""

import hashlib
from importlib.resources import files

from lake_platform.local.redshift import backend
from lake_platform.local.redshift.supervisor import SUPERUSER, Server

_prepared: set[tuple[str, int, int]] = set()


async def prepare_database(server: Server, password: str) -> None:
    """Bring role, database and catalog up to this code's version; does nothing where they are."""
    status = (server.data / "postmaster.pid").stat()
    mark = (str(server.data), status.st_ino, status.st_mtime_ns)
    if mark in _prepared:
        return
    await _ensure_database(server, password)
    await _ensure_catalog(server)
    _prepared.add(mark)


async def _ensure_database(server: Server, password: str) -> None:
    inner = await backend.connect(server, SUPERUSER, password=server.password, database="template1")
    try:
        # The role is no superuser: what the allow-list might let slip, PostgreSQL itself refuses.
        if not await inner.ask("SELECT 1 FROM pg_roles WHERE rolname = 'awsuser'"):
            await inner.ask(
                "CREATE ROLE awsuser LOGIN; ALTER DATABASE postgres RENAME TO dev; ALTER DATABASE dev OWNER TO awsuser"
            )
        await inner.ask(f"ALTER ROLE awsuser PASSWORD '{password}'")
    finally:
        await inner.close()


async def _ensure_catalog(server: Server) -> None:
    script = files("lake_platform.local.redshift").joinpath("catalog.sql").read_text()
    version = hashlib.sha256(script.encode()).hexdigest()
    inner = await backend.connect(server, SUPERUSER, password=server.password)
    try:
        if await inner.ask("SELECT to_regclass('rs_internal.version')") != [[None]] and await inner.ask(
            f"SELECT 1 FROM rs_internal.version WHERE script = '{version}'"
        ):
            return
        await inner.ask(script)
        await inner.ask(f"INSERT INTO rs_internal.version VALUES ('{version}')")
    finally:
        await inner.close()
