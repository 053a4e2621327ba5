"""The write modes that keep no history."""

import itertools
from collections.abc import Mapping
from decimal import Decimal

import pytest

from lake_platform.contract.dataset import DatasetContract
from lake_platform.warehouse.batches import Batch
from lake_platform.warehouse.session import Session
from lake_platform.warehouse.table import target_name
from lake_platform_tests.warehouse.tables import COLUMNS, KEYS, StagedRow, Warehouse, contract_of, day, partition

pytestmark = pytest.mark.warehouse


def row(number: int, name: str = "a", *, at: int = 1, op: str = "U", place: int = 1, age: int = 0) -> StagedRow:
    values = {"id": number, "part": "x", "name": name, "amount": Decimal(1), "note": "n", "changed_at": day(at)}
    return StagedRow(values, op=op, row=place, file_time=day(20 - age))


def upserted() -> DatasetContract:
    return contract_of("changes", "upsert", keys=KEYS, effective_at="changed_at")


@pytest.fixture
def facts(session: Session) -> Warehouse:
    return Warehouse(session, contract_of("events", "replace_partition"))


@pytest.fixture
def latest(session: Session) -> Warehouse:
    return Warehouse(session, upserted())


def test_a_partition_replaces_its_own_rows_only(facts: Warehouse) -> None:
    facts.say(1, row(1), row(1), row(2))
    facts.say(2, row(3))
    counts = facts.say(1, row(1))

    assert facts.rows("id, _partition") == [(1, partition(1)), (3, partition(2))]
    assert (counts.inserted, counts.deleted) == (1, 3)


def test_equal_rows_of_a_fact_table_are_all_kept(facts: Warehouse) -> None:
    facts.say(1, row(1), row(1))

    assert facts.rows("id") == [(1,), (1,)]


def test_a_partition_is_written_once_under_one_token(facts: Warehouse) -> None:
    facts.say(1, row(1), token="t")
    facts.session.execute(f"DELETE FROM {target_name(facts.contract).sql}")
    counts = facts.say(1, row(1), token="t")

    assert facts.rows() == []
    assert (counts.inserted, counts.replayed) == (1, True)


def test_a_withdrawn_partition_takes_its_rows_along(facts: Warehouse) -> None:
    facts.say(1, row(1))
    facts.say(2, row(2))
    facts.say(1, withdrawn=True)

    assert facts.rows("id") == [(2,)]


def test_the_newest_partition_is_the_table(session: Session) -> None:
    table = Warehouse(session, contract_of("snapshot", "replace"))
    table.say(1, row(1))
    table.say(3, row(3), StagedRow({"id": 4, "part": "x"}, op="?"))
    late = table.say(2, row(2))

    assert table.rows("id") == [(3,)]
    assert (late.inserted, late.unchanged) == (0, 1)


def test_many_snapshots_at_once_leave_the_newest(session: Session) -> None:
    table = Warehouse(session, contract_of("snapshot", "replace"))
    said = {Batch(partition=partition(n), token="t", number=1, rows=1): [row(n)] for n in (2, 3, 1)}
    table.publish(said)

    assert table.rows("id") == [(3,)]


EVENTS: Mapping[int, StagedRow] = {
    1: row(1, "first", at=1),
    2: row(1, "gone", at=3, op="D"),
    3: row(1, "between", at=2),
    4: row(2, "other", at=1),
}


@pytest.mark.parametrize("order", list(itertools.permutations(EVENTS)), ids=str)
def test_an_upsert_is_the_same_in_every_order_and_a_deleted_key_stays_out(
    latest: Warehouse, order: tuple[int, ...]
) -> None:
    for number in order:
        latest.say(number, EVENTS[number])

    assert latest.rows("id, name") == [(2, "other")]
    assert latest.rows("id, _effective_at", table=2) == [(1, day(3))]


def test_the_newest_effective_time_wins_then_the_rank(latest: Warehouse) -> None:
    latest.say(1, row(1, "new", at=5))
    latest.say(2, row(1, "late", at=4))
    latest.say(3, row(1, "older file", at=5, age=1, place=9))
    newer = latest.say(4, row(1, "newer file", at=5, age=-1))

    assert latest.rows("name, _partition") == [("newer file", partition(4))]
    assert (newer.updated, newer.unchanged) == (1, 0)


def test_a_key_that_is_back_leaves_the_deleted(latest: Warehouse) -> None:
    latest.say(1, row(1, at=1))
    gone = latest.say(2, row(1, at=2, op="D"))
    latest.say(3, row(1, "back", at=3))

    assert latest.rows("name") == [("back",)]
    assert latest.rows(table=2) == []
    assert gone.deleted == 1


def test_the_same_row_under_a_new_token_comes_in_its_own_place(latest: Warehouse) -> None:
    latest.say(1, row(1, "computed wrongly"))
    latest.say(1, row(1, "computed rightly"))

    assert latest.rows("name") == [("computed rightly",)]


def test_equal_values_by_a_newer_row_are_no_update_but_raise_the_bar(latest: Warehouse) -> None:
    columns = [column for column in COLUMNS if column["name"] != "changed_at"]
    table = Warehouse(
        latest.session,
        contract_of("changes", "upsert", name="plain", columns=columns, keys=KEYS, effective_at="partition"),
    )
    table.say(1, row(1, "a"))
    again = table.say(3, row(1, "a"))
    table.say(2, row(1, "late"))

    assert table.rows("name, _effective_at") == [("a", day(3))]
    assert (again.updated, again.unchanged) == (0, 1)


def test_several_rows_of_a_key_in_one_batch_are_one_row(latest: Warehouse) -> None:
    counts = latest.say(1, row(1, "a", at=1), row(1, "c", at=3, place=2), row(1, "b", at=2, place=3))

    assert latest.rows("name") == [("c",)]
    assert (counts.rows, counts.inserted, counts.unchanged) == (3, 1, 2)
