"""The sales pipeline: orders and what they add up to, from files with the oddities of real exports."""

import datetime as dt
import json
import shutil
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest
import yaml
from pyspark.sql import DataFrame
from pyspark.sql import functions as fn

from glue_jobs.transforms.sales import total_by_quarter
from lake_platform.definitions import DEFS
from lake_platform.lake.refusals import latest_refusal
from lake_platform.lake.store import key_of
from lake_platform.local.samples.sales import (
    LATE_YEAR,
    ORDERS,
    REWRITTEN_YEAR,
    SALES_SAMPLE,
    YEARS,
    Row,
    render_csv,
    year_orders,
)
from lake_platform_tests.e2e.house import House
from lake_platform_tests.e2e.recorded import recorded

pytestmark = [pytest.mark.spark, pytest.mark.warehouse, pytest.mark.e2e]

Group = tuple[str, str, int, int]
REPORT = "sales.sales_report"
BY_QUARTER = "SELECT region, country, year, quarter, orders, units, revenue, cost, profit FROM sales_by_quarter"


@pytest.fixture(scope="module")
def sales(shared_house: House) -> House:
    """The first delivery, in the tables."""
    folder = shared_house.settings.defs
    assert folder is not None
    shutil.copytree(DEFS / "sales", folder, dirs_exist_ok=True)
    land(shared_house, 0)
    assert shared_house.tick().all_well
    return shared_house


def land(house: House, number: int) -> None:
    """Lands one delivery, as old as files have to be."""
    for key in SALES_SAMPLE.deliveries[number].write(house.landing):
        house.drop(key, (house.landing / key).read_bytes())


def day(text: str) -> dt.date:
    """m/d/yyyy or ISO."""
    if "-" in text:
        return dt.date.fromisoformat(text)
    month, of_month, year = map(int, text.split("/"))
    return dt.date(year, month, of_month)


def added_up(rows: Iterable[Row]) -> dict[Group, tuple[Any, ...]]:
    """What orders add up to, in plain decimals: orders, units, revenue, cost, profit."""
    totals: dict[Group, tuple[Any, ...]] = {}
    for row in rows:
        ordered = day(row["Order Date"])
        group = (row["Region"], row["Country"].strip(), ordered.year, (ordered.month + 2) // 3)
        amounts = [Decimal(row[f"Total {name}"]) for name in ("Revenue", "Cost", "Profit")]
        before = totals.get(group, (0, 0, Decimal(0), Decimal(0), Decimal(0)))
        totals[group] = tuple(a + b for a, b in zip(before, (1, int(row["Units Sold"]), *amounts), strict=True))
    return totals


def found(house: House) -> dict[Group, tuple[Any, ...]]:
    return {row[:4]: row[4:] for row in house.rows(BY_QUARTER)}


def test_quarters_are_what_the_orders_add_up_to(sales: House) -> None:
    expected = added_up(row for year in YEARS for row in year_orders(year))

    assert found(sales) == expected
    assert sales.rows("SELECT count(*), count(DISTINCT order_id) FROM sales") == [(len(YEARS) * ORDERS,) * 2]


def test_bad_orders_are_in_quarantine_of_both_with_their_reasons(sales: House) -> None:
    reasons = {
        "cast:order_date": 1,
        "cast:total_cost": 1,
        "required:total_cost": 1,
        "required:order_date": 1,
        "rule:sales_channel_in_online_offline": 1,
        "rule:units_sold_above_0": 1,
    }
    for name in ("sales", "sales_by_quarter"):
        document = sales.lake.log(name, "validated").latest("all")
        assert document is not None
        assert document.body["rows_quarantined"] == 4
        assert {why: n for why, n in document.body["reasons"].items() if why in reasons} == {
            why: n for why, n in reasons.items() if not why.startswith("required")
        }


def test_countries_that_differ_by_blanks_are_one_and_the_check_says_how_many_orders_had_them(sales: House) -> None:
    with_blank = sum(row["Country"].endswith(" ") for year in YEARS for row in year_orders(year))
    document = sales.lake.log("sales", "validated").latest("all")
    assert document is not None
    (rule,) = [rule for rule in document.body["rules"] if rule["name"].startswith("country_matches")]

    assert with_blank > 20
    assert (rule["failed_rows"], rule["otherwise"], rule["passed"]) == (with_blank, "warn", False)
    assert sales.rows("SELECT count(DISTINCT country) FROM sales WHERE country LIKE 'Moldova%'") == [(1,)]


def test_years_are_what_the_orders_add_up_to(sales: House) -> None:
    years = {year: added_up(year_orders(year)).values() for year in YEARS}
    expected = [(year, ORDERS, sum(t[2] for t in totals), sum(t[4] for t in totals)) for year, totals in years.items()]

    assert sales.rows("SELECT year, orders, revenue, profit FROM sales_by_year ORDER BY year") == expected


def test_the_report_has_seen_the_same_figures_in_the_files_and_keeps_its_page(sales: House) -> None:
    document = sales.lake.table_log(REPORT).latest("all")
    assert document is not None
    totals = list(added_up(row for year in YEARS for row in year_orders(year)).values())

    assert document.body["figures"] == {
        "orders": str(len(YEARS) * ORDERS),
        "revenue": str(sum(each[2] for each in totals)),
        "profit": str(sum(each[4] for each in totals)),
    }
    page, notebook = (kept(sales, document.body[name]) for name in ("page", "notebook"))
    assert page.count('src="data:image/png;base64') == 2
    assert "Revenue and profit by year of the order" in notebook


def kept(house: House, url: str) -> str:
    """The text of a file in the lake."""
    return house.lake.lake.read(key_of(house.lake.lake, url)).decode()


def losing(rows: DataFrame) -> DataFrame:
    """The usual slip: an inner join, a filter on the way, a country that is not in the list."""
    return total_by_quarter(rows.where(fn.trim("country") != "Moldova"))


def test_an_aggregate_that_loses_orders_is_refused_with_its_figures_and_the_last_good_one_stays(sales: House) -> None:
    good = (DEFS / "sales" / "sales_by_quarter" / "defs.yaml").read_text()
    before = found(sales)
    body = yaml.safe_load(good)
    body["attributes"]["transform"]["run"] = f"{__name__}:losing"
    sales.define("sales_by_quarter", yaml.safe_dump(body, sort_keys=False))
    orders = len(YEARS) * ORDERS
    left = sum(row["Country"].strip() != "Moldova" for year in YEARS for row in year_orders(year))

    run = sales.run_again("sales_by_quarter", "all")

    told = f"{orders} rows read, {left} in orders"
    assert run.status == "failure"
    assert told in (run.problem or "")
    assert recorded(run.run_id).checks["processed", "rows_conserved"] == (False, "ERROR")
    refusal = latest_refusal(sales.lake.lake, "sales_by_quarter", "all")
    assert refusal is not None
    assert (refusal.layer, refusal.gate) == ("processed", "rows_conserved")
    assert found(sales) == before
    again = sales.run_again("sales_by_quarter", "all")
    assert told in (again.problem or ""), "a second run says the same"
    sales.define("sales_by_quarter", good)
    assert sales.run_again("sales_by_quarter", "all").status == "success"


def test_a_late_a_resent_and_a_corrected_year_count_once(sales: House) -> None:
    land(sales, 1)
    rows = [row for year in (*YEARS, LATE_YEAR) for row in year_orders(year)]
    last = year_orders(REWRITTEN_YEAR)[-1]

    summary = sales.tick()

    assert summary.all_well
    assert [run.dataset for run in summary.runs] == ["sales", "sales_by_quarter", "sales_by_year", "sales_report"]
    changed = {group: totals for group, totals in found(sales).items() if added_up(rows).get(group) != totals}
    assert sales.rows("SELECT count(*), count(DISTINCT order_id) FROM sales") == [(len(rows),) * 2]
    assert [(group[1], group[2]) for group in changed] == [(last["Country"].strip(), REWRITTEN_YEAR)]
    ((group, totals),) = changed.items()
    assert totals[1] == added_up(rows)[group][1] + 1


def test_a_report_that_asserts_what_does_not_hold_is_refused_and_the_last_good_one_stays(sales: House) -> None:
    assert sales.settings.defs is not None
    file = sales.settings.defs / "sales_report" / "sales_report.ipynb"
    good = file.read_text(encoding="utf-8")
    before = sales.lake.table_log(REPORT).latest("all")
    notebook = json.loads(good)
    notebook["cells"][-1]["source"] = "total = sum(years['revenue'])\nassert total < 0, 'revenue is positive'"
    file.write_text(json.dumps(notebook), encoding="utf-8")
    sales.drop("sales/sales_2018.csv", render_csv(year_orders(2018, 5)))

    summary = sales.tick()

    line = "cell In [8], line 2: assert total < 0, 'revenue is positive': AssertionError: revenue is positive"
    (refused,) = summary.refused
    assert (refused.dataset, refused.partition) == ("sales_report", "all")
    assert line in refused.reason
    failed = summary.runs[-1]
    assert (failed.dataset, failed.status) == ("sales_report", "failure")
    assert "----> 2 assert total < 0" in (failed.problem or "")
    assert recorded(failed.run_id).checks["report", "cells_ran"] == (False, "ERROR")
    assert sales.lake.table_log(REPORT).latest("all") == before
    refusal = latest_refusal(sales.lake.lake, REPORT, "all")
    assert refusal is not None
    assert "Revenue and profit by year of the order" in kept(sales, str(refusal.figures["page"]))
    assert sales.tick().runs == [], "the same inputs would say the same"
    file.write_text(good, encoding="utf-8")
    assert [run.status for run in sales.tick().runs] == ["success"]
