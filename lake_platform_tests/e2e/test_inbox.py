"""Files of every kind through `lake new` alone: what stands in the table is what stood in the file."""

import datetime as dt
import gzip
import io
import json
from decimal import Decimal

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from lake_platform.cli.main import cli
from lake_platform.local.samples.inbox import COUNTRIES, render_carriers, render_countries
from lake_platform_tests.e2e.house import House

pytestmark = [pytest.mark.spark, pytest.mark.warehouse, pytest.mark.e2e]


def parquet() -> bytes:
    sink = io.BytesIO()
    on = pa.array([dt.date(2024, 1, 31), None], pa.date32())
    pq.write_table(
        pa.table({"Id": [1, 2], "price": pa.array([Decimal("1.50"), None], pa.decimal128(9, 2)), "on": on}), sink
    )
    return sink.getvalue()


NESTED = (
    '{"ID": 1, "at": {"city": "Bern", "geo": {"lat": 46.94810}}, "tags": ["a", "b"]}\n{"ID": 2, "at": {"city": "NA"}}\n'
)
LETTERS = "name;age;joined;paid\r\nJosé;30;13.1.2024;1.234,50\r\nZoë;null;1.2.2024;7,5\r\n"
FILES: dict[str, bytes] = {
    "countries": render_countries(),
    "carriers": render_carriers(),
    "nested": NESTED.encode(),
    "prices": parquet(),
    "letters": LETTERS.encode("latin-1"),
    "packed": gzip.compress(b"dt,note\n2024-01-31 10:00:00+02:00,x\n"),
}
ENDINGS = {"carriers": "json", "nested": "ndjson", "prices": "parquet", "packed": "csv.gz"}


@pytest.fixture(scope="module")
def filled(shared_house: House) -> House:
    """A definition for each file, made by the command, and one tick for all of them."""
    for name, content in FILES.items():
        shared_house.drop(f"{name}/{name}.{ENDINGS.get(name, 'csv')}", content)
        made = CliRunner().invoke(cli, ["new", name, "--sample", f"{name}/"])
        assert made.exit_code == 0, made.output
    summary = shared_house.tick()
    assert summary.all_well, [run.problem for run in summary.runs]
    return shared_house


def test_countries_keep_na_in_every_column(filled: House) -> None:
    rows = filled.rows("SELECT code, name, continent, coalesce(keywords, '') FROM countries ORDER BY code")

    assert rows == sorted(COUNTRIES)


def test_carriers_keep_codes_that_are_numbers_as_text(filled: House) -> None:
    listed = [(str(each["Code"]), each["Description"]) for each in json.loads(render_carriers())]

    assert sorted(filled.rows("SELECT code, description FROM carriers")) == sorted(listed)


def test_nested_values_come_by_their_paths(filled: House) -> None:
    rows = filled.rows("SELECT id, at_city, at_geo_lat, tags FROM nested ORDER BY id")

    assert rows == [(1, "Bern", Decimal("46.94810"), '["a","b"]'), (2, "NA", None, None)]


def test_parquet_keeps_its_types(filled: House) -> None:
    assert filled.rows('SELECT id, price, "on" FROM prices ORDER BY id') == [
        (1, Decimal("1.50"), dt.date(2024, 1, 31)),
        (2, None, None),
    ]


def test_letters_decimal_commas_and_day_first_dates(filled: House) -> None:
    assert filled.rows("SELECT name, age, joined, paid FROM letters ORDER BY name") == [
        ("José", 30, dt.date(2024, 1, 13), Decimal("1234.50")),
        ("Zoë", None, dt.date(2024, 2, 1), Decimal("7.50")),
    ]


def test_packed_files_and_offsets(filled: House) -> None:
    assert filled.rows("SELECT dt, note FROM packed") == [(dt.datetime(2024, 1, 31, 8), "x")]


def test_the_profile_of_a_dataset_is_that_of_its_file(filled: House) -> None:
    told = json.loads(CliRunner().invoke(cli, ["profile", "countries", "--json"]).output)

    code = next(column for column in told["columns"] if column["name"] == "code")
    assert (told["partition"], told["records"], code["distinct"], code["unique"]) == (
        "all",
        len(COUNTRIES),
        len(COUNTRIES),
        True,
    )
    assert code["may_mean_null"] == {"NA": 1}


def test_the_raw_page_shows_a_profile(filled: House) -> None:
    with dg.DagsterInstance.get() as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey(["countries", "countries_raw"]))
    assert event is not None
    assert event.asset_materialization is not None
    shown = event.asset_materialization.metadata["lake_platform/profile"].value

    assert str(shown).startswith(f"The first {len(COUNTRIES)} record(s) of countries/countries.csv.")
    assert "| continent | varchar(4) | 100.0% | 7 |" in str(shown)
