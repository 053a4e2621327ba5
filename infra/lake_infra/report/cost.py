"""`lake infra cost`: an estimate of what a month of a template costs, with all that it assumes."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from lake_infra.policy.account import Account
from lake_infra.policy.intrinsics import Resolver, Template
from lake_infra.report.prices import PriceLine, PriceTable

ZONES_OF_A_PARAMETER = 2
"""The network of the data stack has two: so many are taken for subnets that are given at deployment."""


@dataclass(frozen=True)
class CostLine:
    """One line: quantity in units of its price, and USD a month."""

    what: str
    unit: str
    price: float
    quantity: float

    @property
    def amount(self) -> float:
        return self.price * self.quantity


@dataclass(frozen=True)
class Estimate:
    """Lines by falling amount, and the assumptions that they rest on."""

    table: PriceTable
    lines: tuple[CostLine, ...]
    used: tuple[str, ...]

    @property
    def total(self) -> float:
        return sum(line.amount for line in self.lines)

    def document(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {
            "as_of": self.table.as_of.isoformat(),
            "region": self.table.region,
            "usd_a_month": round(self.total, 2),
            "lines": [
                {
                    "what": line.what,
                    "unit": line.unit,
                    "price": line.price,
                    "quantity": line.quantity,
                    "usd_a_month": round(line.amount, 2),
                }
                for line in self.lines
            ],
            "assumptions": {name: self.table.assumptions[name].value for name in self.used},
        }


def estimate(template: Template, table: PriceTable, *, datasets: int) -> Estimate:
    """What a month of the template costs.

    Raises:
        PolicyError: a number of the template comes from a parameter without a default.
    """
    counted = {"datasets": float(datasets), **_counts(template)}
    lines = [line for line in table.lines if line.where is None or counted.get(line.where)]
    costs = [_cost(line, table, counted) for line in lines]
    kept = sorted((cost for cost in costs if cost.quantity), key=lambda cost: -cost.amount)
    there = {cost.what for cost in kept}
    names = {name for line in lines if line.what in there for name in line.times if name in table.assumptions}
    return Estimate(table, tuple(kept), tuple(name for name in table.assumptions if name in names))


def render_cost(found: Estimate) -> str:
    """A table of the lines, their sum, and the assumptions."""
    widest = max((len(line.what) for line in found.lines), default=0)
    lines = [
        f"{line.what:<{widest}}  {line.quantity:>12,.2f} {line.unit:<10} at {line.price:>9.6g} = {line.amount:>10,.2f}"
        for line in found.lines
    ]
    sums = [f"{'together':<{widest}}  {found.total:>50,.2f} USD a month"]
    told = [
        f"  {name} = {found.table.assumptions[name].value:g}: {found.table.assumptions[name].told}"
        for name in found.used
    ]
    head = (
        f"Prices of {found.table.region} as of {found.table.as_of}, on demand, without taxes, free tiers and discounts. "
        "Data that leaves AWS and support are not in it."
    )
    return "\n".join([head, "", *lines, *sums, "", "Assumed (--set NAME=VALUE changes it):", *told])


def _cost(line: PriceLine, table: PriceTable, counted: Mapping[str, float]) -> CostLine:
    numbers = [
        table.assumptions[name].value if name in table.assumptions else counted.get(name, 0.0) for name in line.times
    ]
    return CostLine(line.what, line.unit, line.price, prod(numbers) / line.divided_by)


def _counts(template: Template) -> dict[str, float]:
    kinds = Counter(body["Type"] for body in template.get("Resources", {}).values())
    nodes, zones = sum(_nodes(template)), sum(_zones(template))
    return {**{kind: float(number) for kind, number in kinds.items()}, "cluster_nodes": nodes, "endpoint_zones": zones}


def _nodes(template: Template) -> Iterator[float]:
    resolver = Resolver(template, Account())
    for logical_id, properties in _of(template, "AWS::Redshift::Cluster"):
        yield float(resolver.resolve(properties.get("NumberOfNodes", 1), logical_id))


def _zones(template: Template) -> Iterator[float]:
    for _, properties in _of(template, "AWS::EC2::VPCEndpoint"):
        if properties.get("VpcEndpointType") == "Interface":
            subnets = properties.get("SubnetIds", [])
            yield len(subnets) if isinstance(subnets, list) else ZONES_OF_A_PARAMETER


def _of(template: Template, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for logical_id, body in template.get("Resources", {}).items():
        if body["Type"] == kind:
            yield logical_id, body.get("Properties", {})
