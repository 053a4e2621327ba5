"""Messages of PostgreSQL's wire protocol, version 3, which Redshift speaks too."""

import asyncio
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from lake_platform.local.redshift.refusal import RedshiftError

PROTOCOL = 196608
SSL_REQUEST = 80877103
GSS_REQUEST = 80877104
CANCEL_REQUEST = 80877102
CHUNK = 1 << 18


@dataclass(frozen=True)
class Message:
    """One message: its type and what follows the length."""

    kind: bytes
    body: bytes

    def __bytes__(self) -> bytes:
        return message(self.kind, self.body)


def message(kind: bytes, body: bytes = b"") -> bytes:
    """The bytes of one message."""
    return kind + struct.pack("!I", len(body) + 4) + body


def text_at(body: bytes, start: int = 0) -> tuple[bytes, int]:
    """The zero-terminated text at a position, and the position after it."""
    end = body.index(0, start)
    return body[start:end], end + 1


def fields_of(body: bytes) -> dict[bytes, bytes]:
    """The fields of an ErrorResponse or NoticeResponse."""
    return {part[:1]: part[1:] for part in body.split(b"\0") if part}


def fields_body(fields: dict[bytes, bytes]) -> bytes:
    """The body of an ErrorResponse or NoticeResponse."""
    return b"".join(key + value + b"\0" for key, value in fields.items()) + b"\0"


def error_report(error: RedshiftError, severity: bytes = b"ERROR") -> bytes:
    """An ErrorResponse for an error of the endpoint's own."""
    fields = {b"S": severity, b"V": severity, b"C": error.code.encode(), b"M": error.message.encode()}
    if error.detail:
        fields[b"D"] = error.detail.encode()
    return message(b"E", fields_body(fields))


def notice(text: str) -> bytes:
    """An INFO notice, as Redshift sends after COPY."""
    return message(b"N", fields_body({b"S": b"INFO", b"V": b"INFO", b"C": b"00000", b"M": text.encode()}))


def row_of(body: bytes) -> list[str | None]:
    """The values of a DataRow in text format."""
    values: list[str | None] = []
    (count,), position = struct.unpack_from("!H", body), 2
    for _ in range(count):
        (length,) = struct.unpack_from("!i", body, position)
        position += 4
        values.append(None if length < 0 else body[position : position + length].decode())
        position += max(length, 0)
    return values


class Inbox:
    """Messages as they arrive on one connection."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._buffer = bytearray()

    async def exactly(self, count: int) -> bytes:
        """The next bytes, whatever they mean."""
        while len(self._buffer) < count:
            await self._fill()
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    async def next(self) -> Message:
        """The next message."""
        header = await self.exactly(5)
        (length,) = struct.unpack_from("!I", header, 1)
        return Message(header[:1], await self.exactly(length - 4))

    async def until(self, kinds: Sequence[int]) -> tuple[bytes, Message | None]:
        """What may be passed on as it is, up to the next message of one of the kinds; that message if it is complete.

        Rows are many: they are passed on in the chunks in which they came, not one by one.
        """
        while True:
            end, stop = self._scan(kinds)
            if end or stop:
                break
            await self._fill()
        passed = bytes(self._buffer[:end])
        del self._buffer[:end]
        return passed, (await self.next() if stop else None)

    def _scan(self, kinds: Sequence[int]) -> tuple[int, bool]:
        buffer, position, size = self._buffer, 0, len(self._buffer)
        while position + 5 <= size:
            end = position + 1 + int.from_bytes(buffer[position + 1 : position + 5])
            if end > size:
                break
            if buffer[position] in kinds:
                return position, True
            position = end
        return position, False

    async def _fill(self) -> None:
        chunk = await self._reader.read(CHUNK)
        if not chunk:
            raise ConnectionResetError("the other side has closed the connection")
        self._buffer += chunk
