"""What is committed is what is made, each time and everywhere."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lake_infra.app import render
from lake_infra.declaration import Declaration
from lake_infra.options import WAREHOUSES, Warehouse
from lake_infra.templates import TEMPLATES, made_from
from tests.conftest import HOME, Template


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_committed_template_is_the_synthesis_of_the_committed_declaration(
    name: str, synthesised: Callable[[Warehouse], Template]
) -> None:
    committed = (HOME / "templates" / f"{name}.template.json").read_text(encoding="utf-8")

    assert render(synthesised(TEMPLATES[name].warehouse)) == committed, (
        "run `make infra-golden` and look at the difference"
    )


def test_every_template_of_the_folder_is_tested(declaration: Declaration) -> None:
    committed = {file.name for file in Path(HOME / "templates").iterdir()}

    assert committed == {f"{name}.template.json" for name in made_from(declaration)}, "remove what is made no more"
    assert {options.warehouse for options in TEMPLATES.values()} == set(WAREHOUSES)
