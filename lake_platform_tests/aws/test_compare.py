"""Whether two warehouses say the same."""

from typing import Any

import pytest

from lake_platform.local.rehearsal.compare import Table, compare_tables

COLUMNS = ("id", "_file_time", "name")
HERE: Table = (COLUMNS, [[1, "today", "a"], [2, "today", "b"], [2, "today", "b"]])


def test_rows_are_equal_in_any_order_and_at_any_time() -> None:
    there = (COLUMNS, [[2, "later", "b"], [1, "later", "a"], [2, "later", "b"]])

    assert compare_tables({"t": HERE}, {"t": there}) == []


@pytest.mark.parametrize(
    ("rows", "figures"),
    [
        ([[1, "", "a"], [2, "", "b"]], (1, 0)),
        ([[1, "", "a"], [2, "", "b"], [2, "", "b"], [3, "", "c"]], (0, 1)),
        ([[1, "", None], [2, "", "b"], [2, "", "b"]], (1, 1)),
    ],
    ids=["one fewer of two equal rows", "one more", "NULL is a value"],
)
def test_a_row_more_less_or_other_is_told(rows: list[list[Any]], figures: tuple[int, int]) -> None:
    (difference,) = compare_tables({"t": HERE}, {"t": (COLUMNS, rows)})

    assert (difference.table, difference.only_here, difference.only_there) == ("t", *figures)
    assert difference.example is not None


def test_tables_and_columns_that_one_side_lacks_are_told() -> None:
    other = (("id", "name"), [])

    found = compare_tables({"a": HERE, "t": HERE}, {"t": other, "z": other})

    assert [(each.table, each.told.split(" ")[0]) for each in found] == [("a", "is"), ("z", "is"), ("t", "has")]
