"""One client's session: its messages judged and rewritten on the way in, errors reworded on the way out."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from lake_platform.local.redshift import wire
from lake_platform.local.redshift.backend import Backend
from lake_platform.local.redshift.copy import run_copy
from lake_platform.local.redshift.copy_statement import CopyStatement
from lake_platform.local.redshift.objects import Objects
from lake_platform.local.redshift.plan import Plan
from lake_platform.local.redshift.refusal import NotSupportedError, RedshiftError, SpectrumError
from lake_platform.local.redshift.reword import reword
from lake_platform.local.redshift.statements import plan_statement

Recorder = Callable[[SpectrumError], Awaitable[None]]
"""Writes a load error down where a rollback does not reach it."""

SERVER_VERSION = b"server_version\x008.0.2\0"
STOPS = b"EZ"
EXTENDED = (b"P", b"B", b"D", b"E", b"C")
IDLE = b"I"
FAILED = b"E"
IN_TRANSACTION = b"T"


class Session:
    """Relays between a client and its PostgreSQL session.

    Messages of the extended protocol are held until Sync and go out together. Statements that the endpoint carries out
    itself (`Plan.special`) never reach PostgreSQL as they are: their messages are answered here.
    """

    def __init__(
        self, inbox: wire.Inbox, writer: asyncio.StreamWriter, *, inner: Backend, objects: Objects, record: Recorder
    ) -> None:
        self._inbox = inbox
        self._writer = writer
        self._inner = inner
        self._objects = objects
        self._record = record
        self._statements: dict[bytes, Plan] = {}
        self._portals: dict[bytes, Plan] = {}
        self._held: list[tuple[wire.Message, Plan | None]] = []
        self._failure: RedshiftError | None = None

    async def run(self) -> None:
        """Serve the client until it says good-bye or is gone."""
        parameters = [each for each in self._inner.parameters if not each.body.startswith(b"server_version\0")]
        told = [wire.Message(b"S", SERVER_VERSION), *parameters, wire.Message(b"K", self._inner.key)]
        await self._send(wire.message(b"R", b"\0\0\0\0") + b"".join(map(bytes, told)) + wire.message(b"Z", b"I"))
        while (message := await self._inbox.next()).kind != b"X":
            await self._take(message)

    async def _take(self, message: wire.Message) -> None:
        if message.kind == b"Q":
            await self._query(wire.text_at(message.body)[0])
        elif message.kind == b"S":
            await self._sync()
        elif message.kind == b"H" or self._failure is not None:
            # Flush is dropped: every driver sends Sync after it, and what it would hurry goes out then.
            return
        elif message.kind not in EXTENDED:
            # FunctionCall among them: it would pass by the allow-list.
            self._failure = NotSupportedError(f"message {message.kind!r} is not supported")
        else:
            try:
                self._held.append(self._hold(message))
            except RedshiftError as error:
                self._failure = error

    def _hold(self, message: wire.Message) -> tuple[wire.Message, Plan | None]:
        name, position = wire.text_at(message.body) if message.kind in b"PBE" else (b"", 0)
        if message.kind == b"P":
            sql, rest = wire.text_at(message.body, position)
            plan = self._statements[name] = plan_statement(sql.decode())
            return wire.Message(b"P", name + b"\0" + plan.sql.encode() + b"\0" + message.body[rest:]), plan
        if message.kind == b"B":
            source, _ = wire.text_at(message.body, position)
            plan = self._portals[name] = self._statements.get(source) or Plan("")
            return message, plan
        if message.kind == b"E":
            return message, self._portals.get(name)
        if message.kind in b"DC":
            names = self._statements if message.body[:1] == b"S" else self._portals
            named, _ = wire.text_at(message.body, 1)
            return message, names.pop(named, None) if message.kind == b"C" else names.get(named)
        return message, None

    async def _query(self, text: bytes) -> None:
        try:
            plan = plan_statement(text.decode())
            if plan.special:
                await self._send(await self._carry_out(plan) + wire.message(b"Z", self._inner.status))
            else:
                self._inner.writer.write(wire.message(b"Q", plan.sql.encode() + b"\0"))
                await self._relay()
        except RedshiftError as error:
            await self._refuse(error)

    async def _sync(self) -> None:
        held, failure = self._held, self._failure
        self._held, self._failure = [], None
        special = [plan.special for _, plan in held if plan is not None]
        if failure is None and any(special) and not all(special):
            failure = NotSupportedError("The local endpoint takes this statement only with a Sync of its own")
        if failure is not None:
            await self._refuse(failure)
        elif any(special):
            await self._answer(held)
        else:
            self._inner.writer.write(b"".join(bytes(message) for message, _ in held) + wire.message(b"S"))
            await self._relay()

    async def _answer(self, held: list[tuple[wire.Message, Plan | None]]) -> None:
        """The answers to a batch about statements that the endpoint carries out itself."""
        for message, plan in held:
            if message.kind == b"E" and plan is not None:
                try:
                    await self._send(await self._carry_out(plan))
                except RedshiftError as error:
                    await self._refuse(error)
                    return
            elif message.kind == b"D":
                parameters = wire.message(b"t", b"\0\0") if message.body[:1] == b"S" else b""
                await self._send(parameters + wire.message(b"n"))
            else:
                await self._send(wire.message({b"P": b"1", b"B": b"2", b"C": b"3"}[message.kind]))
        await self._send(wire.message(b"Z", self._inner.status))

    async def _carry_out(self, plan: Plan) -> bytes:
        """Run a statement that is the endpoint's own business; gives the messages that tell its completion."""
        if plan.outside and self._inner.status != IDLE:
            raise RedshiftError(f"{plan.outside} cannot run inside a transaction block", "25001")
        if plan.copy is not None:
            return await self._copy(plan.copy)
        await self._inner.ask(plan.sql)
        if plan.commits and self._inner.status == IN_TRANSACTION:
            await self._inner.ask("COMMIT")
        return wire.message(b"C", plan.tag.encode() + b"\0")

    async def _copy(self, copy: CopyStatement) -> bytes:
        try:
            count = await run_copy(copy, self._inner, objects=self._objects)
        except SpectrumError as error:
            await self._record(error)
            raise
        table = copy.table.rsplit(".", 1)[-1].strip('"')
        told = f"Load into table '{table}' completed, {count} record(s) loaded successfully."
        return wire.notice(told) + wire.message(b"C", b"COPY\0")

    async def _relay(self) -> None:
        """Pass PostgreSQL's answer on, errors reworded, until it is ready for the next statement."""
        await self._inner.writer.drain()
        while True:
            passed, stop = await self._inner.inbox.until(STOPS)
            if passed:
                await self._send(passed)
            if stop is None:
                continue
            if stop.kind == b"Z":
                self._inner.status = stop.body
                await self._send(bytes(stop))
                return
            await self._send(wire.message(b"E", reword(stop.body)))

    async def _refuse(self, error: RedshiftError) -> None:
        """Tell the client an error of our own; an open transaction fails with it, as it would on the server."""
        if self._inner.status == IN_TRANSACTION:
            with suppress(RedshiftError):
                await self._inner.ask('ROLLBACK TO SAVEPOINT "no such savepoint"')
            self._inner.status = FAILED
        told = wire.message(b"E", reword(error.fields)) if error.fields else wire.error_report(error)
        await self._send(told + wire.message(b"Z", self._inner.status))

    async def _send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()
