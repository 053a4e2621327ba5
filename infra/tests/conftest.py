"""Each template is made once for all tests: a synthesis takes seconds."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from lake_infra.declaration import Dataset, Declaration, read_declaration
from lake_infra.options import Options, Warehouse

HOME = Path(__file__).parents[1]
Template = dict[str, Any]


REFERENCE = (
    *("airports", "carriers", "countries", "customers", "events"),
    *("flights", "sales", "sales_by_quarter", "songs"),
)
"""The datasets of the pipelines in the repository, of which the record of a rehearsal and some pages speak."""
DECLARED = read_declaration(HOME / "declaration.json")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Whoever has datasets of his own has none of what the marked tests speak of."""
    declared = {one.name for one in DECLARED.datasets}
    for marker in item.iter_markers("reference"):
        if missing := [name for name in marker.args or REFERENCE if name not in declared]:
            pytest.skip(f"the committed declaration has no {', '.join(missing)}")


@pytest.fixture(scope="session")
def declaration() -> Declaration:
    """The committed one."""
    return DECLARED


@pytest.fixture(scope="session")
def synthesised(declaration: Declaration) -> Callable[[Warehouse], Template]:
    """The template of the committed declaration, by the kind of its warehouse."""

    @cache
    def make(warehouse: Warehouse) -> Template:
        from lake_infra.app import synthesise

        return synthesise(declaration, Options(warehouse=warehouse))

    return make


@pytest.fixture(scope="session")
def template(synthesised: Callable[[Warehouse], Template]) -> Template:
    """That of Redshift Serverless."""
    return synthesised("serverless")


def datasets(number: int) -> tuple[Dataset, ...]:
    """As many datasets, with prefixes of an ordinary length."""
    return tuple(
        Dataset(
            name=f"dataset_{n:03}", prefix=f"source_{n % 7}/dataset_{n:03}/", suffixes=(".csv", ".csv.gz"), crawler=None
        )
        for n in range(number)
    )


def of_type(template: Template, kind: str) -> dict[str, Template]:
    """The properties of the resources of one type, by their logical ids."""
    return {
        name: resource.get("Properties", {})
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


@pytest.fixture(scope="session")
def hundred(declaration: Declaration) -> Template:
    """The template of a hundred datasets, each with a crawler of its own: the largest that is meant to work."""
    from lake_infra.app import synthesise

    crawled = tuple(replace(dataset, crawler=f"crawl-{dataset.name}") for dataset in datasets(100))
    return synthesise(replace(declaration, datasets=crawled), Options())
