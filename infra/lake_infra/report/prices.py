"""The price table: `infra/prices.yaml`, checked when it is read."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

COUNTED = frozenset({"datasets", "endpoint_zones", "cluster_nodes"})
"""Numbers that come from the declaration and the template, beside the counts of kinds of resources."""


class PriceTableError(Exception):
    """A price table, or a number that is set, that cannot be used; the message says what to do."""


@dataclass(frozen=True)
class Assumption:
    """A number that no template holds, and what it is the number of."""

    value: float
    told: str


@dataclass(frozen=True, kw_only=True)
class PriceLine:
    """One line of the estimate: the price of a unit, and the names of the numbers that make the quantity."""

    what: str
    unit: str
    price: float
    times: tuple[str, ...]
    divided_by: float = 1.0
    where: str | None = None


@dataclass(frozen=True, kw_only=True)
class PriceTable:
    """All of it, dated."""

    as_of: dt.date
    region: str
    assumptions: Mapping[str, Assumption]
    lines: tuple[PriceLine, ...]


def read_prices(file: Path) -> PriceTable:
    """The price table of a file.

    Raises:
        PriceTableError: it is not there, or a line of it cannot be used.
    """
    try:
        told = yaml.safe_load(file.read_text(encoding="utf-8"))
        table = PriceTable(
            as_of=told["as_of"],
            region=told["region"],
            assumptions={name: Assumption(**one) for name, one in told["assumptions"].items()},
            lines=tuple(_line(one) for one in told["lines"]),
        )
    except OSError as error:
        raise PriceTableError(f"{file}: {error.strerror}") from None
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise PriceTableError(f"{file} is no price table: {error!r}") from error
    _check(table, file)
    return table


def with_numbers(table: PriceTable, numbers: Mapping[str, float]) -> PriceTable:
    """The table with other assumptions.

    Raises:
        PriceTableError: there is no such assumption.
    """
    for name in numbers:
        if name not in table.assumptions:
            raise PriceTableError(f"{name!r} is no assumption: take one of {', '.join(sorted(table.assumptions))}")
    changed = {name: Assumption(value, table.assumptions[name].told) for name, value in numbers.items()}
    return PriceTable(
        as_of=table.as_of, region=table.region, assumptions={**table.assumptions, **changed}, lines=table.lines
    )


def read_numbers(file: Path) -> dict[str, float]:
    """Numbers by name from a YAML file.

    Raises:
        PriceTableError: it is not there, or holds something else.
    """
    try:
        told = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise PriceTableError(f"{file}: {error}") from None
    if not isinstance(told, dict) or not all(
        type(each) in (int, float) for each in cast("dict[str, Any]", told).values()
    ):
        raise PriceTableError(f"{file} holds no numbers by name: write lines such as `runs_a_day: 24`")
    return {str(name): float(value) for name, value in cast("dict[str, float]", told).items()}


def _line(told: Mapping[str, Any]) -> PriceLine:
    times: list[str] = told["times"]
    others: dict[str, Any] = {name: value for name, value in told.items() if name != "times"}
    return PriceLine(times=tuple(times), **others)


def _check(table: PriceTable, file: Path) -> None:
    for line in table.lines:
        for name in line.times:
            if name not in table.assumptions and name not in COUNTED and not name.startswith("AWS::"):
                raise PriceTableError(f"{file}: {line.what!r} is multiplied by {name!r}, which nothing gives a number")
    used = {name for line in table.lines for name in line.times}
    for name in table.assumptions:
        if name not in used:
            raise PriceTableError(f"{file}: no line uses the assumption {name!r}")
