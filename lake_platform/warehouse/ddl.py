"""DDL: tables made where they are missing, and changed where a change loses nothing."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from lake_platform.errors import TableColumnError
from lake_platform.warehouse.names import TableName, quote
from lake_platform.warehouse.session import Session
from lake_platform.warehouse.table import TableColumn, TableSpec


@dataclass(frozen=True)
class TableChange:
    """What `ensure_table` did."""

    table: TableName
    created: bool = False
    added: tuple[str, ...] = ()
    widened: tuple[str, ...] = ()


def ensure_tables(session: Session, specs: Iterable[TableSpec]) -> list[TableChange]:
    """`ensure_table` for each."""
    return [ensure_table(session, spec) for spec in specs]


def ensure_table(session: Session, spec: TableSpec) -> TableChange:
    """Makes the table what the spec says: created, or columns added and VARCHARs widened.

    For a session that commits each statement (Redshift widens a column outside transactions only). What is done
    depends on what is there, so a call that was cut off half-way is finished by the next one.

    Raises:
        TableColumnError: a column would have to be narrowed, retyped or change its NOT NULL; nothing is changed then.
    """
    found = _read_columns(session, spec.table)
    if not found:
        for statement in render_create(spec):
            session.execute(statement)
        return TableChange(spec.table, created=True)
    added = [column for column in spec.columns if column.name not in found]
    kept = [(column, found[column.name]) for column in spec.columns if column.name in found]
    widened = [column for column, there in kept if _must_widen(spec, column, there)]
    for column in added:
        session.execute(render_add(spec.table, column))
    for column in widened:
        session.execute(render_widen(spec.table, column))
    names = (tuple(each.name for each in added), tuple(each.name for each in widened))
    return TableChange(spec.table, added=names[0], widened=names[1])


@dataclass(frozen=True)
class TableDifferences:
    """Where a table is not as declared, one sentence each: what is missing or another one, and what is there beside it."""

    wrong: tuple[str, ...] = ()
    undeclared: tuple[str, ...] = ()


def compare_table(session: Session, spec: TableSpec) -> TableDifferences:
    """Compares the table in the warehouse with its declaration, in one query."""
    found = _read_columns(session, spec.table)
    if not found:
        return TableDifferences((f"{spec.table} does not exist",))
    wrong = (
        f"{column.name} is {_told(found[column.name]) if column.name in found else 'missing'}, not {_told(column)}"
        for column in spec.columns
        if found.get(column.name) != column
    )
    return TableDifferences(
        tuple(wrong), tuple(f"{name} is not declared" for name in found if name not in spec.column_names)
    )


def differences(session: Session, spec: TableSpec) -> list[str]:
    """The same in one list."""
    found = compare_table(session, spec)
    return [*found.wrong, *found.undeclared]


def render_create(spec: TableSpec) -> tuple[str, ...]:
    """The statements that make a schema and a table."""
    columns = ",\n  ".join(
        f"{quote(each.name)} {each.type}{' NOT NULL' if each.not_null else ''}" for each in spec.columns
    )
    distribution = f" DISTKEY ({quote(spec.dist_key)})" if spec.dist_key else " DISTSTYLE ALL" if spec.dist_all else ""
    order = f" SORTKEY ({', '.join(map(quote, spec.sort_key))})" if spec.sort_key else ""
    return (
        f"CREATE SCHEMA IF NOT EXISTS {quote(spec.table.schema)}",
        f"CREATE TABLE IF NOT EXISTS {spec.table.sql} (\n  {columns}\n){distribution}{order}",
    )


def render_add(table: TableName, column: TableColumn) -> str:
    """A new column, at the end. Never NOT NULL: the rows that are there have no value for it."""
    return f"ALTER TABLE {table.sql} ADD COLUMN {quote(column.name)} {column.type}"


def render_widen(table: TableName, column: TableColumn) -> str:
    """A longer VARCHAR."""
    return f"ALTER TABLE {table.sql} ALTER COLUMN {quote(column.name)} TYPE {column.type}"


def _must_widen(spec: TableSpec, wanted: TableColumn, found: TableColumn) -> bool:
    widens = _length(found) is not None and (_length(wanted) or 0) > (_length(found) or 0)
    if wanted.not_null != found.not_null or (wanted.type != found.type and not widens):
        raise TableColumnError(str(spec.table), wanted.name, found=_told(found), wanted=_told(wanted))
    return widens


def _length(column: TableColumn) -> int | None:
    match = re.fullmatch(r"VARCHAR\((\d+)\)", column.type)
    return int(match[1]) if match else None


def _told(column: TableColumn) -> str:
    return column.type + (" NOT NULL" if column.not_null else "")


def _read_columns(session: Session, table: TableName) -> dict[str, TableColumn]:
    rows = session.query(
        "SELECT column_name, data_type, character_maximum_length, numeric_precision, numeric_scale, is_nullable\n"
        "FROM svv_columns\n"
        "WHERE table_schema = %s AND table_name = %s",
        (table.schema, table.name),
    )
    return {str(name): TableColumn(str(name), _type(*rest), nullable == "NO") for name, *rest, nullable in rows}


def _type(name: str, length: int | None, precision: int | None, scale: int | None) -> str:
    """The type in the words of the contract's type table."""
    if name == "character varying":
        return f"VARCHAR({length})"
    if name == "character":
        return f"CHAR({length})"
    if name == "numeric":
        return f"DECIMAL({precision},{scale})"
    return "TIMESTAMP" if name == "timestamp without time zone" else name.upper()
