"""SCD2: the dimension as a pure function of the events, in whatever order and cut their batches come.

| path | when | what it reads |
| --- | --- | --- |
| first load | nothing was applied yet (changes: every key once, no delete) | staging |
| forward snapshot | later than every snapshot applied before | staging, the current rows |
| changes | everything else | the events of touched keys |
| late snapshot | not later than all others, a replacement, a withdrawal | staging, the events, those of touched keys |

All lead to the same tables. Order of writing: DELETE, UPDATE, INSERT; an INSERT before an UPDATE can deadlock on Redshift.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace

from lake_platform.errors import TargetDeclarationError
from lake_platform.warehouse import scd2_changes, scd2_fold, scd2_forward, scd2_snapshots
from lake_platform.warehouse.batches import Batch, WriteCounts
from lake_platform.warehouse.ledger import Entry, Ledger
from lake_platform.warehouse.scd2_history import History, history_of
from lake_platform.warehouse.session import Session
from lake_platform.warehouse.table import Declaration

Counts = dict[str, WriteCounts]


def write_history(
    session: Session,
    contract: Declaration,
    ledger: Ledger,
    batches: Sequence[Batch],
    *,
    shortcuts: bool = True,
) -> Mapping[str, WriteCounts]:
    """Applies the batches that staging holds.

    Args:
        shortcuts: False takes the general path always; the tables are the same.
    """
    history = history_of(contract)
    _demand_times(contract, history, batches)
    if history.snapshots:
        return _write_snapshots(session, history, ledger, batches, shortcuts=shortcuts)
    return _write_changes(session, history, ledger, batches, shortcuts=shortcuts)


def _demand_times(contract: Declaration, history: History, batches: Sequence[Batch]) -> None:
    for batch in batches:
        if batch.as_of is None and history.effective is None:
            raise TargetDeclarationError(
                contract.name, f"effective_at is the partition, but {batch.partition!r} is no date: name a column"
            )


def _write_changes(
    session: Session, history: History, ledger: Ledger, batches: Sequence[Batch], *, shortcuts: bool
) -> Counts:
    first = shortcuts and not ledger.entries and not session.query_one(scd2_changes.render_probe(history))[0]
    for batch in batches:
        ledger.record(batch)
    counts = {batch.partition: WriteCounts(rows=batch.rows) for batch in batches}
    if first:
        _execute(session, scd2_changes.render_first(history))
        return {partition: each.plus(inserted=each.rows) for partition, each in counts.items()}
    _execute(session, scd2_changes.render_events(history))
    return _fold(session, history, counts, scd2_changes.render_facts(history))


def _write_snapshots(
    session: Session, history: History, ledger: Ledger, batches: Sequence[Batch], *, shortcuts: bool
) -> Counts:
    known = ledger.snapshots()
    newest = known[-1].as_of if known else None
    counts: Counts = {}
    by_time = sorted(batches, key=_as_of)
    forward = [each for each in by_time if shortcuts and not each.withdrawn and (not newest or _as_of(each) > newest)]
    late = [each for each in by_time if each not in forward]
    if late:
        session.execute(scd2_snapshots.render_log(history))
        for batch in late:
            counts[batch.partition] = _splice(session, history, ledger, batch)
        _execute(session, scd2_snapshots.render_touched(history))
        counts = _fold(session, history, counts, scd2_snapshots.render_facts(history))
    for batch in forward:
        counts[batch.partition] = _go_forward(session, history, ledger, batch)
    return counts


def _splice(session: Session, history: History, ledger: Ledger, batch: Batch) -> WriteCounts:
    """Edits the events for one snapshot and logs the keys that are to be folded."""
    _put_snapshot(session, history, ledger, batch)
    if batch.withdrawn:
        _execute(session, scd2_snapshots.render_withdrawal(history))
    else:
        _state(session, history)
        _execute(session, scd2_snapshots.render_edit(history))
    _execute(session, scd2_snapshots.render_splice(history))
    return WriteCounts(rows=batch.rows)


def _go_forward(session: Session, history: History, ledger: Ledger, batch: Batch) -> WriteCounts:
    first = not ledger.snapshots()
    _put_snapshot(session, history, ledger, batch)
    _state(session, history)
    if first:
        keys = session.query_one("SELECT COUNT(*) FROM lake_stated WHERE _op = 'U'")[0]
        _execute(session, scd2_forward.render_first(history))
        return WriteCounts(rows=batch.rows, inserted=int(keys))
    _execute(session, scd2_forward.render_forward(history))
    inserted, updated, closed = (int(value or 0) for value in session.query_one(scd2_forward.COUNT))
    upserts = int(session.query_one("SELECT COUNT(*) FROM lake_stated WHERE _op = 'U'")[0])
    _execute(session, scd2_forward.render_write(history))
    return WriteCounts(
        rows=batch.rows, inserted=inserted, updated=updated, closed=closed, unchanged=upserts - inserted - updated
    )


def _put_snapshot(session: Session, history: History, ledger: Ledger, batch: Batch) -> None:
    """Puts the snapshot into the ledger, and itself and its neighbours into `lake_at`."""
    others = [entry for entry in ledger.snapshots() if entry.partition != batch.partition]
    ledger.record(batch)
    moment = _as_of(batch)
    before = [entry for entry in others if _moment(entry) < moment]
    after = next((entry for entry in others if _moment(entry) > moment), None)
    session.execute(scd2_snapshots.AT)
    session.execute(
        scd2_snapshots.INSERT_AT,
        (
            batch.partition,
            moment,
            after.partition if after else None,
            after.as_of if after else None,
            _open_from(history, before, moment),
            batch.closes and history.absent_closes,
        ),
    )


def _open_from(history: History, before: Sequence[Entry], moment: dt.datetime) -> dt.datetime:
    """The first of the snapshots before `moment`, without a gap, that close nothing; `moment` where there is none."""
    start = moment
    for entry in reversed(before):
        if entry.closes and history.absent_closes:
            break
        start = _moment(entry)
    return start


def _state(session: Session, history: History) -> None:
    once = not session.query_one(scd2_snapshots.render_probe(history))[0]
    _execute(session, scd2_snapshots.render_stated(history, once=once))


def _fold(session: Session, history: History, counts: Counts, facts: str) -> Counts:
    """Brings the dimension to what the events of the touched keys say, and writes nothing where it says so already."""
    _execute(session, scd2_fold.render_versions(history, facts))
    _execute(session, scd2_fold.render_changes(history))
    for batch, unchanged in session.query(scd2_fold.render_unchanged(history)):
        counts[str(batch)] = replace(counts[str(batch)], unchanged=int(unchanged))
    rows = session.query(scd2_fold.COUNT_CHANGES)
    for batch, inserted, updated, closed, deleted in rows:
        counts[str(batch)] = counts[str(batch)].plus(
            inserted=int(inserted), updated=int(updated), closed=int(closed), deleted=int(deleted)
        )
    if any(row[4] for row in rows):
        session.execute(scd2_fold.render_delete(history))
    if any(row[2] or row[3] for row in rows):
        session.execute(scd2_fold.render_update(history))
    if any(row[1] for row in rows):
        session.execute(scd2_fold.render_insert(history))
    _execute(session, scd2_fold.render_end())
    return counts


def _execute(session: Session, statements: Sequence[str]) -> None:
    for statement in statements:
        session.execute(statement)


def _as_of(batch: Batch) -> dt.datetime:
    if batch.as_of is None:
        raise ValueError(f"snapshot {batch.partition} without a date")
    return batch.as_of


def _moment(entry: Entry) -> dt.datetime:
    if entry.as_of is None:
        raise ValueError(f"snapshot {entry.partition} without a date")
    return entry.as_of
