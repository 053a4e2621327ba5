"""Rows that are made inside the warehouse: a SELECT over other tables, staged in a temporary table of the transaction."""

from collections.abc import Mapping, Sequence

from lake_platform.errors import StrayRowsError
from lake_platform.warehouse.expressions import listed
from lake_platform.warehouse.names import quote
from lake_platform.warehouse.session import Session
from lake_platform.warehouse.table import ORIGIN, RANK, TableSpec

WANTED = "lake_wanted"
"""The partitions that are to be made, each with its token; what binds a SELECT to them."""
CREATE_WANTED = f"CREATE TEMP TABLE {WANTED} (_partition VARCHAR(32) NOT NULL, token VARCHAR(64) NOT NULL)"


def make_rows(
    session: Session, spec: TableSpec, select: str, *, yields: Sequence[str], wanted: Mapping[str, str]
) -> dict[str, int]:
    """Runs the SELECT and stages its rows.

    Args:
        spec: the staging table as it should be, a temporary one.
        yields: the names of the columns of the SELECT.
        wanted: partition to the token that its rows carry.

    Returns:
        How many rows each of the wanted partitions has.

    Raises:
        StrayRowsError: rows belong to no wanted partition.
    """
    session.execute(CREATE_WANTED)
    places = ", ".join("(%s, %s)" for _ in wanted)
    values = [value for pair in wanted.items() for value in pair]
    session.execute(f"INSERT INTO {WANTED} (_partition, token)\nVALUES {places}", values)
    session.execute(f"ANALYZE {WANTED}")
    for statement in render_make(spec, select, yields):
        session.execute(statement)
    rows = session.query(f"SELECT _partition, _token, COUNT(*)\nFROM {spec.table.sql}\nGROUP BY _partition, _token")
    if strays := {str(partition): int(count) for partition, token, count in rows if not token}:
        raise StrayRowsError(str(spec.table), strays)
    return dict.fromkeys(wanted, 0) | {str(partition): int(count) for partition, _, count in rows}


def render_make(spec: TableSpec, select: str, yields: Sequence[str]) -> tuple[str, ...]:
    """The temporary table, and the rows of the SELECT in it with their partition, rank and token.

    Rows without a rank of their own have that of their partition, so that the later of two partitions counts, whichever
    was written first.
    """
    own = [name for name in spec.column_names if name in yields and name not in ("_partition", *RANK)]
    parted = "_partition" in yields
    partition = "COALESCE(q._partition, '')" if parted else "w._partition"
    ranked = {name: f"q.{quote(name)}" for name in RANK} if set(RANK) <= set(yields) else _rank(partition)
    join = f"LEFT JOIN {WANTED} AS w ON w._partition = q._partition" if parted else f"CROSS JOIN {WANTED} AS w"
    values = {
        **{name: f"q.{quote(name)}" for name in own},
        **({"_op": "'U'"} if "_op" in spec.column_names else {}),
        "_partition": partition,
        **{name: ranked[name] for name in RANK},
        "_token": "COALESCE(w.token, '')",
    }
    columns = ",\n  ".join(
        f"{quote(each.name)} {each.type}{' NOT NULL' if each.not_null else ''}" for each in spec.columns
    )
    insert = (
        f"INSERT INTO {spec.table.sql} ({listed(values)})\nSELECT {', '.join(values.values())}\n"
        f"FROM (\n{select}\n) AS q\n{join}"
    )
    return (
        f"CREATE TEMP TABLE {spec.table.sql} (\n  {columns}\n)",
        insert,
        f"ANALYZE {spec.table.sql}",
    )


def render_forget(spec: TableSpec) -> tuple[str, ...]:
    """Drops what `make_rows` made."""
    return (f"DROP TABLE {spec.table.sql}", f"DROP TABLE {WANTED}")


def _rank(partition: str) -> dict[str, str]:
    kinds = {column.name: column.type for column in ORIGIN}
    first = {"_file_time": "CAST('1970-01-01' AS TIMESTAMP)", "_row": "0"}
    return {name: first.get(name, f"CAST({partition} AS {kinds[name]})") for name in RANK}
