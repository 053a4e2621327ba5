"""Change files of an imagined CRM: thirty days, one file a day, with everything that goes wrong in real life.

What the files hold is fixed by a seed: 400 customers on the first day, then changes of region, address, status and
amount, deletes, customers that come back, events that come days late, and rows of five kinds that belong in quarantine.
A second delivery brings what comes afterwards: a late file for an early day, a day that is written again with a
correction, and a day whose file is sent once more under another name.
"""

import csv
import datetime as dt
import io
import random
from collections.abc import Iterator
from pathlib import Path

from lake_platform.local.samples.drop import drop_file, rewrite_file
from lake_platform.local.samples.sample import Delivery, Sample

DAYS = tuple(dt.date(2024, 3, 1) + dt.timedelta(days=day) for day in range(30))
CUSTOMERS = 400
HEADER = ("customer_id", "op", "name", "region", "address", "status", "email", "amount", "event_timestamp")
REGIONS = ("north", "south", "east", "west")
STREETS = ("Hill Road", "Station Street", "Mill Lane", "Market Square")
LATE_DAY, REWRITTEN_DAY, RESENT_DAY = DAYS[9], DAYS[19], DAYS[4]
Row = dict[str, str]


def write_first_delivery(landing: Path, *, customers: int = CUSTOMERS) -> tuple[str, ...]:
    """Lands one file for each day, where there is none yet; nothing on a second call."""
    days = ((f"customers/dt={day}/customers.csv", render_csv(rows)) for day, rows in customer_days(customers))
    return tuple(key for key, content in days if drop_file(landing / key, content))


def write_second_delivery(landing: Path, *, customers: int = CUSTOMERS) -> tuple[str, ...]:
    """Lands the late file, the rewritten day and the one that is sent twice; nothing on a second call."""
    days = dict(customer_days(customers))
    late = [_row(55, random.Random(55), _at(LATE_DAY, minute=30)) | {"op": "U", "region": "overseas"}]
    corrected = [*days[REWRITTEN_DAY][:-1], days[REWRITTEN_DAY][-1] | {"region": "corrected"}]
    new = {
        f"customers/dt={LATE_DAY}/late.csv": render_csv(late),
        f"customers/dt={RESENT_DAY}/customers (1).csv": render_csv(days[RESENT_DAY]),
    }
    written = [key for key, content in new.items() if drop_file(landing / key, content)]
    key = f"customers/dt={REWRITTEN_DAY}/customers.csv"
    if rewrite_file(landing / key, render_csv(corrected)):
        written.append(key)
    return tuple(written)


def customer_days(customers: int = CUSTOMERS) -> Iterator[tuple[dt.date, list[Row]]]:
    """The rows of each day, the same for the same number of customers."""
    chance = random.Random(20240301)
    state: dict[int, Row] = {}
    for day in DAYS:
        yield day, _first_load(chance, state, day, customers) if day == DAYS[0] else _changes(chance, state, day)


def render_csv(rows: list[Row]) -> bytes:
    """The rows as the CRM exports them: header, comma, quotes where needed. A row of `broken` is a line cut short."""
    text = io.StringIO(newline="")
    writer: csv.DictWriter[str] = csv.DictWriter(text, HEADER, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        if "broken" in row:
            text.write(row["broken"] + "\n")
        else:
            writer.writerow(row)
    return text.getvalue().encode("utf-8")


def _first_load(chance: random.Random, state: dict[int, Row], day: dt.date, customers: int) -> list[Row]:
    for number in range(1, customers + 1):
        state[number] = _row(number, chance, _at(day, minute=number))
    state[7] = state[7] | {"name": 'Olsen, "Bo"'}
    return list(state.values())


def _changes(chance: random.Random, state: dict[int, Row], day: dt.date) -> list[Row]:
    age = (day - DAYS[0]).days
    rows: list[Row] = []
    for number in chance.sample(sorted(state), k=len(state) // 8):
        column = chance.choice(("region", "address", "status", "amount"))
        fresh = _row(number, chance, _at(day, minute=number))
        state[number] = state[number] | {"op": "U", column: fresh[column], "event_timestamp": fresh["event_timestamp"]}
        rows.append(state[number])
    rows.append(_row(10 + age, chance, _at(day, minute=700)) | {"op": "D"})
    if age % 7 == 3:
        back = 8 + age
        rows.append(_row(back, chance, _at(day, minute=800)) | {"op": "I"})
        rows.append(state[50 + age] | {"op": "U", "region": "overseas", "event_timestamp": _at(DAYS[1], minute=1)})
    return [*_bad_rows(chance, day, age), *rows]


def _bad_rows(chance: random.Random, day: dt.date, age: int) -> list[Row]:
    """One or two rows on every third day, each kind in its turn."""
    if age % 3 != 2:
        return []
    row = _row(30 + age, chance, _at(day, minute=900)) | {"op": "U"}
    kinds: list[Row] = [
        row | {"op": "X"},
        row | {"amount": "12.3.4"},
        row | {"customer_id": ""},
        {"broken": f"{30 + age},U,cut off"},
        row | {"event_timestamp": "yesterday"},
    ]
    return [kinds[age % 5], kinds[(age + 2) % 5]]


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


CUSTOMERS_SAMPLE = Sample(
    pipeline="customers",
    deliveries=(
        Delivery("thirty days", write_first_delivery),
        Delivery("a late, a rewritten, a resent file", write_second_delivery),
    ),
    history=(
        "customer 11, deleted and back again",
        """\
SELECT customer_id, region, status, amount, valid_from, valid_to, is_current
FROM dim_customer WHERE customer_id = 11 ORDER BY valid_from""",
    ),
    look="lake show dim_customer",
)
