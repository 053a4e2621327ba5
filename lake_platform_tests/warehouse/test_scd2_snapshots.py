"""SCD2 from snapshots: what a snapshot says of every key, in whatever order they come."""

import itertools
from decimal import Decimal

import pytest

from lake_platform.errors import TargetDeclarationError
from lake_platform.warehouse.batches import Batch
from lake_platform.warehouse.session import Row, Session
from lake_platform_tests.warehouse.tables import StagedRow, Warehouse, day, history_contract

pytestmark = pytest.mark.warehouse


@pytest.fixture
def warehouse(session: Session) -> Warehouse:
    return Warehouse(session, history_contract("snapshot"))


def has(number: int, name: str = "a", *, note: str = "n", op: str = "U") -> StagedRow:
    """A row of a snapshot."""
    return StagedRow({"id": number, "part": "x", "name": name, "amount": Decimal(1), "note": note}, op=op)


def unknown(number: int) -> StagedRow:
    """A key whose row went to quarantine."""
    return StagedRow({"id": number, "part": "x"}, op="?")


def shown(warehouse: Warehouse) -> list[Row]:
    return warehouse.rows("id, name, valid_from, valid_to")


def test_an_absent_key_is_closed_and_opened_again_when_it_is_back(warehouse: Warehouse) -> None:
    warehouse.say(1, has(1), has(2))
    gone = warehouse.say(2, has(2))
    back = warehouse.say(3, has(1), has(2))

    assert shown(warehouse) == [(1, "a", day(1), day(2)), (1, "a", day(3), None), (2, "a", day(1), None)]
    assert (gone.closed, gone.unchanged, back.inserted, back.unchanged) == (1, 1, 1, 1)


def test_an_absent_key_stays_where_the_contract_keeps_it(session: Session) -> None:
    warehouse = Warehouse(session, history_contract("snapshot", absent="keep"))
    warehouse.say(1, has(1), has(2))
    warehouse.say(2, has(2, "b"))

    assert shown(warehouse) == [(1, "a", day(1), None), (2, "a", day(1), day(2)), (2, "b", day(2), None)]


@pytest.mark.parametrize("order", list(itertools.permutations([1, 2, 3])))
def test_three_snapshots_give_one_history_in_every_order(warehouse: Warehouse, order: tuple[int, ...]) -> None:
    said = {1: [has(1), has(2)], 2: [has(2, "b")], 3: [has(1), has(2, "b", note="m")]}
    for number in order:
        warehouse.say(number, *said[number])

    assert warehouse.rows("id, name, note, valid_from, valid_to") == [
        (1, "a", "n", day(1), day(2)),
        (1, "a", "n", day(3), None),
        (2, "a", "n", day(1), day(2)),
        (2, "b", "m", day(2), None),
    ]


def test_what_a_late_snapshot_says_holds_until_the_next_one(warehouse: Warehouse) -> None:
    warehouse.say(1, has(1, "a"))
    warehouse.say(3, has(1, "a"))
    warehouse.say(2, has(1, "b"), has(9))

    assert shown(warehouse) == [
        (1, "a", day(1), day(2)),
        (1, "a", day(3), None),
        (1, "b", day(2), day(3)),
        (9, "a", day(2), day(3)),
    ]


def test_an_unknown_key_is_not_closed(warehouse: Warehouse) -> None:
    warehouse.say(1, has(1), has(2))
    warehouse.say(2, unknown(1), has(2))
    warehouse.say(3, has(1), has(2))

    assert shown(warehouse) == [(1, "a", day(1), None), (2, "a", day(1), None)]


def test_an_unknown_key_stays_open_when_the_snapshot_before_it_comes_late(warehouse: Warehouse) -> None:
    warehouse.say(1, has(1), has(2))
    warehouse.say(3, unknown(1), has(2))
    warehouse.say(2, has(1), has(2))

    assert shown(warehouse) == [(1, "a", day(1), None), (2, "a", day(1), None)]


def test_an_unknown_key_that_was_gone_before_it_stays_gone_until_it_is_seen(warehouse: Warehouse) -> None:
    warehouse.say(1, has(1), has(2))
    warehouse.say(3, unknown(1), has(2))
    warehouse.say(2, has(2))
    warehouse.say(4, has(1), has(2))

    assert shown(warehouse) == [(1, "a", day(1), day(2)), (1, "a", day(4), None), (2, "a", day(1), None)]


def test_a_snapshot_with_an_unreadable_key_closes_nothing(warehouse: Warehouse) -> None:
    warehouse.say(1, has(1), has(2))
    warehouse.say(2, has(2), closes=False)

    assert shown(warehouse) == [(1, "a", day(1), None), (2, "a", day(1), None)]


def test_a_key_absent_since_a_snapshot_that_closes_nothing_goes_with_the_first_that_does(warehouse: Warehouse) -> None:
    warehouse.say(1, has(1), has(2))
    warehouse.say(2, has(2), closes=False)
    warehouse.say(5, has(2))
    warehouse.say(3, has(2))

    assert shown(warehouse) == [(1, "a", day(1), day(3)), (2, "a", day(1), None)]


def test_a_snapshot_that_is_read_better_the_second_time_closes(warehouse: Warehouse) -> None:
    warehouse.say(1, has(1), has(2))
    warehouse.say(2, has(2), closes=False)
    warehouse.say(3, has(2), closes=False)
    counts = warehouse.say(2, has(2), closes=True)

    assert shown(warehouse) == [(1, "a", day(1), day(2)), (2, "a", day(1), None)]
    assert counts.closed == 1


def test_a_replaced_snapshot_takes_back_what_it_said(warehouse: Warehouse) -> None:
    warehouse.say(1, has(1, "a"))
    warehouse.say(2, has(1, "wrong"), has(2))
    warehouse.say(3, has(1, "a"))
    warehouse.say(2, has(1, "a"))

    assert shown(warehouse) == [(1, "a", day(1), None)]


@pytest.mark.parametrize("order", [[1, 2], [2, 1]])
def test_snapshots_said_again_after_other_columns_are_tracked_open_other_versions(
    warehouse: Warehouse, order: list[int]
) -> None:
    said = {1: has(1, note="m"), 2: has(1, note="n")}
    for number in (1, 2):
        warehouse.say(number, said[number])
    again = Warehouse(warehouse.session, history_contract("snapshot", tracked=["name", "note"]), warehouse.numbers)
    for number in order:
        again.say(number, said[number])

    assert again.rows("note, valid_from, valid_to") == [("m", day(1), day(2)), ("n", day(2), None)]


def test_a_withdrawn_snapshot_says_nothing(warehouse: Warehouse) -> None:
    warehouse.say(1, has(1), has(2))
    warehouse.say(2, has(2))
    warehouse.say(3, has(1), has(2))
    warehouse.say(2, withdrawn=True)

    assert shown(warehouse) == [(1, "a", day(1), None), (2, "a", day(1), None)]


def test_events_of_snapshots_are_only_the_differences(warehouse: Warehouse) -> None:
    for number in range(1, 6):
        warehouse.say(number, has(1), has(2, "b" if number == 3 else "a"))

    assert warehouse.rows("id, _op, name, _effective_at", table=2) == [
        (1, "U", "a", day(1)),
        (2, "U", "a", day(1)),
        (2, "U", "a", day(4)),
        (2, "U", "b", day(3)),
    ]


def test_an_absence_is_told_once_also_where_a_later_snapshot_is_the_first_that_closes(warehouse: Warehouse) -> None:
    warehouse.say(1, has(1), has(2))
    warehouse.say(2, has(2), closes=False)
    warehouse.say(3, has(2))
    warehouse.say(4, has(2))

    assert warehouse.rows("_op, _effective_at", table=2) == [("A", day(2)), ("U", day(1)), ("U", day(1))]
    assert shown(warehouse) == [(1, "a", day(1), day(3)), (2, "a", day(1), None)]


def test_a_withdrawn_snapshot_closes_nothing_either(warehouse: Warehouse) -> None:
    warehouse.say(1, has(1), has(2))
    warehouse.say(2, has(2), closes=False)
    warehouse.say(3, has(2))
    warehouse.say(3, withdrawn=True)

    assert shown(warehouse) == [(1, "a", day(1), None), (2, "a", day(1), None)]


def test_a_key_that_is_first_absent_then_unknown_goes_with_the_next_absence_that_closes(warehouse: Warehouse) -> None:
    warehouse.say(1, has(1), has(2))
    warehouse.say(2, has(2), closes=False)
    warehouse.say(3, unknown(1), has(2))
    warehouse.say(4, has(2))

    assert shown(warehouse) == [(1, "a", day(1), day(4)), (2, "a", day(1), None)]
    assert [row for row in warehouse.rows("id, _op, _effective_at", table=2) if row[0] == 1] == [
        (1, "?", day(3)),
        (1, "A", day(2)),
        (1, "A", day(4)),
        (1, "U", day(1)),
    ]


def test_an_empty_snapshot_closes_all_keys_where_it_is_published_at_all(warehouse: Warehouse) -> None:
    warehouse.say(1, has(1), has(2))
    warehouse.say(2)

    assert shown(warehouse) == [(1, "a", day(1), day(2)), (2, "a", day(1), day(2))]


def test_a_snapshot_without_a_date_is_refused(warehouse: Warehouse) -> None:
    with pytest.raises(TargetDeclarationError, match="effective_at is the partition, but 'all' is no date"):
        warehouse.publish({Batch(partition="all", token="t", number=1, rows=1): [has(1)]})
