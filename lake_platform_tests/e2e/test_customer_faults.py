"""The faults of the customer system that this platform replaces, each shown not to happen here.

One story for most of them: customers of one region, changed over three days, the files arriving out of order.
"""

from pathlib import Path
from typing import Any

import pytest

from lake_platform.lake.reading.parquet_footer import read_footer
from lake_platform_tests.e2e.contracts import COLUMNS, HEADER, key_of, scd2
from lake_platform_tests.e2e.house import House, csv_of

pytestmark = [pytest.mark.spark, pytest.mark.warehouse, pytest.mark.e2e]

NAME = "customers"
D1, D2, D3 = "2024-03-01", "2024-03-02", "2024-03-03"
STATUS = {"name": "status", "type": "char(1)"}
ADDRESS = {"name": "address", "type": "varchar(100)"}
HEAD = f"{HEADER},status,address"


def customer(key: int, op: str, day: str, *, region: str = "north", amount: int = 1, said: str = "A,Elm 1") -> str:
    """One line of a change file; `said` is status and address."""
    return f"{key},{op},{region},{amount},{day} 08:00,{said}"


def drop(house: House, day: str, *lines: str) -> None:
    house.drop(key_of(NAME, day), "\n".join([HEAD, *lines]) + "\n")


def dimension(house: House) -> list[tuple[Any, ...]]:
    return house.rows(
        "SELECT customer_id, region, amount, status, address, valid_from, valid_to, is_current "
        "FROM dim_customers ORDER BY customer_id, valid_from"
    )


def versions(house: House, key: int) -> list[tuple[str, bool]]:
    """Days of validity and whether it is current, oldest first."""
    return [
        (f"{start:%d}-{end:%d}" if end else f"{start:%d}-", current)
        for *_, start, end, current in (row for row in dimension(house) if row[0] == key)
    ]


@pytest.fixture(scope="module")
def told(shared_house: House) -> House:
    """Days 1 and 3 in one tick, then day 2, which is late."""
    house = shared_house
    house.define(NAME, scd2(NAME, columns=[*COLUMNS, STATUS, ADDRESS]))
    drop(house, D1, *(customer(key, "I", D1) for key in (1, 2, 3, 4, 5)))
    drop(house, D3, customer(1, "U", D3, region="east"))
    house.drop(f"customers2/dt={D1}/a.csv", csv_of(HEAD, [(99, "I", "x", 1, f"{D1} 08:00", "A", "Elm 1")]))
    first = house.tick(NAME)
    drop(
        house,
        D2,
        customer(1, "U", D2, region="south"),
        customer(2, "U", D2, said="A,Oak 2"),
        customer(3, "U", D2, amount=7),
        customer(4, "U", D2, said="I,Elm 1"),
    )
    second = house.tick(NAME)
    assert [run.status for run in (*first.runs, *second.runs)] == ["success", "success"]
    return house


def test_a_changed_customer_is_closed_and_opened_again(told: House) -> None:
    assert versions(told, 1) == [("01-02", False), ("02-03", False), ("03-", True)]
    current = told.rows("SELECT customer_id, count(*) FROM dim_customers WHERE is_current GROUP BY 1 ORDER BY 1")
    assert current == [(key, 1) for key in (1, 2, 3, 4, 5)]


def test_every_customer_of_a_region_is_kept(told: House) -> None:
    first = told.rows(
        f"SELECT customer_id FROM dim_customers WHERE region = 'north' AND valid_from = '{D1} 08:00' ORDER BY 1"
    )
    assert first == [(1,), (2,), (3,), (4,), (5,)]


@pytest.mark.parametrize(
    ("key", "column", "before", "after"),
    [(2, "address", "Elm 1", "Oak 2"), (3, "amount", "1.00", "7.00"), (4, "status", "A", "I")],
    ids=["address", "amount", "status"],
)
def test_a_change_of_any_attribute_makes_a_version(told: House, key: int, column: str, before: str, after: str) -> None:
    seen = told.rows(f"SELECT {column} FROM dim_customers WHERE customer_id = {key} ORDER BY valid_from")
    assert [str(value) for (value,) in seen] == [before, after]
    assert versions(told, key) == [("01-02", False), ("02-", True)]


def test_validity_is_the_time_of_the_event_whatever_the_order_of_arrival(told: House) -> None:
    other = "ordered"
    told.define(other, scd2(other, columns=[*COLUMNS, STATUS, ADDRESS]))
    for day in (D1, D2, D3):
        content = (told.landing / key_of(NAME, day)).read_bytes()
        told.drop(key_of(other, day), content)
    told.tick(other)

    in_order = told.rows(
        "SELECT customer_id, region, amount, status, address, valid_from, valid_to, is_current "
        "FROM dim_ordered ORDER BY customer_id, valid_from"
    )
    assert in_order == dimension(told)
    assert len(in_order) == 10


def test_a_prefix_takes_no_files_of_a_longer_name(told: House) -> None:
    assert told.rows("SELECT count(*) FROM dim_customers WHERE customer_id = 99") == [(0,)]
    seen = told.look(NAME)
    assert (seen.pending, seen.reported, seen.ignored) == ([], [], 0)


def test_the_partition_column_is_in_every_parquet_file(told: House) -> None:
    files = [path for layer in ("validated", "processed") for path in _parquet(told, layer)]
    expected = ["customer_id", "op", "region", "amount", "changed_at", "status", "address"]
    expected += ["_op", "_partition", "_file", "_file_time", "_row", "_token"]

    assert len(files) >= 6
    for path in files:
        with path.open("rb") as stream:
            assert list(read_footer(stream).header) == expected, path


def test_a_run_again_stages_and_publishes_nothing_twice(told: House) -> None:
    staged = "SELECT _partition, count(*) FROM staging.stg_customers GROUP BY 1 ORDER BY 1"
    before, table = told.rows(staged), dimension(told)

    again = told.run_again(NAME, D2)

    assert again.status == "success"
    assert before == [(D2, 4)], "of changes the rows of the last run are staged"
    assert told.rows(staged) == before
    assert dimension(told) == table


def _parquet(house: House, layer: str) -> list[Path]:
    return sorted((house.settings.home / "s3" / "lake" / layer / NAME).rglob("*.parquet"))
