"""`upsert`: one row per key, the one with the highest (effective time, rank).

Effective time and rank are columns of the table, so late data never wins over what is newer. A deleted key leaves the
table; when and by which row it was deleted stays in `<table>__deleted`, so that an older upsert which arrives later finds
that it is too late. Nothing is taken back: a row that a rewritten file no longer has stays until something newer comes.
"""

from collections.abc import Mapping, Sequence

from lake_platform.warehouse.batches import Batch, WriteCounts
from lake_platform.warehouse.expressions import differs, listed, same_key
from lake_platform.warehouse.ledger import Ledger
from lake_platform.warehouse.names import quote
from lake_platform.warehouse.session import Session
from lake_platform.warehouse.table import (
    PARTITION,
    RANK,
    Declaration,
    TableColumn,
    TableSpec,
    staging_table,
    target_of,
    target_table,
    target_tables,
)

COUNTS = """SELECT _partition,
  SUM(CASE WHEN _act = 'I' THEN 1 ELSE 0 END),
  SUM(CASE WHEN _act = 'U' THEN 1 ELSE 0 END),
  SUM(CASE WHEN _act = 'D' THEN 1 ELSE 0 END)
FROM lake_rows
GROUP BY _partition"""
"""I: new key. U: other values. S: the same values by a newer row. D: a key that goes. G: a key that is not there anyway."""


def write_upsert(
    session: Session, contract: Declaration, ledger: Ledger, batches: Sequence[Batch]
) -> Mapping[str, WriteCounts]:
    """Lets the rows of these batches compete with what the table holds."""
    for batch in batches:
        ledger.record(batch)
    for statement in render_compare(contract):
        session.execute(statement)
    counted = {str(row[0]): [int(value) for value in row[1:]] for row in session.query(COUNTS)}
    for statement in render_upsert(contract):
        session.execute(statement)
    return {batch.partition: _counts(batch, counted.get(batch.partition, [0, 0, 0])) for batch in batches}


def render_compare(contract: Declaration) -> tuple[str, ...]:
    """The best row of each key in staging, where it is better than what the table and its deletes hold."""
    target, staging = target_of(contract), staging_table(contract)
    spec, _, deleted = target_tables(contract)
    columns = [column.name for column in contract.produced]
    effective = (
        "b.as_of"
        if target.effective_at in (None, PARTITION)
        else f"CAST(s.{quote(str(target.effective_at))} AS TIMESTAMP)"
    )
    origin = ("_partition", *RANK, "_token")
    by_content = ", ".join(f"s.{quote(name)} DESC" for name in columns if name not in target.keys)
    return (
        f"""CREATE TEMP TABLE lake_rows AS
SELECT {listed((*columns, *origin), "n")}, n._op, n._effective_at,
  CASE
    WHEN n._op = 'D' AND t._effective_at IS NULL THEN 'G'
    WHEN n._op = 'D' THEN 'D'
    WHEN t._effective_at IS NULL THEN 'I'
    WHEN {differs("n", "t", _values(contract))} THEN 'U'
    ELSE 'S'
  END AS _act
FROM (
  SELECT {listed((*columns, *origin), "s")}, s._op, {effective} AS _effective_at,
    ROW_NUMBER() OVER (
      PARTITION BY {listed(target.keys, "s")}
      ORDER BY {effective} DESC, s._file_time DESC, s._file DESC, s._row DESC, s._op{", " + by_content if by_content else ""}
    ) AS _place
  FROM {staging.table.sql} AS s
  JOIN lake_batches AS b ON b._partition = s._partition
  WHERE s._op IN ('U', 'D')
) AS n
LEFT JOIN {spec.table.sql} AS t ON {same_key("t", "n", target.keys)}
LEFT JOIN {deleted.table.sql} AS d ON {same_key("d", "n", target.keys)}
WHERE n._place = 1
  AND (t._effective_at IS NULL OR {_not_below("n", "t")})
  AND (d._effective_at IS NULL OR {_not_below("n", "d")})""",
        "ANALYZE lake_rows",
    )


def render_upsert(contract: Declaration) -> tuple[str, ...]:
    """The better rows into the table and its deletes."""
    keys = target_of(contract).keys
    spec, _, deleted = target_tables(contract)
    others = [name for name in spec.column_names if name not in keys]
    values = ",\n  ".join(f"{quote(name)} = lake_rows.{quote(name)}" for name in others)
    at_target, at_deleted = (
        same_key(spec.table.bare, "lake_rows", keys),
        same_key(deleted.table.bare, "lake_rows", keys),
    )
    return (
        f"DELETE FROM {deleted.table.sql}\nUSING lake_rows\nWHERE {at_deleted}",
        f"DELETE FROM {spec.table.sql}\nUSING lake_rows\nWHERE lake_rows._act = 'D'\n  AND {at_target}",
        f"UPDATE {spec.table.sql}\nSET {values}\nFROM lake_rows\nWHERE lake_rows._act IN ('U', 'S')\n  AND {at_target}",
        _insert(spec, "_act = 'I'"),
        _insert(deleted, "_op = 'D'"),
        "DROP TABLE lake_rows",
    )


def _insert(spec: TableSpec, which: str) -> str:
    names = listed(spec.column_names)
    return f"INSERT INTO {spec.table.sql} ({names})\nSELECT {names}\nFROM lake_rows\nWHERE {which}"


def _not_below(one: str, other: str) -> str:
    """Whether a row's standing is at least that of another: the same row under a new token comes in its own place."""
    text = f"{one}._row >= {other}._row"
    for name in ("_file", "_file_time", "_effective_at"):
        text = f"({one}.{name} > {other}.{name} OR ({one}.{name} = {other}.{name} AND {text}))"
    return text


def _values(contract: Declaration) -> list[TableColumn]:
    produced = {column.name for column in contract.produced} - set(target_of(contract).keys)
    return [column for column in target_table(contract).columns if column.name in produced]


def _counts(batch: Batch, counted: Sequence[int]) -> WriteCounts:
    inserted, updated, deleted = counted
    return WriteCounts(
        rows=batch.rows,
        inserted=inserted,
        updated=updated,
        deleted=deleted,
        unchanged=batch.rows - inserted - updated - deleted,
    )
