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
        self.status = b"I"
        """Where the transaction is: idle, in a transaction (T), failed (E)."""

    async def ask(self, sql: str) -> list[list[str | None]]:
        """Run a statement of the gateway's own; its answer is not the client's.

        Raises:
            RedshiftError: PostgreSQL has refused it.
        """
        self.writer.write(wire.message(b"Q", sql.encode() + b"\0"))
        await self.writer.drain()
        rows: list[list[str | None]] = []
        while (answer := await self.inbox.next()).kind not in (b"Z", b"E"):
            if answer.kind == b"D":
                rows.append(wire.row_of(answer.body))
        await self.finish(answer)
        return rows

    async def next_report(self) -> wire.Message:
        """The next message that is no notice and no change of a parameter."""
        while (answer := await self.inbox.next()).kind in (b"N", b"S", b"A"):
            pass
        return answer

    async def finish(self, answer: wire.Message) -> str:
        """Read from an answer on until PostgreSQL is ready again; gives the last command's tag.

        Raises:
            RedshiftError: PostgreSQL has told an error.
        """
        tag, failure = "", b""
        while answer.kind != b"Z":
            if answer.kind == b"E":
                failure = answer.body
            elif answer.kind == b"C":
                tag = answer.body.rstrip(b"\0").decode()
            answer = await self.inbox.next()
        self.status = answer.body
        if failure:
            raise _failure(failure)
        return tag

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
    return RedshiftError(fields[b"M"].decode(), fields[b"C"].decode(), fields=body)
