"""Notebooks, bound to their files and to what they read."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from lake_platform.contract.between import NotebookSource, fault_at
from lake_platform.contract.faults import Fault, Problem
from lake_platform.contract.notebook import BoundNotebook, cell_source, find_notebook_problems, read_cells
from lake_platform.contract.table_inputs import Declared, Input, find_input


def bind_notebooks(notebooks: Sequence[NotebookSource], declared: Declared) -> tuple[list[BoundNotebook], list[Fault]]:
    """The notebooks without a fault, in the order of their keys, and the faults of the others."""
    found = [item for source in notebooks for item in _bind(source, declared)]
    bound = sorted((item for item in found if isinstance(item, BoundNotebook)), key=lambda one: one.contract.key)
    return bound, [item for item in found if isinstance(item, Fault)]


def _bind(source: NotebookSource, declared: Declared) -> Iterator[BoundNotebook | Fault]:
    contract = source.contract
    found = [find_input(name, declared) for name in contract.inputs]
    wrong = [(number, item) for number, item in enumerate(found) if isinstance(item, Problem)]
    yield from (fault_at(source, replace(problem, at=("inputs", number))) for number, problem in wrong)
    for number, name in enumerate(contract.inputs):
        if name in contract.inputs[:number]:
            wrong.append((number, Problem(("inputs", number), f"{name!r} stands here twice", "remove one of them")))
            yield fault_at(source, wrong[-1][1])
    file = source.document.file.parent / contract.notebook
    text = _read(source, file)
    cells = read_cells(text) if isinstance(text, str) else text
    if isinstance(cells, Problem):
        yield fault_at(source, replace(cells, at=("notebook",)))
        return
    problems = list(find_notebook_problems(contract, cells))
    yield from (fault_at(source, problem) for problem in problems)
    if not wrong and not problems:
        inputs = tuple(item for item in found if isinstance(item, Input))
        yield BoundNotebook(contract=contract, file=file, inputs=inputs, sources=tuple(map(cell_source, cells)))


def _read(source: NotebookSource, file: Path) -> str | Problem:
    name = source.contract.notebook
    if Path(name).name != name or not name.endswith(".ipynb"):
        return Problem((), f"{name!r} is no notebook beside this file", "write a name such as report.ipynb")
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return Problem((), f"{name!r} is not UTF-8", "save it in Jupyter")
    except OSError as error:
        return Problem((), f"{name!r} cannot be read: {error.strerror}", f"put the notebook at {file}")
