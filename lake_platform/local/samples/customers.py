"""Change files of an imagined CRM: five days, one file a day, late and broken rows included.

What the files hold is fixed: 400 customers on the first day, then changes of region, address, status and amount,
deletes, a customer that comes back, one event that arrives two days late, and rows that belong in quarantine.
"""

import csv
import datetime as dt
import io
import random
from collections.abc import Iterator
from pathlib import Path

from lake_platform.local.samples.drop import drop_file

DAYS = tuple(dt.date(2024, 3, 1) + dt.timedelta(days=day) for day in range(5))
CUSTOMERS = 400
HEADER = ("customer_id", "op", "name", "region", "address", "status", "email", "amount", "event_timestamp")
REGIONS = ("north", "south", "east", "west")
STREETS = ("Hill Road", "Station Street", "Mill Lane", "Market Square")
Row = dict[str, str]


def write_customers(landing: Path, *, customers: int = CUSTOMERS) -> list[Path]:
    """Writes the files that are not there yet below `landing/customers/`.

    Returns:
        The files that were written; none on a second call.
    """
    written: list[Path] = []
    for day, rows in customer_days(customers):
        path = landing / f"customers/dt={day}/customers.csv"
        if drop_file(path, render_csv(rows)):
            written.append(path)
    return written


def customer_days(customers: int = CUSTOMERS) -> Iterator[tuple[dt.date, list[Row]]]:
    """The rows of each day, the same for the same number of customers."""
    chance = random.Random(20240301)
    state: dict[int, Row] = {}
    for day in DAYS:
        rows = _first_load(chance, state, day, customers) if day == DAYS[0] else _changes(chance, state, day)
        yield day, rows


def render_csv(rows: list[Row]) -> bytes:
    """The rows as the CRM exports them: header, comma, quotes where needed."""
    text = io.StringIO(newline="")
    writer: csv.DictWriter[str] = csv.DictWriter(text, HEADER, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")


def _first_load(chance: random.Random, state: dict[int, Row], day: dt.date, customers: int) -> list[Row]:
    for number in range(1, customers + 1):
        state[number] = _row(number, chance, _at(day, minute=number))
    state[7] |= {"name": 'Olsen, "Bo"'}
    return list(state.values())


def _changes(chance: random.Random, state: dict[int, Row], day: dt.date) -> list[Row]:
    age = (day - DAYS[0]).days
    rows: list[Row] = []
    for number in chance.sample(sorted(state), k=len(state) // 8):
        column = chance.choice(("region", "address", "status", "amount"))
        fresh = _row(number, chance, _at(day, minute=number))
        state[number] = state[number] | {"op": "U", column: fresh[column], "event_timestamp": fresh["event_timestamp"]}
        rows.append(state[number])
    gone = 10 + age
    rows.append(_row(gone, chance, _at(day, minute=700)) | {"op": "D"})
    if age == 3:
        rows.append(_row(11, chance, _at(day, minute=800)) | {"op": "I"})
        rows.append(state[20] | {"op": "U", "region": "overseas", "event_timestamp": _at(DAYS[1], minute=1)})
    if age == 2:
        rows.append(_row(30, chance, _at(day, minute=900)) | {"op": "X"})
        rows.append(_row(31, chance, _at(day, minute=900)) | {"op": "U", "amount": "12.3.4"})
    return rows


def _row(number: int, chance: random.Random, event_timestamp: str) -> Row:
    return {
        "customer_id": str(number),
        "op": "I",
        "name": f"Customer {number}",
        "region": chance.choice(REGIONS),
        "address": f"{chance.randint(1, 99)} {chance.choice(STREETS)}",
        "status": chance.choice("AAAI"),
        "email": "" if number % 40 == 0 else f"customer{number}@example.com",
        "amount": f"{chance.randint(0, 500_000) / 100:.2f}",
        "event_timestamp": event_timestamp,
    }


def _at(day: dt.date, *, minute: int) -> str:
    return (dt.datetime.combine(day, dt.time()) + dt.timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:%SZ")
