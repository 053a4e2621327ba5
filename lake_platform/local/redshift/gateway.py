"""The endpoint's process: lets Redshift drivers in, one `Session` for each, in front of the embedded PostgreSQL.

Started by `endpoint.ensure_endpoint` as `python -m lake_platform.local.redshift.gateway HOME INSTANCE`.
"""

import asyncio
import fcntl
import hashlib
import hmac
import json
import logging
import os
import secrets
import signal
import ssl
import struct
import sys
from contextlib import suppress
from pathlib import Path

from lake_platform.local.redshift import backend, wire
from lake_platform.local.redshift.bootstrap import prepare_database
from lake_platform.local.redshift.endpoint import DATABASE, HELLO, HOST, USER, address_of, warehouse_of
from lake_platform.local.redshift.objects import choose_objects
from lake_platform.local.redshift.private import write_private
from lake_platform.local.redshift.refusal import RedshiftError, SpectrumError
from lake_platform.local.redshift.session import Recorder, Session
from lake_platform.local.redshift.supervisor import SUPERUSER, Server, ensure_server, stop_server
from lake_platform.local.redshift.tls import server_context
from lake_platform.local.redshift.tokens import Token

log = logging.getLogger("lake_platform.local.redshift")
LOGIN_SECONDS = 30.0
WATCH_SECONDS = 2.0
# Not `options` and `client_encoding`: what we write must be read as we wrote it.
KEPT_SETTINGS = ("application_name",)


class Gateway:
    """What all sessions share: where things are, the password, the certificate."""

    def __init__(self, home: Path, instance: str, password: str) -> None:
        self.home = home
        self.folder = warehouse_of(home)
        self.instance = instance
        self.password = password
        self._objects = choose_objects(home)
        self._tls: ssl.SSLContext = server_context(self.folder)
        self._sessions: set[asyncio.Task[None]] = set()
        self._preparing = asyncio.Lock()

    async def serve(self, port: int) -> None:
        """Listen, tell where, and stay until stopped or replaced."""
        await self._ready_server()
        try:
            listener = await asyncio.start_server(self._accept, HOST, port, limit=1 << 20)
        except OSError:
            listener = await asyncio.start_server(self._accept, HOST, 0, limit=1 << 20)
        self._tell(listener.sockets[0].getsockname()[1])
        stopped = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        while not stopped.is_set() and self._is_current():
            with suppress(TimeoutError):
                await asyncio.wait_for(stopped.wait(), WATCH_SECONDS)
        listener.close()
        for session in self._sessions:
            session.cancel()
        if not self.folder.exists():
            await asyncio.to_thread(stop_server, self.folder)

    def _tell(self, port: int) -> None:
        address = {"host": HOST, "port": port, "database": DATABASE, "user": USER, "password": self.password}
        told = {**address, "pid": os.getpid(), "instance": self.instance}
        write_private(address_of(self.folder), json.dumps(told, indent=1).encode())

    def _is_current(self) -> bool:
        """False once the folder is gone or another gateway has taken over."""
        try:
            return json.loads(address_of(self.folder).read_text())["instance"] == self.instance
        except (OSError, ValueError, KeyError):
            return False

    async def _ready_server(self) -> Server:
        server = await asyncio.to_thread(ensure_server, self.folder)
        async with self._preparing:
            await prepare_database(server, self.password)
        return server

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._sessions.add(task)
            task.add_done_callback(self._sessions.discard)
        try:
            await self._converse(reader, writer)
        except (ConnectionError, TimeoutError, ssl.SSLError, asyncio.CancelledError):
            # Nobody is left who could be told.
            pass
        except RedshiftError as error:
            await _send(writer, wire.error_report(error, b"FATAL"))
        except Exception as error:
            log.exception("session")
            await _send(writer, wire.error_report(RedshiftError(f"local endpoint: {error!r}", "XX000"), b"FATAL"))
        finally:
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(LOGIN_SECONDS):
            settings, inbox = await self._greet(reader, writer)
            if settings is None:
                return
            await self._authenticate(settings, inbox, writer)
        if settings.get("database", DATABASE) != DATABASE:
            raise RedshiftError(f'database "{settings["database"]}" does not exist', "3D000")
        server = await self._ready_server()
        kept = {name: settings[name] for name in KEPT_SETTINGS if name in settings}
        inner = await backend.connect(server, USER, password=self.password, settings=kept)
        session = Session(inbox, writer, inner=inner, objects=self._objects, record=_recorder(server))
        served = asyncio.create_task(session.run())
        watch = asyncio.create_task(_watch(reader, served))
        try:
            await served
        finally:
            watch.cancel()
            served.cancel()
            await inner.close()

    async def _greet(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> tuple[dict[str, str] | None, wire.Inbox]:
        """The start-up parameters; None where the connection was for something else."""
        inbox = wire.Inbox(reader)
        while True:
            length, code = struct.unpack("!II", await inbox.exactly(8))
            if length > 10_000:
                raise ConnectionResetError("not a start-up packet")
            if code == wire.SSL_REQUEST:
                await _send(writer, b"S")
                await writer.start_tls(self._tls)
            elif code == wire.GSS_REQUEST:
                await _send(writer, b"N")
            elif code == HELLO:
                await _send(writer, self.instance.encode())
                return None, inbox
            elif code == wire.CANCEL_REQUEST:
                key = await inbox.exactly(length - 8)
                await backend.cancel(self.folder / "data", struct.pack("!II", length, code) + key)
                return None, inbox
            elif code == wire.PROTOCOL:
                parts = (await inbox.exactly(length - 8)).decode().split("\0")
                return dict(zip(parts[0::2], parts[1::2], strict=False)), inbox
            else:
                raise RedshiftError(f"unsupported frontend protocol {code >> 16}.{code & 0xFFFF}", "0A000")

    async def _authenticate(self, settings: dict[str, str], inbox: wire.Inbox, writer: asyncio.StreamWriter) -> None:
        salt = secrets.token_bytes(4)
        await _send(writer, wire.message(b"R", struct.pack("!I", 5) + salt))
        answer = await inbox.next()
        inner = hashlib.md5((self.password + USER).encode()).hexdigest()
        expected = b"md5" + hashlib.md5(inner.encode() + salt).hexdigest().encode()
        right = hmac.compare_digest(answer.body.rstrip(b"\0"), expected)
        if answer.kind != b"p" or not right or settings.get("user") != USER:
            raise RedshiftError(f'password authentication failed for user "{settings.get("user", "")}"', "28000")


def _recorder(server: Server) -> Recorder:
    """Load errors are written by a session of their own: the client's transaction has failed."""

    async def record(error: SpectrumError) -> None:
        inner = await backend.connect(server, SUPERUSER, password=server.password)
        file, column, reason = (str(Token("string", text)) for text in (error.file, error.column, error.context))
        try:
            await inner.ask(
                "INSERT INTO rs_internal.load_error (query_id, happened_at, file_name, column_name, error_code, reason) "
                f"VALUES ({error.query}, now() AT TIME ZONE 'utc', {file}, {column}, {error.number}, {reason})"
            )
        finally:
            await inner.close()

    return record


async def _watch(reader: asyncio.StreamReader, session: asyncio.Task[None]) -> None:
    """End a session whose client is gone, so that what it waits for or computes does not hold its locks."""
    while not session.done():
        await asyncio.sleep(WATCH_SECONDS)
        if reader.at_eof():
            session.cancel()


async def _send(writer: asyncio.StreamWriter, data: bytes) -> None:
    with suppress(ConnectionError):
        writer.write(data)
        await writer.drain()


def main(home: Path, instance: str) -> None:
    """Be the gateway of this home. A second one finds the lock held and goes away."""
    folder = warehouse_of(home)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    # Never closed: the lock is free when this process is gone, not sooner.
    alive = os.open(folder / "gateway.alive", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit("another gateway serves this folder")
    (folder / "gateway.pid").write_text(str(os.getpid()))
    port, password = 0, secrets.token_hex(16)
    with suppress(OSError, ValueError, KeyError):
        # After a crash those who know the old address find the endpoint again.
        told = json.loads(address_of(folder).read_text())
        port, password = int(told["port"]), str(told["password"])
    asyncio.run(_serve(home, instance, port=port, password=password))


async def _serve(home: Path, instance: str, *, port: int, password: str) -> None:
    await Gateway(home, instance, password).serve(port)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
