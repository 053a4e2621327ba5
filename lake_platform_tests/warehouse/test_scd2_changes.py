"""SCD2 from changes: the faults of the system that this replaces, and the edges of the semantics, one by one."""

import datetime as dt
import hashlib
from decimal import Decimal
from typing import Any

import pytest

from lake_platform.errors import MissingKeyError, NotStagedError, SupersededError
from lake_platform.warehouse.batches import Batch
from lake_platform.warehouse.session import Row, Session
from lake_platform.warehouse.table import staging_table, target_name
from lake_platform.warehouse.write import publish
from lake_platform_tests.warehouse.tables import StagedRow, Warehouse, day, history_contract, partition

pytestmark = pytest.mark.warehouse


@pytest.fixture
def warehouse(session: Session) -> Warehouse:
    return Warehouse(session, history_contract("changes"))


def change(
    when: int, name: str | None = "a", *, op: str = "U", row: int = 1, age: int = 0, **more: object
) -> StagedRow:
    """A change of one customer; `age`: days by which its file is older."""
    values = {"id": 1, "part": "x", "name": name, "amount": Decimal(1), "note": "n", "changed_at": day(when), **more}
    return StagedRow(values, op=op, row=row, file_time=day(20 - age))


def shown(warehouse: Warehouse) -> list[Row]:
    return warehouse.rows("name, valid_from, valid_to, is_current")


def test_a_changed_customer_is_closed_and_opened_again(warehouse: Warehouse) -> None:
    warehouse.say(1, change(1, "a"))
    counts = warehouse.say(2, change(2, "b"))

    assert shown(warehouse) == [("a", day(1), day(2), False), ("b", day(2), None, True)]
    assert (counts.inserted, counts.closed, counts.updated, counts.deleted) == (1, 1, 0, 0)


def test_there_is_one_current_row_for_a_customer_whatever_its_region(warehouse: Warehouse) -> None:
    warehouse.say(1, change(1, "north"))
    warehouse.say(2, change(2, "south"), change(3, "north", row=2))

    assert warehouse.rows("COUNT(*), SUM(CASE WHEN is_current THEN 1 ELSE 0 END), COUNT(DISTINCT id)") == [(3, 1, 1)]


@pytest.mark.parametrize("column", ["name", "amount"])
def test_a_change_of_any_tracked_column_is_seen(warehouse: Warehouse, column: str) -> None:
    other: dict[str, Any] = {"name": {"name": "b"}, "amount": {"amount": Decimal("1.01")}}[column]
    warehouse.say(1, change(1))
    warehouse.say(2, change(2, **other))

    assert len(shown(warehouse)) == 2


def test_all_columns_are_tracked_but_keys_effective_time_and_those_of_deletes(session: Session) -> None:
    warehouse = Warehouse(session, history_contract("changes", tracked=None, deletes={"when": "note = 'name'"}))
    warehouse.say(1, change(1))
    warehouse.say(2, change(2, note="m"))
    warehouse.say(3, change(3, name="b", note="m"))

    assert warehouse.rows("name, note") == [("a", "m"), ("b", "m")]


def test_validity_is_by_event_time_not_by_load_time(warehouse: Warehouse) -> None:
    warehouse.say(3, change(3, "c"))
    warehouse.say(1, change(1, "a"))
    warehouse.say(2, change(2, "b"))

    assert shown(warehouse) == [
        ("a", day(1), day(2), False),
        ("b", day(2), day(3), False),
        ("c", day(3), None, True),
    ]


def test_a_second_run_of_the_same_batch_changes_nothing(warehouse: Warehouse) -> None:
    first = warehouse.say(1, change(1), token="t")
    before = [warehouse.rows(table=table) for table in range(3)]
    again = warehouse.say(1, change(1), token="t")

    assert [warehouse.rows("_partition, token", table=1), *map(len, before)] == [[(partition(1), "t")], 1, 1, 1]
    assert [warehouse.rows(table=table) for table in (0, 2)] == [before[0], before[2]]
    assert (first.inserted, first.replayed) == (1, False)
    assert (again.inserted, again.replayed) == (1, True)


def test_another_token_replaces_what_the_batch_said(warehouse: Warehouse) -> None:
    warehouse.say(1, change(1, "a"), change(2, "b", row=2))
    counts = warehouse.say(1, change(1, "A"))

    assert shown(warehouse) == [("A", day(1), None, True)]
    assert (counts.inserted, counts.updated, counts.deleted) == (0, 1, 1)


def test_a_batch_that_goes_back_to_its_first_content_is_a_third_state(warehouse: Warehouse) -> None:
    warehouse.say(1, change(1, "a"), token="A")
    warehouse.say(1, change(1, "b"), token="B")
    warehouse.say(1, change(1, "a"), token="A")

    assert shown(warehouse) == [("a", day(1), None, True)]


def test_a_replacement_with_equal_content_writes_no_row_of_the_dimension(warehouse: Warehouse) -> None:
    warehouse.say(1, change(1, "a"), change(2, "b", row=2))
    counts = warehouse.say(1, change(1, "a", age=-1), change(2, "b", row=2, age=-1))

    assert (counts.inserted, counts.updated, counts.closed, counts.deleted, counts.unchanged) == (0, 0, 0, 0, 1)


def test_a_delete_closes_and_a_later_change_opens_again(warehouse: Warehouse) -> None:
    warehouse.say(1, change(1), change(2, op="D", row=2), change(3, row=3))

    assert shown(warehouse) == [("a", day(1), day(2), False), ("a", day(3), None, True)]


def test_a_late_delete_splits_nothing_that_comes_before_it(warehouse: Warehouse) -> None:
    warehouse.say(1, change(1), change(5, "b", row=2))
    warehouse.say(2, change(3, op="D"))

    assert shown(warehouse) == [("a", day(1), day(3), False), ("b", day(5), None, True)]


def test_a_late_change_splits_the_interval(warehouse: Warehouse) -> None:
    warehouse.say(1, change(1, "a"), change(5, "c", row=2))
    counts = warehouse.say(2, change(3, "b"))

    assert [row[:2] for row in shown(warehouse)] == [("a", day(1)), ("b", day(3)), ("c", day(5))]
    assert (counts.inserted, counts.updated, counts.closed) == (1, 1, 0)


def test_equal_upserts_are_one_version_and_a_late_one_moves_its_start(warehouse: Warehouse) -> None:
    warehouse.say(1, change(3), change(4, row=2))
    warehouse.say(2, change(2))

    assert shown(warehouse) == [("a", day(2), None, True)]


def test_untracked_columns_are_overwritten_in_place_also_after_a_splice(warehouse: Warehouse) -> None:
    warehouse.say(1, change(1, note="old"), change(3, note="new", row=2))
    warehouse.say(2, change(2, "b"))

    assert warehouse.rows("name, note, valid_from") == [("a", "new", day(3)), ("a", "old", day(1)), ("b", "n", day(2))]


@pytest.mark.parametrize(("one", "other"), [("", None), (None, ""), ("a", "a "), ("", " "), (None, "a"), ("a", "A")])
def test_null_and_empty_and_blanks_are_values_of_their_own(
    warehouse: Warehouse, one: str | None, other: str | None
) -> None:
    warehouse.say(1, change(1, one), change(2, other, row=2))

    assert len(shown(warehouse)) == 2


def test_of_one_instant_the_highest_rank_counts_whatever_came_last(warehouse: Warehouse) -> None:
    warehouse.say(1, change(1, "newer file", age=1))
    warehouse.say(2, change(1, "older file", age=2, row=9))

    assert shown(warehouse) == [("newer file", day(1), None, True)]


def test_of_one_instant_and_rank_a_delete_is_over_an_upsert(warehouse: Warehouse) -> None:
    warehouse.say(1, change(1), change(1, op="D"))

    assert shown(warehouse) == []


def test_an_event_that_is_gone_from_its_batch_uncovers_the_one_it_hid(warehouse: Warehouse) -> None:
    warehouse.say(1, change(1, "hidden", age=1))
    warehouse.say(2, change(1, "shown"))
    warehouse.say(2)

    assert shown(warehouse) == [("hidden", day(1), None, True)]


def test_a_withdrawn_batch_takes_back_all_it_said(warehouse: Warehouse) -> None:
    warehouse.say(1, change(1, "a"))
    warehouse.say(2, change(2, "b"))
    warehouse.say(2, withdrawn=True)

    assert shown(warehouse) == [("a", day(1), None, True)]


def test_the_partition_of_a_version_is_the_batch_that_opened_it(warehouse: Warehouse) -> None:
    warehouse.say(1, change(1, "a"))
    warehouse.say(2, change(2, "a"), change(3, "b", row=2))

    assert warehouse.rows("name, _partition") == [("a", partition(1)), ("b", partition(2))]


def test_effective_time_may_be_the_partition(session: Session) -> None:
    warehouse = Warehouse(session, history_contract("changes", effective_at="partition"))
    warehouse.say(2, change(9, "b"))
    warehouse.say(1, change(9, "a"))

    assert [row[:2] for row in shown(warehouse)] == [("a", day(1)), ("b", day(2))]


def test_the_version_key_is_the_same_after_everything_was_taken_back_and_said_again(warehouse: Warehouse) -> None:
    warehouse.say(1, change(1))
    before = warehouse.rows("version_key")
    warehouse.say(1)
    warehouse.say(1, change(1, "b"))

    text = "1:1" + "1:x" + "2024-01-02 00:00:00.000000"
    assert warehouse.rows("version_key") == before == [(hashlib.md5(text.encode()).hexdigest(),)]


def test_a_slow_writer_is_refused_and_changes_nothing(warehouse: Warehouse) -> None:
    warehouse.say(1, change(1, "old"), token="A")
    warehouse.say(1, change(1, "new"), token="B")
    slow = Batch(partition=partition(1), token="C", number=1, rows=1, as_of=day(1))

    with pytest.raises(SupersededError, match="document 1 of 2024-01-02 is older than document 2"):
        warehouse.publish({slow: [change(1, "slow")]})

    assert shown(warehouse) == [("new", day(1), None, True)]


def test_a_content_that_came_back_keeps_the_one_between_out(warehouse: Warehouse) -> None:
    warehouse.say(1, change(1, "a"), token="A")
    back = Batch(partition=partition(1), token="A", number=3, rows=1, as_of=day(1))
    between = Batch(partition=partition(1), token="B", number=2, rows=1, as_of=day(1))
    warehouse.publish({back: [change(1, "a")]})

    with pytest.raises(SupersededError):
        warehouse.publish({between: [change(1, "b")]})


def test_a_batch_may_be_withdrawn_and_be_back_under_the_token_it_had(warehouse: Warehouse) -> None:
    warehouse.say(1, change(1), token="t")
    warehouse.say(1, token="t", withdrawn=True)
    gone = warehouse.rows()
    warehouse.say(1, change(1), token="t")

    assert (len(gone), len(warehouse.rows())) == (0, 1)


def test_a_withdrawn_batch_must_be_gone_from_staging_too(warehouse: Warehouse) -> None:
    warehouse.say(1, change(1))
    gone = Batch(partition=partition(1), token="gone", number=2, rows=0, as_of=day(1), withdrawn=True)

    with pytest.raises(NotStagedError):
        publish(warehouse.session, warehouse.contract, [gone])


def test_a_target_declared_anew_publishes_the_same_staged_rows_again(warehouse: Warehouse) -> None:
    warehouse.say(1, change(1, note="m"), change(2, note="n", row=2), token="t")
    again = Warehouse(warehouse.session, history_contract("changes", tracked=["name", "note"]))
    batch = Batch(partition=partition(1), token="t, note tracked", staged_token="t", number=1, rows=2, as_of=day(1))
    publish(again.session, again.contract, [batch])

    assert again.rows("note, valid_to") == [("m", day(2)), ("n", None)]


def test_a_batch_that_is_not_staged_is_not_published(warehouse: Warehouse) -> None:
    staged = Batch(partition=partition(1), token="A", number=1, rows=1, as_of=day(1))
    wanted = Batch(partition=partition(1), token="B", number=2, rows=1, as_of=day(1))
    warehouse.stage(staged, [change(1)])

    with pytest.raises(NotStagedError, match="does not hold 2024-01-02"):
        publish(warehouse.session, warehouse.contract, [wanted])


@pytest.mark.parametrize("missing", [{"part": None}, {"changed_at": None}], ids=["key", "time"])
def test_a_row_without_key_or_time_is_an_error_that_tells_what_to_do(
    warehouse: Warehouse, missing: dict[str, Any]
) -> None:
    with pytest.raises(MissingKeyError, match=r"1 rows .* NULL in one of id, part, changed_at.*required: true"):
        warehouse.say(1, change(1), change(2, **missing))


def test_rules_see_the_table_before_it_is_committed_and_can_refuse_it(warehouse: Warehouse) -> None:
    seen: list[int] = []
    warehouse.stage(Batch(partition="p", token="t", number=1, rows=1), [change(1)])

    def rules(session: Session) -> None:
        seen.append(len(session.query(f"SELECT id FROM {target_name(warehouse.contract).sql}")))

    batch = Batch(partition="p", token="t", number=1, rows=1)
    publish(warehouse.session, warehouse.contract, [batch], run_rules=rules)

    assert seen == [1]


def test_ledger_tells_what_was_applied_and_what_it_did(warehouse: Warehouse) -> None:
    warehouse.say(1, change(1), change(2, "b", row=2), token="t")

    columns = "_partition, token, number, as_of, rows_in, inserted, updated, closed, deleted, withdrawn"
    assert warehouse.rows(columns, table=1) == [(partition(1), "t", 1, day(1), 2, 2, 0, 0, 0, False)]
    applied = warehouse.rows("applied_at", table=1)[0][0]
    assert abs(dt.datetime.now(dt.UTC).replace(tzinfo=None) - applied) < dt.timedelta(minutes=5)


def test_staging_holds_a_batch_once_after_a_second_run(warehouse: Warehouse) -> None:
    warehouse.say(1, change(1))
    warehouse.say(1, change(1))

    staged = warehouse.session.query(f"SELECT COUNT(*) FROM {staging_table(warehouse.contract).table.sql}")
    assert staged == [(1,)]
