"""Reference files of no pipeline: countries as CSV, air carriers as one JSON array, as they are found on the net.

NA is Namibia among the codes and North America among the continents, no missing value. Names are in many scripts, some
keywords hold commas, line ends or nothing, and some carrier codes are numbers in the array. The second delivery
corrects one country and sends the carriers once more under another name.
"""

import csv
import io
import json
import random
from collections.abc import Sequence
from pathlib import Path

from lake_platform.local.samples.drop import drop_file, rewrite_file
from lake_platform.local.samples.sample import Delivery, Sample

SEED = 302_600
COUNTRIES: Sequence[tuple[str, str, str, str]] = (
    ("AD", "Andorra", "EU", "Andorran airports"),
    ("AE", "United Arab Emirates", "AS", "UAE,مطارات في الإمارات العربية المتحدة"),
    ("AQ", "Antarctica", "AN", ""),
    ("BR", "Brazil", "SA", "Brasil, Brasilian"),
    ("CA", "Canada", "NA", ""),
    ("CI", "Côte d'Ivoire", "AF", "Ivory Coast"),
    ("CN", "China", "AS", "中国的机场"),
    ("CW", "Curaçao", "NA", ""),
    ("DE", "Germany", "EU", "Flughäfen in Deutschland"),
    ("FJ", "Fiji", "OC", "Viti Levu,\nVanua Levu"),
    ("GR", "Greece", "EU", "αεροδρόμια"),
    ("MX", "Mexico", "NA", "Aeropuertos de México"),
    ("NA", "Namibia", "AF", ""),
    ("NZ", "New Zealand", "OC", 'the "long white cloud"'),
    ("PE", "Peru", "SA", "Aeropuertos de Perú"),
    ("TR", "Turkey", "AS", "Türkiye havaalanları"),  # noqa: RUF001 it is Turkish
    ("US", "United States", "NA", "America"),
    ("ZA", "South Africa", "AF", ""),
)
CORRECTED = "TR"
CARRIERS = 60
HEADER = ("id", "code", "name", "continent", "wikipedia_link", "keywords")
WORDS = ("Alpine", "Baltic", "Coastal", "Delta", "Island", "Polar", "Valley", "Zephyr")
ENDINGS = ("Airlines", "Aviation", "Air, LLC", "Air Charter d/b/a Zip", 'Air "Express"')


def write_first_delivery(landing: Path) -> tuple[str, ...]:
    """Lands one file of countries and one of carriers; nothing on a second call."""
    files = {"inbox/countries/countries.csv": render_countries(), "inbox/carriers/carriers.json": render_carriers()}
    return tuple(key for key, content in files.items() if drop_file(landing / key, content))


def write_second_delivery(landing: Path) -> tuple[str, ...]:
    """Lands the corrected countries, and the carriers once more; nothing on a second call."""
    written: list[str] = []
    key = "inbox/countries/countries.csv"
    if rewrite_file(landing / key, render_countries({CORRECTED: "Türkiye"})):
        written.append(key)
    key = "inbox/carriers/carriers (1).json"
    if drop_file(landing / key, render_carriers()):
        written.append(key)
    return tuple(written)


def render_countries(names: dict[str, str] | None = None) -> bytes:
    """A CSV file with every text in quotes; `names` replaces those of some codes."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow(HEADER)
    for number, (code, usual, continent, keywords) in enumerate(COUNTRIES):
        name = (names or {}).get(code, usual)
        link = f"https://en.wikipedia.org/wiki/{name.replace(' ', '_')}"
        writer.writerow((SEED + number, code, name, continent, link, keywords))
    return text.getvalue().encode("utf-8")


def render_carriers() -> bytes:
    """One array in one line, as exporters write it: codes of digits only are numbers."""
    chance = random.Random(SEED)
    signs = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
    codes: dict[str, None] = {"NA": None, "16": None, "02Q": None, "4E (1)": None}
    while len(codes) < CARRIERS:
        codes["".join(chance.choices(signs, k=chance.choice((2, 2, 3))))] = None
    listed = [
        {
            "Code": int(code) if code.isdigit() and not code.startswith("0") else code,
            "Description": f"{chance.choice(WORDS)} {chance.choice(ENDINGS)}",
        }
        for code in sorted(codes)
    ]
    return json.dumps(listed, separators=(",", ":")).encode("utf-8")


INBOX_SAMPLE = Sample(
    pipeline="inbox",
    deliveries=(
        Delivery("countries and carriers, once each", write_first_delivery),
        Delivery("a corrected file, a resent one", write_second_delivery),
    ),
    history=(
        "the countries and the continent whose code is NA, which is no missing value",
        "SELECT code, name, continent FROM countries WHERE code = 'NA' OR continent = 'NA' ORDER BY code",
    ),
    look="lake show carriers",
)
