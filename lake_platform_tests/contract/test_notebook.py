"""What is wrong with a notebook and its declaration, told with place and hint; and what counts as a change of it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from lake_platform.contract.fingerprint import notebook_fingerprint
from lake_platform.contract.notebook import BoundNotebook, NotebookContract
from lake_platform.contract.source import Folder, load_folder
from lake_platform_tests.contract.declared import GOOD

DOC = (Path(__file__).parents[2] / "docs/notebook.md").read_text(encoding="utf-8")
ATTRIBUTES: dict[str, Any] = {
    "name": "report",
    "group": "crm",
    "description": "what it shows",
    "notebook": "report.ipynb",
    "inputs": ["customers"],
    "parameters": {"top": 3},
}


def notebook(*sources: str, tags: tuple[int, ...] = (0,), **fields: Any) -> str:
    """A notebook file; the cells at `tags` take parameters."""
    cells = [
        {
            "cell_type": "code",
            "source": source,
            "metadata": {"tags": ["parameters"]} if number in tags else {},
            "outputs": [],
        }
        for number, source in enumerate(sources)
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells, **fields})


CELLS = notebook("top = 10", "print(top)")


def load(folder: Path, *, content: str | bytes | None = CELLS, **attributes: Any) -> Folder:
    """The folder with a dataset and one notebook; an attribute of None is left out."""
    for name, text in {"customers": GOOD, "report": declaration(**attributes)}.items():
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "defs.yaml").write_text(text)
    if content is not None:
        data = content.encode() if isinstance(content, str) else content
        (folder / "report" / "report.ipynb").write_bytes(data)
    return load_folder(folder)


def declaration(**attributes: Any) -> str:
    kept = {name: value for name, value in {**ATTRIBUTES, **attributes}.items() if value is not None}
    return yaml.safe_dump({"type": "lake_platform.Notebook", "attributes": kept}, sort_keys=False)


def bound(folder: Folder) -> BoundNotebook:
    assert not folder.faults, folder.faults
    (only,) = folder.notebooks
    return only


def test_a_notebook_knows_its_file_and_what_it_reads(tmp_path: Path) -> None:
    found = bound(load(tmp_path))

    assert found.file == tmp_path / "report" / "report.ipynb"
    assert [(each.name, each.kind, each.owner) for each in found.inputs] == [("customers", "target", "customers")]
    assert (found.contract.key, found.contract.timeout, found.sources) == (
        "crm.report",
        600,
        ("top = 10", "print(top)"),
    )


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        pytest.param({"inputs": ["customer"]}, "inputs.0", "did you mean 'customers'?", id="input with a typo"),
        pytest.param({"inputs": ["customers", "customers"]}, "inputs.1", "stands here twice", id="input twice"),
        pytest.param({"inputs": []}, "inputs", "the list is empty", id="no input"),
        pytest.param({"notebook": "../report.ipynb"}, "notebook", "no notebook beside this file", id="elsewhere"),
        pytest.param({"notebook": "report.py"}, "notebook", "no notebook beside this file", id="a script"),
        pytest.param({"content": None}, "notebook", "cannot be read: No such file", id="no file"),
        pytest.param({"content": "{"}, "notebook", "is not JSON", id="no JSON"),
        pytest.param({"content": b"\xff"}, "notebook", "is not UTF-8", id="no UTF-8"),
        pytest.param({"content": "[]"}, "notebook", "no notebook of format 4", id="a list"),
        pytest.param({"content": notebook("top = 1", nbformat=3)}, "notebook", "of format 4", id="old format"),
        pytest.param({"content": notebook("top = 1", "b", tags=(0, 1))}, "notebook", "2 cells have the tag", id="two"),
        pytest.param({"content": notebook("top = 1", tags=())}, "parameters", "no cell of report.ipynb", id="no tag"),
        pytest.param({"parameters": {"tops": 1}}, "parameters.tops", "it sets: top", id="parameter with a typo"),
        pytest.param({"parameters": {"top": [1]}}, "parameters.top", "no text, number", id="a list as parameter"),
        pytest.param({"timeout": 0}, "timeout", "greater than 0", id="no time"),
        pytest.param({"schedule": "daily"}, "schedule", "is no cron", id="no cron"),
        pytest.param({"name": "customers"}, "name", "'customers' is declared", id="name of a dataset"),
        pytest.param({"note": "x"}, "note", "unknown key 'note'", id="a typo"),
        pytest.param({"description": None}, "description", "is missing", id="no description"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_at_its_place(tmp_path: Path, change: dict[str, Any], field: str, said: str) -> None:
    found = load(tmp_path, **change)

    told = {fault.field: str(fault) for fault in found.faults if fault.file.parent.name == "report"}
    assert field in told, found.faults
    assert said in told[field]


def test_two_notebooks_have_two_names(tmp_path: Path) -> None:
    load(tmp_path)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "defs.yaml").write_text(declaration(group="else"))
    (tmp_path / "other" / "report.ipynb").write_text(CELLS)

    (fault,) = load_folder(tmp_path).faults

    assert (fault.field, fault.hint) == ("name", "choose another name")


SAVED = CELLS.replace('"outputs": []', '"outputs": [{"output_type": "stream"}], "execution_count": 7')


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        pytest.param({"content": SAVED}, False, id="outputs that were saved"),
        pytest.param({"description": "other words", "owners": ["team:a"], "timeout": 5}, False, id="words and time"),
        pytest.param({"content": CELLS.replace("print(top)", "print(top + 1)")}, True, id="a cell"),
        pytest.param({"parameters": {"top": 4}}, True, id="a parameter"),
    ],
)
def test_cells_and_parameters_count_as_a_change_and_outputs_do_not(
    tmp_path: Path, change: dict[str, Any], counts: bool
) -> None:
    before = notebook_fingerprint(bound(load(tmp_path)))

    after = notebook_fingerprint(bound(load(tmp_path, **change)))

    assert (before != after) is counts


def test_a_cell_cut_into_lines_is_the_same_cell(tmp_path: Path) -> None:
    cut = CELLS.replace('"print(top)"', '["print(", "top)"]')

    assert bound(load(tmp_path, content=cut)).sources == ("top = 10", "print(top)")


def test_the_reference_names_every_field_and_no_other() -> None:
    table = DOC[DOC.index("## attributes") : DOC.index("## When")]

    assert set(re.findall(r"^\| `([a-z_]+)` \|", table, flags=re.MULTILINE)) == set(NotebookContract.model_fields)


def test_the_example_of_the_reference_has_no_fault() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", DOC, flags=re.DOTALL)

    assert NotebookContract.model_validate(yaml.safe_load(example)["attributes"])
