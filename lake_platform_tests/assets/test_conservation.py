"""What the check `rows_conserved` of the processed layer says, by the promise of the transform."""

from typing import Any

import pytest

from glue_jobs.protocol import PartitionReport, Total
from lake_platform.assets.conservation import declared_conservation, judge_conservation
from lake_platform.contract.dataset import DatasetContract
from lake_platform_tests.contract.declared import contract_of
from lake_platform_tests.contract.test_checks import aggregated, transformed


def contract(rows: str | None) -> DatasetContract:
    if rows == "aggregate":
        return contract_of(aggregated())
    return contract_of() if rows is None else contract_of(transformed(rows=rows))


def report(read: int, written: int, **fields: Any) -> PartitionReport:
    return PartitionReport(partition="p", token="t", rows_in=read, rows_out=written, **fields)


def totals(*pairs: tuple[str, str]) -> tuple[Total, ...]:
    columns = (("n", None), ("total", "amount"))
    return tuple(Total(column=c, of=of, read=a, made=b) for (c, of), (a, b) in zip(columns, pairs, strict=True))


@pytest.mark.parametrize(
    ("rows", "told", "fault"),
    [
        (None, report(3, 3), None),
        (None, report(3, 2), "3 rows came in, 2 were written, 0 dropped"),
        ("same", report(3, 4), "3 rows came in, 4 were written"),
        ("filter", report(3, 2, rows_dropped=1), None),
        ("filter", report(3, 3, rows_dropped=1), "3 were written, 1 dropped"),
        ("expand", report(3, 9), None),
        ("expand", report(3, 2), "2 were written"),
        ("aggregate", report(3, 1, totals=totals(("3", "3"), ("1.50", "1.5"))), None),
        ("aggregate", report(3, 1, totals=totals(("3", "3"), ("1.50", "1.51"))), "1.50 of amount read, 1.51 in total"),
        (
            "aggregate",
            report(3, 1, totals=totals(("3", "2"), ("1", "1"))),
            "differs from its rows: 3 rows read, 2 in n",
        ),
        ("aggregate", report(3, 1), "compared no totals"),
        ("aggregate", report(0, 0), None),
        ("expand", report(3, 3, problem="a file is gone"), "a file is gone"),
    ],
)
def test_conservation_is_what_the_transform_promised(
    rows: str | None, told: PartitionReport, fault: str | None
) -> None:
    outcome = judge_conservation(contract(rows), told)

    assert outcome.passed is (fault is None)
    assert fault is None or fault in (outcome.description or "")


def test_the_check_shows_the_figures_that_it_compared() -> None:
    outcome = judge_conservation(contract("aggregate"), report(3, 1, totals=totals(("3", "3"), ("1.50", "1.50"))))

    assert outcome.metadata["total/total"] == "1.50 of amount read, 1.50 in total"
    assert outcome.metadata["total/n"] == "3 rows read, 3 in n"


def test_the_check_says_what_it_promises() -> None:
    told = {
        rows: declared_conservation(contract(rows)).description for rows in ("same", "filter", "expand", "aggregate")
    }

    assert len(set(told.values())) == 4
    assert "declared sums" in told["aggregate"]
