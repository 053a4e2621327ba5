"""A list of airports and ten days of flights, with everything that goes wrong in real life.

What the files hold is fixed by a seed: two files a day, cancelled flights without delays and diverted ones without an
arrival, equal rows that are different flights, an airport that the list lacks, and a day of storm with so many
cancellations that its completeness warns. One city has two airports. A second delivery brings what comes afterwards: a
day whose morning is written again with a correction, a day whose evening is sent once more under another name, and a
list of airports that has the missing one.
"""

import csv
import datetime as dt
import io
import random
from collections.abc import Iterator
from pathlib import Path

from lake_platform.local.samples.drop import drop_file, rewrite_file
from lake_platform.local.samples.sample import Delivery, Sample

DAYS = tuple(dt.date(2024, 2, 1) + dt.timedelta(days=day) for day in range(10))
FLIGHTS = 300
"""In each of the two files of a day."""
CORRECTED_DAY, RESENT_DAY, STORM = DAYS[3], DAYS[5], DAYS[7]
HEADER = ("Carrier", "OriginAirportID", "DestAirportID", "DepDelay", "ArrDelay")
AIRPORT_HEADER = ("airport_id", "city", "state", "name")
AIRPORTS = (
    ("13930", "Chicago", "IL", "Chicago O'Hare International"),
    ("13232", "Chicago", "IL", "Chicago Midway International"),
    ("10397", "Atlanta", "GA", "Hartsfield-Jackson Atlanta International"),
    ("11298", "Dallas/Fort Worth", "TX", "Dallas/Fort Worth International"),
    ("12892", "Los Angeles", "CA", "Los Angeles International"),
    ("14771", "San Francisco", "CA", "San Francisco International"),
    ("11292", "Denver", "CO", "Denver International"),
    ("14747", "Seattle", "WA", "Seattle/Tacoma International"),
    ("10165", "Adak Island", "AK", "Adak"),
)
MISSING = ("12953", "New York", "NY", "LaGuardia")
CARRIERS = ("AA", "DL", "UA", "WN", "AS")
HISTORY = """\
SELECT dep_airport, dep_city, COUNT(*) AS flights, MIN(flight_date) AS first_day, MAX(flight_date) AS last_day
FROM airlines.daily_flights_processed WHERE dep_airport IN ('12953', 'LaGuardia') GROUP BY 1, 2 ORDER BY 1"""
Row = tuple[str, ...]


def write_first_delivery(landing: Path, *, flights: int = FLIGHTS) -> tuple[str, ...]:
    """Lands the list of airports and two files a day, where they are not there yet; nothing on a second call."""
    files = {"airports/airports.csv": render_csv(AIRPORT_HEADER, AIRPORTS)} | dict(_daily(flights))
    return tuple(key for key, content in files.items() if drop_file(landing / key, content))


def write_second_delivery(landing: Path, *, flights: int = FLIGHTS) -> tuple[str, ...]:
    """Lands the corrected morning, the evening that is sent twice, and the longer list; nothing on a second call."""
    days = dict(flight_files(flights))
    corrected = [_corrected(row) for row in days[CORRECTED_DAY, "morning"]]
    resent = render_csv(HEADER, days[RESENT_DAY, "evening"])
    rewritten = {
        _key(CORRECTED_DAY, "morning"): render_csv(HEADER, corrected),
        "airports/airports.csv": render_csv(AIRPORT_HEADER, (*AIRPORTS, MISSING)),
    }
    again = _key(RESENT_DAY, "evening (1)")
    written = [key for key, content in rewritten.items() if rewrite_file(landing / key, content)]
    return (*written, *([again] if drop_file(landing / again, resent) else []))


def flight_files(flights: int = FLIGHTS) -> Iterator[tuple[tuple[dt.date, str], list[Row]]]:
    """Day and time of day of each file with its rows, the same for the same number of flights."""
    chance = random.Random(20240201)
    for day in DAYS:
        for part in ("morning", "evening"):
            rows = [_flight(chance, storm=day == STORM) for _ in range(flights - 2)]
            rows.append((CARRIERS[0], MISSING[0], AIRPORTS[0][0], "12", "7"))
            yield (day, part), [*rows, rows[0]]


def render_csv(header: Row, rows: "list[Row] | tuple[Row, ...]") -> bytes:
    """The rows as the airline sends them: header, comma, nothing for what is not known."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue().encode("utf-8")


def _daily(flights: int) -> Iterator[tuple[str, bytes]]:
    for (day, part), rows in flight_files(flights):
        yield _key(day, part), render_csv(HEADER, rows)


def _key(day: dt.date, part: str) -> str:
    return f"flights/dt={day}/{part}.csv"


def _flight(chance: random.Random, *, storm: bool) -> Row:
    origin, dest = (AIRPORTS[number][0] for number in chance.sample(range(len(AIRPORTS)), k=2))
    late = max(-15, round(chance.gauss(45 if storm else 6, 25)))
    fate = chance.random()
    if fate < (0.2 if storm else 0.02):
        return (chance.choice(CARRIERS), origin, dest, "", "")
    arrived = "" if fate > 0.998 else str(late + chance.randint(-12, 9))
    return (chance.choice(CARRIERS), origin, dest, str(late), arrived)


def _corrected(row: Row) -> Row:
    """The delays of the morning of one day were told in the wrong sign for one carrier."""
    return (*row[:3], *(str(-int(text)) if text and row[0] == "AS" else text for text in row[3:]))


FLIGHTS_SAMPLE = Sample(
    pipeline="flights",
    deliveries=(
        Delivery("airports and ten days of flights", write_first_delivery),
        Delivery("a corrected and a resent file, a longer list of airports", write_second_delivery),
    ),
    history=(
        "flights of the airport that the first list lacks: kept, with its number in place of its name",
        HISTORY,
    ),
    look="lake show airlines.daily_flights_processed",
)
