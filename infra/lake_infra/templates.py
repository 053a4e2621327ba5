"""The templates that are committed, by their names."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lake_infra.app import render, synthesise, synthesise_dagster
from lake_infra.declaration import Declaration
from lake_infra.options import Options

TEMPLATES = {"lake": Options(), "lake-cluster": Options(warehouse="cluster")}
"""Of the data stack."""
DAGSTER = "dagster"
"""Of the Dagster stack, which is the same with either warehouse."""


NAMES = (*TEMPLATES, DAGSTER)
"""Of all of them."""


def make_template(name: str, declaration: Declaration) -> dict[str, Any]:
    """One of `NAMES`."""
    return synthesise_dagster(declaration) if name == DAGSTER else synthesise(declaration, TEMPLATES[name])


def write_templates(declaration: Declaration, folder: Path) -> Iterator[str]:
    """Writes every template into a folder; yields a line for each, told when it is written."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        template = make_template(name, declaration)
        file = folder / f"{name}.template.json"
        text = render(template)
        file.write_text(text, encoding="utf-8")
        yield f"{file}  {len(template['Resources'])} resources, {len(text.encode())} bytes"
