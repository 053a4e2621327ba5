"""The templates that are committed, by their names."""

from collections.abc import Iterator
from pathlib import Path

from lake_infra.app import render, synthesise
from lake_infra.declaration import Declaration
from lake_infra.options import Options

TEMPLATES = {"lake": Options(), "lake-cluster": Options(warehouse="cluster")}


def write_templates(declaration: Declaration, folder: Path) -> Iterator[str]:
    """Writes every template into a folder; yields a line for each, told when it is written."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, options in TEMPLATES.items():
        template = synthesise(declaration, options)
        file = folder / f"{name}.template.json"
        text = render(template)
        file.write_text(text, encoding="utf-8")
        yield f"{file}  {len(template['Resources'])} resources, {len(text.encode())} bytes"
