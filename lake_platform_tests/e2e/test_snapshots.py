"""Snapshots: whatever the order and the number of ticks in which they come, they lead to one table."""

import random
from collections.abc import Sequence
from typing import Any

import pytest
from click.testing import CliRunner

from lake_platform.cli.files import withdraw
from lake_platform.cli.tick import TickSummary
from lake_platform_tests.e2e.house import House, csv_of

pytestmark = [pytest.mark.long, pytest.mark.spark, pytest.mark.warehouse, pytest.mark.e2e]

DEFINITION = """\
type: lake_platform.Dataset
attributes:
  name: {name}
  description: a list of keys, all of them each day
  arrives:
    prefix: {name}/
    partition: {{by: day, start: "2024-01-01", from: key, pattern: '(?P<day>\\d{{4}}-\\d{{2}}-\\d{{2}})'}}
    format: {{kind: csv}}
    delivers: snapshot
  columns:
    - {{name: id, type: bigint, required: true}}
    - {{name: kind, type: varchar(16)}}
    - {{name: price, type: "decimal(9,2)"}}
  quarantine: {{block_above: 0.5}}
  target:
    table: dim_{name}
    write: scd2
    keys: [id]
    effective_at: partition
    deletes: {{absent: close, empty: {empty}}}
"""
HEADER = "id,kind,price"
Rows = Sequence[Sequence[object]]

ONE: Rows = [(1, "a", "1.00"), (2, "b", "2.00"), (3, "c", "3.00")]
DAYS: dict[str, Rows] = {
    "2024-05-01": ONE,
    # 2 is gone, 3 changes, 4 is new.
    "2024-05-02": [(1, "a", "1.00"), (3, "c", "3.50"), (4, "d", None)],
    # 2 comes back as it was, 3 is gone, the price of 4 cannot be read.
    "2024-05-04": [(1, "a", "1.00"), (2, "b", "2.00"), (4, "d", "much")],
    # 3 comes back changed, 4 is known again.
    "2024-05-05": [(1, "a", "1.00"), (2, "b", "2.00"), (3, "x", "3.50"), (4, "d", "4.00")],
    # A row of which not even the key can be read: nothing is closed, though 1 and 3 are missing.
    "2024-05-07": [(2, "b", "2.50"), (4, "d", "4.00"), ("what", "?", "0.00")],
    # 3 is gone still, 1 is back without having been away.
    "2024-05-08": [(1, "a", "1.00"), (2, "b", "2.50"), (4, "d", "4.00")],
}
TABLE = "SELECT id, kind, price, valid_from, valid_to, is_current FROM dim_{name} ORDER BY id, valid_from"
EXPECTED = """\
1 a 1.00 05-01 now
2 b 2.00 05-01 05-02
2 b 2.00 05-04 05-07
2 b 2.50 05-07 now
3 c 3.00 05-01 05-02
3 c 3.50 05-02 05-04
3 x 3.50 05-05 05-08
4 d None 05-02 05-05
4 d 4.00 05-05 now
"""


def define(house: House, name: str, *, empty: str = "refuse") -> None:
    house.define(name, DEFINITION.format(name=name, empty=empty))


def land(house: House, name: str, *days: str) -> None:
    """Drops the snapshots of these days, each a minute after the one before."""
    for place, day in enumerate(days):
        house.drop(f"{name}/{day}.csv", csv_of(HEADER, DAYS[day]), age=60.0 * (len(days) - place + 1))


def replace(house: House, name: str, day: str, rows: Rows) -> TickSummary:
    """Drops a snapshot of other content than `DAYS` has, and ticks."""
    house.drop(f"{name}/{day}.csv", csv_of(HEADER, rows))
    return house.tick(name)


def exported(house: House, name: str) -> bytes:
    """The table, sorted, as bytes."""
    rows: list[tuple[Any, ...]] = house.rows(TABLE.format(name=name))
    assert all(current == (end is None) for *_, end, current in rows)
    return "".join(
        f"{key} {kind} {price} {start:%m-%d} {'now' if end is None else f'{end:%m-%d}'}\n"
        for key, kind, price, start, end, _ in rows
    ).encode()


def in_ticks(order: Sequence[str], size: int) -> list[list[str]]:
    return [list(order[start : start + size]) for start in range(0, len(order), size)]


SORTED = list(DAYS)
SHUFFLED = random.Random(5).sample(SORTED, len(SORTED))
DELIVERIES = {
    "all_at_once": [SORTED],
    "in_date_order_one_a_tick": in_ticks(SORTED, 1),
    "in_reverse_one_a_tick": in_ticks(SORTED[::-1], 1),
    "shuffled_two_a_tick": in_ticks(SHUFFLED, 2),
    "the_snapshot_before_an_unreadable_row_last": [[day for day in SORTED if day != "2024-05-02"], ["2024-05-02"]],
}


@pytest.mark.parametrize("delivery", DELIVERIES)
def test_order_and_ticks_make_no_difference(shared_house: House, delivery: str) -> None:
    name = f"snap_{delivery}"
    define(shared_house, name)

    for days in DELIVERIES[delivery]:
        land(shared_house, name, *days)
        assert [run.status for run in shared_house.tick(name).runs] == ["success"]

    assert exported(shared_house, name) == EXPECTED.encode()


def test_key_that_cannot_be_read_keeps_what_a_late_snapshot_before_says(shared_house: House) -> None:
    name = "snap_unknown"
    define(shared_house, name)
    replace(shared_house, name, "2024-05-01", ONE)
    # The row of 3 is in quarantine: it is unknown, and stays open as it was.
    replace(shared_house, name, "2024-05-03", [(1, "a", "1.00"), (2, "b", "2.00"), (3, "c", "much")])
    before = exported(shared_house, name)

    replace(shared_house, name, "2024-05-02", [(1, "a", "1.00"), (2, "b", "2.00"), (3, "c", "3.30")])

    assert before.decode().splitlines()[2:] == ["3 c 3.00 05-01 now"]
    assert exported(shared_house, name).decode().splitlines()[2:] == ["3 c 3.00 05-01 05-02", "3 c 3.30 05-02 now"]


def test_replaced_snapshot_takes_back_all_that_it_said(shared_house: House) -> None:
    name = "snap_replaced"
    define(shared_house, name)
    land(shared_house, name, "2024-05-01", "2024-05-02")
    shared_house.tick(name)
    plain = exported(shared_house, name)

    replace(shared_house, name, "2024-05-01", [(1, "z", "9.00"), (5, "e", "5.00")])
    changed = exported(shared_house, name)
    replace(shared_house, name, "2024-05-01", ONE)

    assert changed.decode().splitlines() == [
        "1 z 9.00 05-01 05-02",
        "1 a 1.00 05-02 now",
        "3 c 3.50 05-02 now",
        "4 d None 05-02 now",
        "5 e 5.00 05-01 05-02",
    ]
    assert exported(shared_house, name) == plain


def test_withdrawn_snapshot_says_nothing_any_more(shared_house: House) -> None:
    name = "snap_withdrawn"
    define(shared_house, name)
    land(shared_house, name, "2024-05-01", "2024-05-02", "2024-05-04")
    shared_house.tick(name)

    told = CliRunner().invoke(withdraw, [name, f"{name}/2024-05-02.csv"])
    (run,) = shared_house.tick(name).runs

    assert told.exit_code == 0, told.output
    assert run.status == "success"
    assert exported(shared_house, name).decode().splitlines() == [
        "1 a 1.00 05-01 now",
        "2 b 2.00 05-01 now",
        "3 c 3.00 05-01 05-04",
    ]


@pytest.mark.parametrize("empty", ["refuse", "allow"])
def test_empty_snapshot_closes_every_key_only_where_that_is_allowed(shared_house: House, empty: str) -> None:
    name = f"snap_empty_{empty}"
    define(shared_house, name, empty=empty)
    replace(shared_house, name, "2024-05-01", ONE)

    (run,) = replace(shared_house, name, "2024-05-02", []).runs
    again = shared_house.tick(name)

    end = "now" if empty == "refuse" else "05-02"
    assert run.status == ("failure" if empty == "refuse" else "success")
    assert ("no rows" in (run.problem or "")) == (empty == "refuse")
    assert again.runs == []
    assert exported(shared_house, name).decode().splitlines() == [
        f"1 a 1.00 05-01 {end}",
        f"2 b 2.00 05-01 {end}",
        f"3 c 3.00 05-01 {end}",
    ]
