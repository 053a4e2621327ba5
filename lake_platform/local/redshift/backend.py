"""The gateway's own side of a PostgreSQL session: log in, ask, read the answer."""

import asyncio
import struct
from pathlib import Path

from lake_platform.local.redshift import wire
from lake_platform.local.redshift.refusal import RedshiftError
from lake_platform.local.redshift.supervisor import Server, socket_path

DATABASE = "dev"
# Recovery after a kill can take a while; a client waits for it as it would wait for a busy cluster.
STARTING_UP = b"57P03"
PATIENCE = 30.0


class Backend:
    """One session with PostgreSQL."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.inbox = wire.Inbox(reader)
        self.writer = writer
        self.parameters: list[wire.Message] = []
        self.key = b""

    async def ask(self, sql: str) -> list[list[str | None]]:
        """Run a statement of the gateway's own; its answer is not the client's.

        Raises:
            RedshiftError: PostgreSQL has refused it.
        """
        self.writer.write(wire.message(b"Q", sql.encode() + b"\0"))
        await self.writer.drain()
        rows: list[list[str | None]] = []
        failure: RedshiftError | None = None
        while (answer := await self.inbox.next()).kind != b"Z":
            if answer.kind == b"D":
                rows.append(wire.row_of(answer.body))
            elif answer.kind == b"E":
                failure = _failure(answer.body)
        if failure:
            raise failure
        return rows

    async def close(self) -> None:
        """End the session."""
        self.writer.close()

    async def log_in(self, user: str, password: str, settings: dict[str, str]) -> None:
        """Say who we are and wait until the server is ready."""
        body = struct.pack("!I", wire.PROTOCOL)
        for name, value in {"user": user, **settings}.items():
            body += name.encode() + b"\0" + value.encode() + b"\0"
        body += b"\0"
        self.writer.write(struct.pack("!I", len(body) + 4) + body)
        while (answer := await self.inbox.next()).kind != b"Z":
            if answer.kind == b"E":
                raise _failure(answer.body)
            if answer.kind == b"R" and struct.unpack_from("!I", answer.body)[0] == 3:
                self.writer.write(wire.message(b"p", password.encode() + b"\0"))
            elif answer.kind == b"S":
                self.parameters.append(answer)
            elif answer.kind == b"K":
                self.key = answer.body


async def connect(
    server: Server, user: str, *, password: str, database: str = DATABASE, settings: dict[str, str] | None = None
) -> Backend:
    """A session as that user; waits while the server recovers."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while True:
        backend = await _open(server.data)
        try:
            await backend.log_in(user, password, {"database": database, **(settings or {})})
            return backend
        except RedshiftError as error:
            await backend.close()
            if error.code.encode() != STARTING_UP or asyncio.get_running_loop().time() > deadline:
                raise
        await asyncio.sleep(0.05)


async def cancel(data: Path, request: bytes) -> None:
    """Pass on a request to cancel what a session is doing."""
    backend = await _open(data)
    backend.writer.write(request)
    await backend.writer.drain()
    await backend.close()


async def _open(data: Path) -> Backend:
    with socket_path(data) as path:
        reader, writer = await asyncio.open_unix_connection(path, limit=1 << 20)
    return Backend(reader, writer)


def _failure(body: bytes) -> RedshiftError:
    fields = wire.fields_of(body)
    return RedshiftError(fields[b"M"].decode(), fields[b"C"].decode(), detail=fields.get(b"D", b"").decode())
