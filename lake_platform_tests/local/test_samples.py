"""The sample files: the same every time, and only once."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from lake_platform.contract.source import load_folder
from lake_platform.definitions import DEFS
from lake_platform.local.samples.customers import (
    DAYS,
    REWRITTEN_DAY,
    customer_days,
    render_csv,
    write_first_delivery,
    write_second_delivery,
)
from lake_platform.local.samples.registry import SAMPLES
from lake_platform.local.samples.sales import LATE_YEAR, SALES_SAMPLE, YEARS, year_orders
from lake_platform.local.samples.sample import Sample


def test_the_files_are_the_same_every_time() -> None:
    assert [render_csv(rows) for _, rows in customer_days(80)] == [render_csv(rows) for _, rows in customer_days(80)]


def test_thirty_days_land_once(tmp_path: Path) -> None:
    first, second = write_first_delivery(tmp_path, customers=80), write_first_delivery(tmp_path, customers=80)

    assert (len(first), len(second)) == (len(DAYS), 0) == (30, 0)


def test_the_second_delivery_is_late_rewritten_and_resent_and_lands_once(tmp_path: Path) -> None:
    write_first_delivery(tmp_path, customers=80)
    before = (tmp_path / f"customers/dt={REWRITTEN_DAY}/customers.csv").read_bytes()

    first, second = write_second_delivery(tmp_path, customers=80), write_second_delivery(tmp_path, customers=80)

    assert (len(first), len(second)) == (3, 0)
    assert (tmp_path / f"customers/dt={REWRITTEN_DAY}/customers.csv").read_bytes() != before
    assert len(write_first_delivery(tmp_path, customers=80)) == 0


def test_bad_rows_of_each_kind_are_there() -> None:
    text = b"".join(render_csv(rows) for _, rows in customer_days(80)).decode()

    for sign in (",X,", "12.3.4", "cut off", "yesterday", "\n,U,"):
        assert sign in text


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.pipeline)
def test_every_sample_lands_once_and_all_of_it(sample: Sample, tmp_path: Path) -> None:
    first = [delivery.write(tmp_path) for delivery in sample.deliveries]
    landed = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}

    second = [delivery.write(tmp_path) for delivery in sample.deliveries]

    assert all(first)
    assert landed == {key for keys in first for key in keys}
    assert second == [() for _ in sample.deliveries]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.pipeline)
def test_every_sample_is_the_same_every_time(sample: Sample, tmp_path: Path) -> None:
    for name in ("one", "other"):
        for delivery in sample.deliveries:
            delivery.write(tmp_path / name)

    one, other = (
        {
            path.relative_to(tmp_path / name): path.read_bytes()
            for path in (tmp_path / name).rglob("*")
            if path.is_file()
        }
        for name in ("one", "other")
    )

    assert one == other


def test_every_sample_lands_where_datasets_of_its_pipeline_look(tmp_path: Path) -> None:
    contracts = load_folder(DEFS).contracts
    for sample in SAMPLES:
        prefixes = tuple(
            contract.arrives.prefix for contract in contracts if (contract.group or contract.name) == sample.pipeline
        )
        keys = [key for delivery in sample.deliveries for key in delivery.write(tmp_path)]

        assert [key for key in keys if not key.startswith(prefixes)] == []


def test_sales_have_the_oddities_of_a_real_export(tmp_path: Path) -> None:
    for delivery in SALES_SAMPLE.deliveries:
        delivery.write(tmp_path)
    text = "".join(file.read_text() for file in sorted((tmp_path / "sales").glob("*.csv")))
    lines = text.splitlines()

    assert lines[0].startswith("Region,Country,Item Type,Sales Channel")
    assert re.search(r",Moldova ,", text)
    assert re.search(r",Moldova,", text)
    assert re.search(r",\d/\d{1,2}/2015,", text)
    assert re.search(r",0\d/\d\d/2015,", text)
    assert re.search(r",2015-\d\d-\d\d,", text)
    assert not re.search(r",\d+\.\d*0(,|$)", text, re.MULTILINE), "amounts have no zeros at their end"
    for sign in (",13/27/2014,", ",1.2.3,", ",Phone,"):
        assert sign in text


def test_amounts_of_sales_follow_from_their_units() -> None:
    for row in (row for year in (*YEARS, LATE_YEAR) for row in year_orders(year)):
        revenue, cost = (Decimal(row[name]) for name in ("Total Revenue", "Total Cost"))
        assert revenue == int(row["Units Sold"]) * Decimal(row["Unit Price"])
        assert Decimal(row["Total Profit"]) == revenue - cost
