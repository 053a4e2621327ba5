"""SCD2 from changes: the faults of the system this replaces, and the edges of the semantics, one by one."""

import datetime as dt
from decimal import Decimal

import pytest

from lake_platform.warehouse.session import Session
from lake_platform_tests.warehouse.tables import StagedRow, Warehouse, day, history_contract

pytestmark = pytest.mark.warehouse
SHOWN = "id, name, amount, note, valid_from, valid_to, is_current"


@pytest.fixture
def warehouse(session: Session) -> Warehouse:
    return Warehouse(session, history_contract("changes"))


def change(
    when: int,
    name: str | None = "a",
    *,
    amount: str | None = "1.00",
    note: str | None = "n",
    op: str = "U",
    **more: object,
) -> StagedRow:
    values = {"id": 1, "part": "x", "name": name, "note": note, "changed_at": day(when)}
    values["amount"] = None if amount is None else Decimal(amount)
    rank = {key: more.pop(key) for key in ("row", "file_time", "file") if key in more}
    return StagedRow({**values, **more}, op=op, **rank)  # pyright: ignore[reportArgumentType] - rank by name


def shown(warehouse: Warehouse) -> list[tuple[object, ...]]:
    return warehouse.rows("name, valid_from, valid_to, is_current")


def test_a_changed_customer_is_closed_and_reopened(warehouse: Warehouse) -> None:
    warehouse.say(1, change(1, "a"))
    counts = warehouse.say(2, change(2, "b"))

    assert shown(warehouse) == [("a", day(1), day(2), False), ("b", day(2), None, True)]
    assert (counts.inserted, counts.closed, counts.updated, counts.deleted) == (1, 1, 0, 0)
