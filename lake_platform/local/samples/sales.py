"""Exports of an imagined shop: one file of orders a year, with everything that is odd in real ones.

Column names have blanks and capitals. Dates are m/d/yyyy, without and with zeros, and ISO in a few rows; where the day
is 12 or less, a reader of d/m would not fail. Amounts have no zeros at their end. Some countries are spelled with a
blank behind them in some of their orders. The first delivery has four rows that belong in quarantine: a month 13, an
amount with two points, an unknown channel, no units. The second brings a year that comes late, a year that is sent again
under another name, and a year that is written again with a correction. All is fixed by a seed.
"""

import csv
import datetime as dt
import io
import random
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from lake_platform.local.samples.drop import drop_file, rewrite_file
from lake_platform.local.samples.sample import Delivery, Sample

YEARS = (2014, 2015, 2016)
LATE_YEAR, RESENT_YEAR, REWRITTEN_YEAR = 2017, 2015, 2016
ORDERS = 250
"""Orders of each year."""
HEADER = (
    *("Region", "Country", "Item Type", "Sales Channel", "Order Priority", "Order Date", "Order ID", "Ship Date"),
    *("Units Sold", "Unit Price", "Unit Cost", "Total Revenue", "Total Cost", "Total Profit"),
)
COUNTRIES = {
    "Europe": ("Latvia", "Moldova", "Bosnia and Herzegovina", "Germany"),
    "Asia": ("Laos", "China", "Sri Lanka"),
    "Sub-Saharan Africa": ("Chad", "Mauritius", "Zambia"),
    "Australia and Oceania": ("Samoa", "Tonga"),
    "North America": ("Canada", "Greenland"),
}
BLANK_BEHIND = ("Moldova", "Mauritius", "Samoa")
"""Countries that some orders spell with a blank behind the name."""
ITEMS = {
    "Baby Food": ("250.25", "159.4"),
    "Beverages": ("47.5", "31.75"),
    "Cereal": ("205.7", "117.1"),
    "Fruits": ("9.35", "6.9"),
    "Office Supplies": ("650", "524.95"),
}
HISTORY = """\
SELECT country, year, sum(orders) AS orders, sum(revenue) AS revenue, sum(profit) AS profit
FROM sales_by_quarter WHERE country = 'Moldova' GROUP BY country, year ORDER BY year"""
Row = dict[str, str]


def write_first_delivery(landing: Path, *, orders: int = ORDERS) -> tuple[str, ...]:
    """Lands one file for each year, where there is none yet; nothing on a second call."""
    files = {year: render_csv(_with_bad_rows(year, year_orders(year, orders))) for year in YEARS}
    return tuple(key for year, content in files.items() if drop_file(landing / (key := _key(year)), content))


def write_second_delivery(landing: Path, *, orders: int = ORDERS) -> tuple[str, ...]:
    """Lands the late year, the year that is sent again and the corrected one; nothing on a second call."""
    resent = render_csv(_with_bad_rows(RESENT_YEAR, year_orders(RESENT_YEAR, orders)))
    new = {
        _key(LATE_YEAR): render_csv(year_orders(LATE_YEAR, orders)),
        _key(RESENT_YEAR).replace(".csv", " (1).csv"): resent,
    }
    written = [key for key, content in new.items() if drop_file(landing / key, content)]
    *unchanged, last = year_orders(REWRITTEN_YEAR, orders)
    corrected = [*unchanged, _order(last, units=int(last["Units Sold"]) + 1)]
    key = _key(REWRITTEN_YEAR)
    if rewrite_file(landing / key, render_csv(_with_bad_rows(REWRITTEN_YEAR, corrected))):
        written.append(key)
    return tuple(written)


def year_orders(year: int, orders: int = ORDERS) -> list[Row]:
    """The good orders of one year, the same for the same number."""
    chance = random.Random(year)
    return [_random_order(chance, year, number) for number in range(orders)]


def render_csv(rows: Sequence[Row]) -> bytes:
    """The rows as the shop exports them."""
    text = io.StringIO(newline="")
    writer: csv.DictWriter[str] = csv.DictWriter(text, HEADER, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")


def _random_order(chance: random.Random, year: int, number: int) -> Row:
    region = chance.choice(sorted(COUNTRIES))
    country = chance.choice(COUNTRIES[region])
    ordered = dt.date(year, 1, 1) + dt.timedelta(days=chance.randrange(365))
    shipped = ordered + dt.timedelta(days=chance.randrange(50))
    row = {
        "Region": region,
        "Country": country + (" " if country in BLANK_BEHIND and number % 3 == 0 else ""),
        "Item Type": chance.choice(sorted(ITEMS)),
        "Sales Channel": chance.choice(("Online", "Offline")),
        "Order Priority": chance.choice("CHML"),
        "Order Date": _date(ordered, number),
        "Order ID": str(year * 100_000 + number),
        "Ship Date": _date(shipped, number + 1),
    }
    return _order(row, units=chance.randint(1, 9_999))


def _order(row: Row, *, units: int) -> Row:
    """The row with its units and the amounts that follow from them."""
    price, cost = map(Decimal, ITEMS[row["Item Type"]])
    amounts = {
        "Unit Price": price,
        "Unit Cost": cost,
        "Total Revenue": units * price,
        "Total Cost": units * cost,
        "Total Profit": units * (price - cost),
    }
    return row | {"Units Sold": str(units)} | {name: f"{amount.normalize():f}" for name, amount in amounts.items()}


def _date(day: dt.date, number: int) -> str:
    if number % 50 == 7:
        return day.isoformat()
    return day.strftime("%m/%d/%Y") if number % 5 == 0 else f"{day.month}/{day.day}/{day.year}"


def _with_bad_rows(year: int, rows: list[Row]) -> list[Row]:
    """2014 has all bad rows, the other years none."""
    if year != YEARS[0]:
        return rows
    bad: list[Row] = [
        {"Order Date": "13/27/2014"},
        {"Total Cost": "1.2.3"},
        {"Sales Channel": "Phone"},
        {"Units Sold": "0"},
    ]
    broken = [rows[at] | {"Order ID": str(year * 100_000 + 99_000 + at)} | fault for at, fault in enumerate(bad)]
    return [*rows[:10], *broken, *rows[10:]]


def _key(year: int) -> str:
    return f"sales/sales_{year}.csv"


SALES_SAMPLE = Sample(
    pipeline="sales",
    deliveries=(
        Delivery("three years of orders", write_first_delivery),
        Delivery("a late, a resent, a corrected year", write_second_delivery),
    ),
    history=("Moldova, spelled with and without a blank: one country", HISTORY),
    look="lake show sales_by_quarter",
)
