"""Publishing: batches from staging into the target, by the contract's write mode, in the caller's transaction."""

from collections.abc import Callable, Mapping, Sequence

from lake_platform.contract.strict import WriteMode
from lake_platform.errors import MissingKeyError, NotStagedError
from lake_platform.warehouse.batches import Batch, WriteCounts
from lake_platform.warehouse.ledger import Ledger
from lake_platform.warehouse.load import StagedPartition, missing
from lake_platform.warehouse.names import quote
from lake_platform.warehouse.scd2 import write_history
from lake_platform.warehouse.session import Session
from lake_platform.warehouse.table import PARTITION, Declaration, staging_table, target_name, target_of
from lake_platform.warehouse.write_replace import write_newest, write_partitions
from lake_platform.warehouse.write_upsert import write_upsert

Writer = Callable[[Session, Declaration, Ledger, Sequence[Batch]], Mapping[str, WriteCounts]]

WRITERS: dict[WriteMode, Writer] = {
    "replace": write_newest,
    "replace_partition": write_partitions,
    "upsert": write_upsert,
    "scd2": write_history,
}
BATCHES = "CREATE TEMP TABLE lake_batches (_partition VARCHAR(32), as_of TIMESTAMP)"
"""The batches of a publication, as a table that statements join: values stay out of the text."""


def publish(
    session: Session,
    contract: Declaration,
    batches: Sequence[Batch],
    *,
    run_rules: Callable[[Session], None] | None = None,
) -> dict[str, WriteCounts]:
    """Writes the batches into the target, all or none; must be the first thing that the transaction does.

    A batch under the token that the ledger holds changes nothing; under another token it replaces what it said.

    Args:
        run_rules: looks at the table before COMMIT; what it raises rolls everything back.

    Raises:
        SupersededError: a newer document of a partition is in the table already; nothing was changed.
        NotStagedError: staging does not hold a batch as it should be.
        MissingKeyError: rows have no key or no effective time.
    """
    ledger = Ledger.open(session, target_name(contract))
    counts = apply(session, contract, ledger, batches)
    if run_rules is not None:
        run_rules(session)
    return counts


def apply(session: Session, contract: Declaration, ledger: Ledger, batches: Sequence[Batch]) -> dict[str, WriteCounts]:
    """`publish` under a ledger that is open already."""
    target = target_of(contract)
    pending = ledger.pending(batches)
    counts = {batch.partition: ledger.replayed(batch) for batch in batches if batch not in pending}
    if pending:
        _demand_staged(session, contract, pending)
        _demand_keys(session, contract, pending)
        _put_batches(session, pending)
        written = WRITERS[target.write](session, contract, ledger, pending)
        for partition, count in written.items():
            ledger.count(partition, count)
        counts.update(written)
        session.execute("DROP TABLE lake_batches")
    return {batch.partition: counts[batch.partition] for batch in batches}


def _put_batches(session: Session, batches: Sequence[Batch]) -> None:
    session.execute(BATCHES)
    places = ", ".join("(%s, %s)" for _ in batches)
    values = [value for batch in batches for value in (batch.partition, batch.as_of)]
    session.execute(f"INSERT INTO lake_batches (_partition, as_of)\nVALUES {places}", values)
    session.execute("ANALYZE lake_batches")


def _demand_staged(session: Session, contract: Declaration, batches: Sequence[Batch]) -> None:
    expected = {
        batch.partition: StagedPartition(batch.staged_token or batch.token, 0 if batch.withdrawn else batch.rows)
        for batch in batches
    }
    if absent := missing(session, contract, expected):
        raise NotStagedError(str(staging_table(contract).table), absent)


def _demand_keys(session: Session, contract: Declaration, batches: Sequence[Batch]) -> None:
    target = target_of(contract)
    effective = [] if target.effective_at in (None, PARTITION) else [target.effective_at]
    columns = [*target.keys, *effective]
    if not columns:
        return
    spec = staging_table(contract)
    # A marker row of a snapshot has a key as well: without one there is none.
    found = " OR ".join(f"{quote(column)} IS NULL" for column in columns)
    places = ", ".join("%s" for _ in batches)
    rows = session.query_one(
        f"SELECT COUNT(*)\nFROM {spec.table.sql}\nWHERE _partition IN ({places})\n  AND ({found})",
        [batch.partition for batch in batches],
    )
    if rows[0]:
        raise MissingKeyError(str(spec.table), rows=int(rows[0]), columns=columns)
