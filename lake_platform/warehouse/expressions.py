"""Pieces of SQL over several columns, as Redshift and PostgreSQL both read them."""

from collections.abc import Iterable, Sequence

from lake_platform.contract.types import parse_type
from lake_platform.warehouse.names import quote
from lake_platform.warehouse.table import TableColumn


def listed(columns: Iterable[str], alias: str = "") -> str:
    """Columns with commas: `s."a", s."b"`."""
    dot = f"{alias}." if alias else ""
    return ", ".join(dot + quote(column) for column in columns)


def same_key(left: str, right: str, keys: Iterable[str]) -> str:
    """The condition of a join by key. Keys are never NULL.

    Redshift takes two keys for one that differ in trailing blanks only; PostgreSQL does not.
    """
    return " AND ".join(f"{left}.{quote(key)} = {right}.{quote(key)}" for key in keys)


def differs(left: str, right: str, columns: Sequence[TableColumn]) -> str:
    """Whether any column differs between two rows; NULL is a value of its own.

    True, or else false or NULL: good for WHERE and CASE, not under NOT.
    """
    pairs = [(f"{left}.{quote(each.name)}", f"{right}.{quote(each.name)}", each) for each in columns]
    return any_differs(pairs)


def any_differs(pairs: Sequence[tuple[str, str, TableColumn]]) -> str:
    """Whether any pair of expressions of a column's type differs; false where there is no pair."""
    if not pairs:
        return "1 = 0"
    return "(" + "\n    OR ".join(_differ(one, other, column) for one, other, column in pairs) + ")"


def _differ(one: str, other: str, column: TableColumn) -> str:
    text = f"{one} <> {other} OR ({one} IS NULL AND {other} IS NOT NULL) OR ({one} IS NOT NULL AND {other} IS NULL)"
    # Redshift compares without trailing blanks, but counts them.
    return f"{text} OR LENGTH({one}) <> LENGTH({other})" if column.type.startswith("VARCHAR") else text


def version_key(keys: Sequence[TableColumn], alias: str, valid_from: str) -> str:
    """md5 over the business key and the start of the version; each part with its length, so that none runs into the next."""
    parts = [_text(f"{alias}.{quote(key.name)}", key) for key in keys]
    sized = [f"CAST(LENGTH({part}) AS VARCHAR(10)) || ':' || {part}" for part in parts]
    return f"MD5({' || '.join(sized)} || {_moment(valid_from)})"


def _text(expression: str, column: TableColumn) -> str:
    """A value as text, the same on every engine."""
    family = parse_type(column.type).family
    if family == "string":
        return f"RTRIM({expression})" if column.type.startswith("CHAR") else expression
    if family == "timestamp":
        return _moment(expression)
    if family == "date":
        return f"TO_CHAR({expression}, 'YYYY-MM-DD')"
    if family == "boolean":
        return f"CASE WHEN {expression} THEN 'true' ELSE 'false' END"
    return f"CAST({expression} AS VARCHAR(64))"


def _moment(expression: str) -> str:
    return f"TO_CHAR({expression}, 'YYYY-MM-DD HH24:MI:SS.US')"
