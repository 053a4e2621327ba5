"""`dg scaffold defs lake_platform.Notebook NAME`: a first `defs.yaml` with a notebook that runs as it stands."""

import json
from collections.abc import Sequence

import dagster as dg

from lake_platform.components.scaffold import folder_name
from lake_platform.contract.notebook import PARAMETERS
from lake_platform.contract.source import load_folder

NOTEBOOK = """\
type: lake_platform.Notebook
attributes:
  name: {name}
  group: {group}
  description: What {name} shows
  notebook: {name}.ipynb
  inputs: [{source}]               # stg_<dataset>, a dataset with a target, or a table made in the warehouse
  parameters: {{rows: 20}}           # values for names of the cell with the tag `parameters`
"""
CELLS = (
    "rows = 10",
    "from lake_platform import open_workbench\n\nbench = open_workbench()",
    'bench.query(f"SELECT * FROM {source} LIMIT {{rows}}")',
)
NOWHERE = "my_dataset"
"""What a notebook reads that is scaffolded where there is no table yet."""


class NotebookScaffolder(dg.Scaffolder):
    """Writes `defs.yaml` and a notebook named after its folder; it reads the first target that there is."""

    def scaffold(self, request: dg.ScaffoldRequest) -> None:
        name, folder = folder_name(request.target_path), request.target_path
        defs = next((parent for parent in folder.parents if parent.name == "defs"), folder)
        published = [(one.name, one.group or one.name) for one in load_folder(defs).contracts if one.target]
        source, group = published[0] if published else (NOWHERE, name)
        folder.mkdir(parents=True, exist_ok=True)
        text = NOTEBOOK.format(name=name, group=group, source=source)
        (folder / "defs.yaml").write_text(text, encoding="utf-8")
        cells = [cell.format(source=source) for cell in CELLS]
        (folder / f"{name}.ipynb").write_text(_notebook(cells), encoding="utf-8")


def _notebook(sources: Sequence[str]) -> str:
    """A notebook file; the first cell takes the parameters."""
    cells = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"cell-{number}",
            "metadata": {} if number else {"tags": [PARAMETERS]},
            "outputs": [],
            "source": source,
        }
        for number, source in enumerate(sources)
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    document = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(document, indent=1) + "\n"
