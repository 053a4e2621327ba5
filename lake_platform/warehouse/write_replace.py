"""`replace_partition`: each batch replaces its own rows. `replace`: the newest partition is the table.

Rows are never compared: facts may legitimately be equal, so nothing is merged and nothing is made distinct.
"""

from collections.abc import Mapping, Sequence

from lake_platform.warehouse.batches import Batch, WriteCounts
from lake_platform.warehouse.expressions import listed
from lake_platform.warehouse.ledger import Ledger
from lake_platform.warehouse.session import Session
from lake_platform.warehouse.table import Declaration, staging_table, target_table


def write_partitions(
    session: Session, contract: Declaration, ledger: Ledger, batches: Sequence[Batch]
) -> Mapping[str, WriteCounts]:
    """Replaces the rows of these partitions by those in staging."""
    for batch in batches:
        ledger.record(batch)
    deleted = _per_partition(session, target_table(contract).table.sql)
    for statement in render_partitions(contract):
        session.execute(statement)
    inserted = _per_partition(session, target_table(contract).table.sql)
    return {
        batch.partition: WriteCounts(
            rows=batch.rows, inserted=inserted.get(batch.partition, 0), deleted=deleted.get(batch.partition, 0)
        )
        for batch in batches
    }


def write_newest(
    session: Session, contract: Declaration, ledger: Ledger, batches: Sequence[Batch]
) -> Mapping[str, WriteCounts]:
    """Replaces the whole table, if the newest partition of all that ever came is among these."""
    for batch in batches:
        ledger.record(batch)
    newest = max(entry.partition for entry in ledger.entries)
    counts = {batch.partition: WriteCounts(rows=batch.rows, unchanged=batch.rows) for batch in batches}
    if newest in counts:
        table = target_table(contract).table.sql
        deleted = int(session.query_one(f"SELECT COUNT(*) FROM {table}")[0])
        session.execute("DELETE FROM lake_batches\nWHERE _partition <> %s", (newest,))
        for statement in render_newest(contract):
            session.execute(statement)
        inserted = int(session.query_one(f"SELECT COUNT(*) FROM {table}")[0])
        counts[newest] = WriteCounts(rows=counts[newest].rows, inserted=inserted, deleted=deleted)
    return counts


def render_partitions(contract: Declaration) -> tuple[str, ...]:
    """DELETE the partitions, INSERT what staging has of them."""
    table = target_table(contract).table
    return (
        f"DELETE FROM {table.sql}\nUSING lake_batches\nWHERE {table.bare}._partition = lake_batches._partition",
        _insert(contract),
    )


def render_newest(contract: Declaration) -> tuple[str, ...]:
    """DELETE everything (never TRUNCATE: it commits), INSERT what staging has of the newest partition."""
    return (f"DELETE FROM {target_table(contract).table.sql}", _insert(contract))


def _insert(contract: Declaration) -> str:
    target, staging = target_table(contract), staging_table(contract)
    # Marker rows of a snapshot say that a key is unknown: here there is nothing to keep for it.
    real = "\nWHERE s._op = 'U'" if "_op" in staging.column_names else ""
    return (
        f"INSERT INTO {target.table.sql} ({listed(target.column_names)})\n"
        f"SELECT {listed(target.column_names, 's')}\n"
        f"FROM {staging.table.sql} AS s\n"
        f"JOIN lake_batches AS b ON b._partition = s._partition{real}"
    )


def _per_partition(session: Session, table: str) -> dict[str, int]:
    rows = session.query(
        f"SELECT t._partition, COUNT(*)\nFROM {table} AS t\n"
        "JOIN lake_batches AS b ON b._partition = t._partition\nGROUP BY t._partition"
    )
    return {str(partition): int(count) for partition, count in rows}
