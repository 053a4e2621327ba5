"""The estimate: quantities from the template, prices and assumptions from the table."""

import re
from pathlib import Path
from typing import Any

import pytest

from lake_infra.report.cost import Estimate, estimate, render_cost
from lake_infra.report.prices import PriceTable, PriceTableError, read_numbers, read_prices, with_numbers

PRICES = Path(__file__).parents[2] / "prices.yaml"
TABLE = """
as_of: 2026-01-31
region: us-east-1
assumptions:
  hours: {value: 100, told: hours of a month}
  runs: {value: 3, told: runs of a dataset}
lines:
  - {what: Nodes, unit: node-hour, price: 0.5, times: [cluster_nodes, hours]}
  - {what: Endpoints, unit: zone-hour, price: 0.01, times: [endpoint_zones, hours]}
  - {what: Keys, unit: key, price: 1, times: ["AWS::KMS::Key"]}
  - {what: Jobs, unit: run, price: 0.3, times: [datasets, runs], divided_by: 2, where: AWS::Glue::Job}
"""
TEMPLATE: dict[str, Any] = {
    "Parameters": {"Nodes": {"Default": 2}},
    "Resources": {
        "Cluster": {"Type": "AWS::Redshift::Cluster", "Properties": {"NumberOfNodes": {"Ref": "Nodes"}}},
        "Key": {"Type": "AWS::KMS::Key"},
        "Gateway": {"Type": "AWS::EC2::VPCEndpoint", "Properties": {"VpcEndpointType": "Gateway"}},
        "Glue": {
            "Type": "AWS::EC2::VPCEndpoint",
            "Properties": {"VpcEndpointType": "Interface", "SubnetIds": ["a", "b"]},
        },
    },
}


@pytest.fixture
def table(tmp_path: Path) -> PriceTable:
    return _table(tmp_path)


def _table(folder: Path, text: str = TABLE) -> PriceTable:
    file = folder / "prices.yaml"
    file.write_text(text)
    return read_prices(file)


def _amounts(found: Estimate) -> dict[str, float]:
    return {line.what: line.amount for line in found.lines}


def test_quantities_come_from_the_template_and_the_dearest_line_is_first(table: PriceTable) -> None:
    found = estimate(TEMPLATE, table, datasets=9)

    assert list(_amounts(found).items()) == [("Nodes", 100.0), ("Endpoints", 2.0), ("Keys", 1.0)]
    assert found.total == 103.0


def test_a_line_with_a_kind_counts_only_where_the_template_has_it(table: PriceTable) -> None:
    jobs = {"Resources": {"Job": {"Type": "AWS::Glue::Job"}}}

    assert _amounts(estimate(jobs, table, datasets=4)) == {"Jobs": pytest.approx(4 * 3 / 2 * 0.3)}


def test_assumptions_can_be_set_and_those_that_count_are_told(table: PriceTable) -> None:
    found = estimate(TEMPLATE, with_numbers(table, {"hours": 10}), datasets=1)

    assert _amounts(found)["Nodes"] == 10.0
    assert found.document()["assumptions"] == {"hours": 10}
    assert "hours = 10: hours of a month" in render_cost(found)
    assert "runs" not in render_cost(found)


def test_the_text_is_dated_and_its_sum_is_that_of_its_lines(table: PriceTable) -> None:
    text = render_cost(estimate(TEMPLATE, table, datasets=1))

    assert "us-east-1 as of 2026-01-31" in text
    amounts = [float(amount) for amount in re.findall(r"= +([\d.]+)$", text, re.MULTILINE)]
    assert sum(amounts) == 103.0
    assert re.search(r"together +103\.00 USD a month", text)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("hours]}", "days]}"), "'Nodes' is multiplied by 'days', which nothing gives a number"),
        (("[datasets, runs]", "[datasets]"), "no line uses the assumption 'runs'"),
        (("told: runs of a dataset", "told: runs, of a dataset"), "is no price table"),
        (("price: 0.5, ", ""), "is no price table"),
        (("as_of: 2026-01-31", ""), "is no price table"),
    ],
)
def test_a_table_that_cannot_be_used_is_an_error(tmp_path: Path, change: tuple[str, str], told: str) -> None:
    with pytest.raises(PriceTableError, match=re.escape(told)):
        _table(tmp_path, TABLE.replace(change[0], change[1], 1))


def test_an_unknown_number_is_an_error_that_names_those_that_are_there(table: PriceTable) -> None:
    with pytest.raises(PriceTableError, match="'hour' is no assumption: take one of hours, runs"):
        with_numbers(table, {"hour": 1})


def test_numbers_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("hours: 5\nruns: 0.5\n")

    assert read_numbers(file) == {"hours": 5.0, "runs": 0.5}
    file.write_text("hours: many\n")
    with pytest.raises(PriceTableError, match="holds no numbers by name"):
        read_numbers(file)


def test_the_table_of_the_repository_can_be_used() -> None:
    table = read_prices(PRICES)

    assert table.region == "us-east-1"
    assert all(line.price > 0 for line in table.lines)


def test_endpoints_in_subnets_of_a_parameter_are_in_two_zones(table: PriceTable) -> None:
    endpoint = {"Type": "AWS::EC2::VPCEndpoint", "Properties": {"VpcEndpointType": "Interface"}}
    subnets = {"Endpoint": {**endpoint, "Properties": {**endpoint["Properties"], "SubnetIds": {"Ref": "Subnets"}}}}

    assert _amounts(estimate({"Resources": subnets}, table, datasets=1)) == {"Endpoints": pytest.approx(2 * 100 * 0.01)}
