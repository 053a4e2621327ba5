"""What happens to files: new, rewritten, renamed, late, many, broken."""

import pytest

from lake_platform_tests.e2e.house import House, csv_of

pytestmark = [pytest.mark.spark, pytest.mark.warehouse, pytest.mark.e2e]

CUSTOMERS = """\
type: lake_platform.Dataset
attributes:
  name: customers
  description: change files
  arrives:
    prefix: customers/
    partition: {by: day, start: "2024-01-01", from: key, pattern: 'dt=(?P<day>\\d{4}-\\d{2}-\\d{2})/'}
    format: {kind: csv}
    files: [".csv"]
    delivers: changes
  columns:
    - {name: customer_id, type: bigint, required: true}
    - {name: op, type: char(1)}
    - {name: region, type: varchar(64)}
    - {name: amount, type: "decimal(18,2)"}
    - {name: changed_at, type: timestamp, required: true, formats: ["yyyy-MM-dd HH:mm"]}
  quality:
    - {rule: 'ColumnValues "op" in ["I","U","D"]', otherwise: quarantine}
  quarantine: {block_above: 0.5}
  target:
    table: dim_customer
    write: scd2
    keys: [customer_id]
    effective_at: changed_at
    deletes: {when: "op = 'D'"}
"""
HEADER = "customer_id,op,region,amount,changed_at"
HISTORY = "SELECT customer_id, region, valid_from, valid_to, is_current FROM dim_customer ORDER BY 1, 3"


def day_file(day: str, *rows: tuple[object, ...]) -> tuple[str, str]:
    """Key and content of a change file."""
    return f"customers/dt={day}/a.csv", csv_of(HEADER, rows)


def history(house: House) -> list[tuple[int, str, str, str | None]]:
    """Customer, region, valid_from and valid_to as minutes."""
    return [
        (key, region, f"{start:%d %H:%M}", None if end is None else f"{end:%d %H:%M}")
        for key, region, start, end, _ in house.rows(HISTORY)
    ]


def test_a_dropped_file_reaches_the_table_with_one_run_and_a_second_tick_does_nothing(house: House) -> None:
    house.define("customers", CUSTOMERS)
    house.drop(*day_file("2024-03-01", (1, "I", "north", "1.50", "2024-03-01 08:00")))

    first, second = house.tick(), house.tick()

    assert [(run.status, run.partitions) for run in first.runs] == [("success", ("2024-03-01",))]
    assert second.runs == []
    assert history(house) == [(1, "north", "01 08:00", None)]
