"""COPY: objects into a table, inside the client's session and transaction."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

from lake_platform.local.redshift import wire
from lake_platform.local.redshift.backend import Backend
from lake_platform.local.redshift.copy_statement import CopyStatement
from lake_platform.local.redshift.objects import Objects, split_uri
from lake_platform.local.redshift.parquet import Chunk, TargetColumn, csv_chunks
from lake_platform.local.redshift.refusal import NotSupportedError, RedshiftError, SpectrumError
from lake_platform.local.redshift.tokens import Token, quoted

PIECE = 1 << 20
DESCRIBE = """SELECT a.attname, t.typname, a.atttypmod, a.attidentity FROM pg_attribute a
JOIN pg_type t ON t.oid = a.atttypid WHERE a.attrelid = to_regclass({table})
AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"""
START = "SELECT setval('rs_internal.copy_id', nextval('rs_internal.query_id'))"


async def run_copy(copy: CopyStatement, inner: Backend, *, objects: Objects) -> int:
    """Load the objects; gives the number of rows. What fails leaves the transaction failed and nothing loaded."""
    columns = await _describe(copy, inner)
    query = int(str((await inner.ask(START))[0][0]))
    try:
        return await _load(copy, inner, columns=columns, objects=objects)
    except SpectrumError as error:
        error.query = query
        raise


async def _load(copy: CopyStatement, inner: Backend, *, columns: list[TargetColumn], objects: Objects) -> int:
    files = await asyncio.to_thread(find_files, copy, objects)
    names = ", ".join(quoted(column.name) for column in columns)
    count = await _stream(
        f"COPY {copy.table} ({names}) FROM STDIN (FORMAT csv, ENCODING 'UTF8')", inner, _chunks(files, objects, columns)
    )
    await inner.ask(f"SELECT setval('rs_internal.copy_count', {count})")
    return count


def find_files(copy: CopyStatement, objects: Objects) -> list[str]:
    """The objects that a COPY names, checked against its manifest."""
    if copy.manifest:
        return _of_manifest(copy.source, objects)
    found = [uri for uri in objects.find(copy.source) if not uri.rsplit("/", 1)[-1].startswith(("_", "."))]
    if not found:
        raise RedshiftError(f"The specified S3 prefix '{split_uri(copy.source)[1]}' does not exist", "XX000")
    return found


def _of_manifest(uri: str, objects: Objects) -> list[str]:
    if objects.size(uri) is None:
        raise RedshiftError(f"Problem reading manifest file - S3 object {uri} does not exist", "XX000")
    with objects.open(uri) as file:
        try:
            entries: list[dict[str, Any]] = list(json.loads(file.read())["entries"])
            named = [(str(entry["url"]), bool(entry.get("mandatory")), entry.get("meta") or {}) for entry in entries]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise RedshiftError(f"Problem reading manifest file {uri}: {error!r}", "XX000") from error
    found: list[str] = []
    for url, mandatory, meta in named:
        size = objects.size(url)
        if size is None and mandatory:
            raise RedshiftError(f"The specified key does not exist: mandatory file {url} of manifest {uri}", "XX000")
        if size is not None:
            _check_length(url, meta, size=size)
            found.append(url)
    return found


def _check_length(url: str, meta: dict[str, Any], *, size: int) -> None:
    if "content_length" not in meta:
        raise RedshiftError(f"Manifest entry {url} has no meta.content_length: Parquet needs it", "XX000")
    if meta["content_length"] != size:
        told = f"the manifest says {meta['content_length']} bytes, the object has {size}"
        raise RedshiftError(f"content_length of {url} does not match: {told}", "XX000")


async def _describe(copy: CopyStatement, inner: Backend) -> list[TargetColumn]:
    rows = await inner.ask(DESCRIBE.format(table=Token("string", copy.table)))
    if not rows:
        raise RedshiftError(f"relation {copy.table} does not exist", "42P01")
    known = {str(row[0]): TargetColumn(str(row[0]), str(row[1]), int(row[2] or -1)) for row in rows}
    wanted = copy.columns or tuple(str(row[0]) for row in rows if not row[3])
    for name in wanted:
        if name not in known:
            raise RedshiftError(f'column "{name}" of relation {copy.table} does not exist', "42703")
    return [known[name] for name in wanted]


def _chunks(files: list[str], objects: Objects, columns: list[TargetColumn]) -> Iterator[Chunk]:
    for uri in files:
        with objects.open(uri) as content:
            yield from csv_chunks(content, uri, columns=columns)


async def _stream(sql: str, inner: Backend, chunks: Iterator[Chunk]) -> int:
    """Feed the rows to PostgreSQL, whose verdict may come before the last row."""
    inner.writer.write(wire.message(b"Q", sql.encode() + b"\0"))
    answer = await inner.next_report()
    if answer.kind != b"G":
        await inner.finish(answer)
        raise NotSupportedError(f"COPY into this relation is not supported: {sql}")
    verdict = asyncio.create_task(inner.next_report())
    sent, failure = 0, None
    try:
        sent = await _feed(inner, chunks, verdict)
        inner.writer.write(wire.message(b"c"))
    except (RedshiftError, OSError, ValueError) as error:
        failure = error if isinstance(error, RedshiftError) else RedshiftError(f"COPY failed: {error!r}", "XX000")
        inner.writer.write(wire.message(b"f", b"stopped by the endpoint\0"))
    except BaseException:
        verdict.cancel()
        raise
    try:
        loaded = await inner.finish(await verdict)
    except RedshiftError as error:
        raise failure or error from None
    if loaded != f"COPY {sent}":
        raise RedshiftError(f"COPY sent {sent} rows and PostgreSQL answered {loaded}", "XX000")
    return sent


async def _feed(inner: Backend, chunks: Iterator[Chunk], verdict: asyncio.Task[wire.Message]) -> int:
    """Send chunk after chunk; the next one is made while one is sent."""
    sent = 0
    coming = asyncio.create_task(asyncio.to_thread(next, chunks, None))
    try:
        while (chunk := await coming) is not None and not verdict.done():
            coming = asyncio.create_task(asyncio.to_thread(next, chunks, None))
            await _send(inner, chunk.text)
            sent += chunk.rows
    finally:
        await asyncio.gather(coming, return_exceptions=True)
    return sent


async def _send(inner: Backend, text: bytes) -> None:
    for start in range(0, len(text), PIECE):
        inner.writer.write(wire.message(b"d", text[start : start + PIECE]))
        await inner.writer.drain()
