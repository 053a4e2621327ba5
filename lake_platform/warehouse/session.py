"""A connection to the warehouse, and the only place where the driver's errors become ours."""

import struct
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from lake_platform.errors import (
    LakeError,
    WarehouseAccessError,
    WarehouseConflictError,
    WarehouseConnectionError,
    WarehouseStatementError,
)

if TYPE_CHECKING:
    # 0.4 s (boto3): not for everyone who loads definitions.
    import redshift_connector

Row = tuple[Any, ...]
Translation = Callable[[Exception, str], LakeError]

CONFLICT_CODES = ("40001", "40P01", "55P03", "55006", "42P06", "42P07", "42701", "42710", "23505")
"""Serialization failure, deadlock, lock not available, object in use; and what two sessions get that create the same
table at once: the second look finds it there."""
LOST_CODES = ("08", "57P01", "57P02", "57P03", "57014", "53")
"""Connection exceptions, shutdown, cancelled by an operator, too many connections."""
LOST_WORDS = (
    "connection is closed",
    "communication error",
    "BrokenPipe",
    "Unable to determine ip",
    "connection time out",
)
"""How the driver words a lost connection: it has no class of its own for that."""


def _statement(error: Exception, sql: str) -> LakeError:
    """An error with the server's fields, or one that the driver raises about our use of it."""
    told = error.args[0] if error.args else ""
    if not isinstance(told, dict):
        return WarehouseStatementError(sql, code="", message=str(error))
    fields = cast("dict[str, str]", told)
    code, message = fields.get("C", ""), " ".join(filter(None, (fields.get("M"), fields.get("D"))))
    if code in CONFLICT_CODES or "Serializable isolation violation" in message:
        return WarehouseConflictError(sql, code=code, message=message)
    if code.startswith(LOST_CODES):
        return WarehouseConnectionError(f"{code} {message}")
    if code.startswith("28"):
        return WarehouseAccessError(message)
    return WarehouseStatementError(sql, code=code, message=message)


def _interface(error: Exception, sql: str) -> LakeError:
    if error.args and isinstance(error.args[0], dict):
        return _statement(error, sql)
    text = " ".join(str(part) for part in error.args)
    return WarehouseConnectionError(text) if any(word in text for word in LOST_WORDS) else WarehouseAccessError(text)


def _lost(error: Exception, sql: str) -> LakeError:
    del sql
    return WarehouseConnectionError(f"{type(error).__name__}: {error}")


@cache
def translations() -> dict[type[Exception], Translation]:
    """What becomes of every exception class of the driver, by its exact class or its nearest base."""
    from redshift_connector import error as driver

    return {
        driver.Warning: _statement,
        driver.Error: _statement,
        driver.InterfaceError: _interface,
        driver.DatabaseError: _statement,
        driver.DataError: _statement,
        driver.OperationalError: _interface,
        driver.IntegrityError: _statement,
        driver.InternalError: _statement,
        driver.ProgrammingError: _statement,
        driver.NotSupportedError: _statement,
        driver.ArrayContentNotSupportedError: _statement,
        driver.ArrayContentNotHomogenousError: _statement,
        driver.ArrayDimensionsNotConsistentError: _statement,
        # The driver lets the socket's own errors through (TLS errors are among them); struct.error is an answer cut short.
        OSError: _lost,
        EOFError: _lost,
        struct.error: _lost,
    }


@contextmanager
def translated(sql: str = "") -> Generator[None]:
    """Turns the driver's errors into ours; `sql` is the statement that is run.

    Raises:
        WarehouseStatementError: the warehouse refused it.
        WarehouseConflictError: another transaction was in the way.
        WarehouseConnectionError: the connection is gone or cannot be made.
        WarehouseAccessError: user, password, role or certificate are not accepted.
    """
    try:
        yield
    except tuple(translations()) as error:
        known = next(kind for kind in type(error).__mro__ if kind in translations())
        raise translations()[known](error, sql) from error


class Session:
    """Runs statements on one connection. Who opened it decides about its transaction."""

    def __init__(self, connection: "redshift_connector.Connection", *, in_transaction: bool) -> None:
        self._connection = connection
        self.in_transaction = in_transaction
        """False: every statement commits by itself."""

    def execute(self, sql: str, params: Sequence[object] = ()) -> None:
        """Runs one statement for its effect.

        Raises:
            WarehouseStatementError: the warehouse refused it.
            WarehouseConflictError: another transaction was in the way.
            WarehouseConnectionError: the connection is gone.
        """
        self.query_table(sql, params)

    def query(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        """Runs one statement and gives its rows; errors as `execute`."""
        return self.query_table(sql, params)[1]

    def query_table(self, sql: str, params: Sequence[object] = ()) -> tuple[list[str], list[Row]]:
        """Runs one statement and gives the names of its columns and its rows; errors as `execute`."""
        with translated(sql), self._connection.cursor() as cursor:
            # Without parameters the driver takes the text as it is, percent signs included.
            cursor.execute(sql, list(params) or None)
            names = [_text(column[0]) for column in cursor.description or ()]
            return names, [tuple(row) for row in cursor.fetchall()] if names else []

    def query_one(self, sql: str, params: Sequence[object] = ()) -> Row:
        """The only row of a query; errors as `execute`."""
        rows = self.query_table(sql, params)[1]
        if len(rows) != 1:
            raise WarehouseStatementError(sql, code="", message=f"one row was expected, {len(rows)} came")
        return rows[0]


def _text(name: object) -> str:
    """The driver gives names as bytes or text, by the protocol it has agreed on."""
    return name.decode() if isinstance(name, bytes) else str(name)
