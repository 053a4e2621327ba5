"""The dimension is a function of the facts: random histories against a fold in plain Python, after every step.

66 examples of 8 histories of changes, side by side with batches of their own, and 60 of snapshots of 12 keys.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lake_platform.warehouse import write
from lake_platform.warehouse.batches import Batch
from lake_platform.warehouse.redshift import RedshiftResource
from lake_platform.warehouse.scd2 import write_history
from lake_platform.warehouse.session import Session
from lake_platform.warehouse.table import target_tables
from lake_platform.warehouse.write import WRITERS
from lake_platform_tests.warehouse.fold import Event, Snapshot, Version, events_of, fold
from lake_platform_tests.warehouse.histories import (
    HISTORY,
    ChangesPlayer,
    SnapshotStep,
    Step,
    run_lengths,
    snapshot_rows,
    snapshot_ticks,
)
from lake_platform_tests.warehouse.tables import StagedRow, Warehouse, day, history_contract, partition

pytestmark = pytest.mark.warehouse
SIDE_BY_SIDE = 8
THOROUGH = settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture
def open_session(redshift: RedshiftResource) -> Iterator[Session]:
    """Statements that commit by themselves; each example opens a transaction of its own and rolls it back."""
    with redshift.autocommit(query_group="properties") as session:
        yield session


@contextmanager
def undone(session: Session) -> Generator[None]:
    session.execute("BEGIN")
    try:
        yield
    finally:
        session.execute("ROLLBACK")


@contextmanager
def shortcuts(taken: bool) -> Generator[None]:
    def general(*args: object) -> object:
        return write_history(*args, shortcuts=False)  # pyright: ignore[reportArgumentType] - passed on as they came

    before = WRITERS["scd2"]
    write.WRITERS["scd2"] = before if taken else general  # pyright: ignore[reportArgumentType] - same arguments
    try:
        yield
    finally:
        write.WRITERS["scd2"] = before


def versions_in(warehouse: Warehouse, columns: str) -> set[Version]:
    """The dimension, having checked what holds of any history."""
    rows = warehouse.rows(f"id, part, valid_from, valid_to, _partition, is_current, version_key, {columns}")
    assert len({row[6] for row in rows}) == len(rows)
    assert all(row[5] == (row[3] is None) for row in rows)
    return {Version(tuple(row[:2]), tuple(row[7:]), *row[2:5]) for row in rows}


@given(histories=st.lists(HISTORY, min_size=SIDE_BY_SIDE, max_size=SIDE_BY_SIDE), taken=st.booleans())
@settings(THOROUGH, max_examples=66)
def test_changes_in_any_order_and_cut_fold_to_the_same_dimension(
    open_session: Session, histories: list[list[list[Step]]], taken: bool
) -> None:
    with undone(open_session), shortcuts(taken):
        warehouse = Warehouse(open_session, history_contract("changes"))
        players = [ChangesPlayer(place) for place in range(SIDE_BY_SIDE)]
        for tick in range(max(map(len, histories))):
            said = [
                player.say(step)
                for player, history in zip(players, histories, strict=True)
                for step in (history[tick] if tick < len(history) else [])
            ]
            warehouse.publish(dict(said))

            expected = fold([event for player in players for event in player.events()], tracked=2)
            assert versions_in(warehouse, "name, amount, note, changed_at") == expected
        assert _stored(warehouse) == sorted(map(_told, (event for each in players for event in each.events())))


def _stored(warehouse: Warehouse) -> list[str]:
    columns = "id, part, _effective_at, _op, name, amount, note, changed_at, _partition"
    return sorted(str(tuple(row)) for row in warehouse.rows(columns, table=2))


def _told(event: Event) -> str:
    return str((*event.key, event.at, event.op, *event.attributes, event.partition))


@given(
    ticks=snapshot_ticks(),
    taken=st.booleans(),
    absent=st.sampled_from(["close", "close", "keep"]),
    doubled=st.booleans(),
)
@settings(THOROUGH, max_examples=60)
def test_snapshots_in_any_order_fold_to_the_same_dimension(
    open_session: Session, ticks: list[list[SnapshotStep]], taken: bool, absent: str, doubled: bool
) -> None:
    with undone(open_session), shortcuts(taken):
        warehouse = Warehouse(open_session, history_contract("snapshot", absent=absent))
        held: dict[int, SnapshotStep] = {}
        for number, tick in enumerate(ticks):
            warehouse.publish(dict(_said(step, number + 1, doubled) for step in tick))
            held = {
                number: step for number, step in {**held, **{s.number: s for s in tick}}.items() if not step.withdrawn
            }

            told = [Snapshot(day(n), step.said(), partition(n), step.closes) for n, step in held.items()]
            expected = fold(events_of(told, absent_closes=absent == "close"), tracked=2)
            assert versions_in(warehouse, "name, amount, note") == expected
            rows = warehouse.rows("id, part, _op, name, amount, note, _effective_at, _partition", table=2)
            encoded = {((row[0], row[1]), row[2], tuple(row[3:6]), row[6], row[7]) for row in rows}
            assert encoded == run_lengths([(each.at, each.partition, each.said) for each in told])
            assert len(rows) == len(encoded)


def _said(step: SnapshotStep, number: int, doubled: bool) -> tuple[Batch, list[StagedRow]]:
    rows = [] if step.withdrawn else snapshot_rows(step.said(), doubled=doubled)
    batch = Batch(
        partition=partition(step.number),
        token=f"{step.number}/{number}",
        number=number,
        rows=len(rows),
        as_of=day(step.number),
        closes=step.closes,
        withdrawn=step.withdrawn,
    )
    return batch, rows


def test_the_tables_have_the_places_that_these_tests_read() -> None:
    names = [spec.table.name for spec in target_tables(history_contract("changes"))]

    assert names == ["dim_things", "dim_things__ledger", "dim_things__events"]
