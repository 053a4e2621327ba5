"""The templates that are committed, by their names."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lake_infra.app import render, synthesise, synthesise_dagster, synthesise_profile
from lake_infra.declaration import Declaration
from lake_infra.options import Options
from lake_infra.profiles import PROFILES

TEMPLATES = {"lake": Options(), "lake-cluster": Options(warehouse="cluster")}
"""Of the data stack."""
DAGSTER = "dagster"
"""Of the Dagster stack, which is the same with either warehouse."""


NAMES = (*TEMPLATES, *PROFILES, DAGSTER)
"""Of all of them."""


def make_template(name: str, declaration: Declaration) -> dict[str, Any]:
    """One of `NAMES`."""
    if name == DAGSTER:
        return synthesise_dagster(declaration)
    if name in PROFILES:
        return synthesise_profile(declaration, PROFILES[name])
    return synthesise(declaration, TEMPLATES[name])


def made_from(declaration: Declaration) -> tuple[str, ...]:
    """Those of `NAMES` that a declaration has the datasets for."""
    known = {dataset.name for dataset in declaration.datasets}
    return tuple(name for name in NAMES if name not in PROFILES or known.issuperset(PROFILES[name].datasets))


def write_templates(declaration: Declaration, folder: Path) -> Iterator[str]:
    """Writes every template that can be made into a folder; yields a line for each, told when it is written."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in made_from(declaration):
        template = make_template(name, declaration)
        file = folder / f"{name}.template.json"
        text = render(template)
        file.write_text(text, encoding="utf-8")
        yield f"{file}  {len(template['Resources'])} resources, {len(text.encode())} bytes"
