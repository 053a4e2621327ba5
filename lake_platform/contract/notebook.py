"""What an author may declare of a notebook that is run when what it reads has changed.

The YAML under `attributes:` of a `defs.yaml` with `type: lake_platform.Notebook` is one `NotebookContract`.
"""

import ast
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, cast

from pydantic import AfterValidator, Field

from lake_platform.contract.faults import Problem
from lake_platform.contract.schedule import Cron
from lake_platform.contract.strict import Grouped
from lake_platform.contract.table_inputs import BoundTable, Input

PARAMETERS = "parameters"
"""The tag of the cell whose names parameters replace; papermill's word."""
_FORMAT = 4


def _scalar(value: object) -> object:
    if not isinstance(value, str | int | float | bool):
        raise ValueError(f"{value!r} is no text, number, true or false")
    return value


Parameter = Annotated[object, AfterValidator(_scalar)]


class NotebookContract(Grouped):
    """One notebook: what it reads, and with which parameters it runs."""

    description: str
    """What it shows, and what it proves."""
    owners: list[str] = Field(default_factory=list[str])
    """Dagster owners: `team:crm` or an e-mail address."""
    notebook: str
    """An `.ipynb` file beside the declaration."""
    inputs: list[str] = Field(min_length=1)
    """What its cells read: `stg_<dataset>`, a dataset with a target, or a table made in the warehouse."""
    parameters: dict[str, Parameter] = Field(default_factory=dict[str, Parameter])
    """Values for names of the cell with the tag `parameters`."""
    timeout: int = Field(default=600, gt=0)
    """Seconds that one cell may take."""
    schedule: Cron | None = None
    """When runs are asked for, as cron in UTC, instead of as soon as an input has published."""

    @property
    def partition(self) -> None:
        """None: a notebook runs as a whole."""
        return None


@dataclass(frozen=True, kw_only=True)
class BoundNotebook:
    """A notebook with its file and what it reads."""

    contract: NotebookContract
    file: Path
    inputs: tuple[Input, ...]
    sources: tuple[str, ...]
    """The text of each cell. What an editor saves beside it, outputs and counts, means nothing."""

    @property
    def parted(self) -> None:
        """None: of every input all that is published is read."""
        return None

    @property
    def partitioning(self) -> None:
        """None: as `parted`."""
        return None


Derived = BoundTable | BoundNotebook
"""What is made from what datasets and tables have published."""


def read_cells(text: str) -> list[Mapping[str, Any]] | Problem:
    """The cells of a notebook file, or why it is none."""
    try:
        document: Any = json.loads(text)
    except ValueError as error:
        return Problem((), f"the file is no notebook: it is not JSON ({error})", "save it in Jupyter")
    fields = cast("dict[str, Any]", document) if isinstance(document, dict) else {}
    cells = fields.get("cells")
    if fields.get("nbformat") != _FORMAT or not isinstance(cells, list):
        return Problem((), f"the file is no notebook of format {_FORMAT}", "save it in Jupyter")
    return cast("list[Mapping[str, Any]]", cells)


def cell_source(cell: Mapping[str, Any]) -> str:
    """The text of a cell, which the format may cut into lines."""
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)


def find_notebook_problems(contract: NotebookContract, cells: list[Mapping[str, Any]]) -> Iterator[Problem]:
    """Parameters that no cell takes: papermill would set names that nothing reads."""
    tagged = [cell for cell in cells if PARAMETERS in cell.get("metadata", {}).get("tags", ())]
    if len(tagged) > 1:
        yield Problem(("notebook",), f"{len(tagged)} cells have the tag {PARAMETERS!r}", "leave it to one of them")
    if not contract.parameters:
        return
    if not tagged:
        hint = f"give the cell that sets {', '.join(contract.parameters)} the tag {PARAMETERS!r}"
        yield Problem(("parameters",), f"no cell of {contract.notebook} has the tag {PARAMETERS!r}", hint)
        return
    names = _assigned(cell_source(tagged[0]))
    for name in contract.parameters:
        if names is not None and name not in names:
            told = ", ".join(sorted(names)) or "none"
            yield Problem(("parameters", name), f"the cell of parameters does not set {name!r}", f"it sets: {told}")


def _assigned(source: str) -> set[str] | None:
    """The names that a cell sets; None where it is not plain Python."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return None
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
