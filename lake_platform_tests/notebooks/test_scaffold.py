"""What `dg scaffold defs lake_platform.Notebook` writes."""

import shutil
from pathlib import Path

import dagster as dg

from lake_platform.components.notebook_scaffold import NotebookScaffolder
from lake_platform.contract.source import load_folder
from lake_platform.definitions import DEFS


def test_a_scaffolded_notebook_has_no_fault(tmp_path: Path) -> None:
    defs = tmp_path / "defs"
    shutil.copytree(DEFS, defs)
    request = dg.ScaffoldRequest(
        type_name="lake_platform.Notebook",
        target_path=defs / "My Report",
        scaffold_format="yaml",
        project_root=tmp_path,
        params=None,
    )

    NotebookScaffolder().scaffold(request)

    found = load_folder(defs)
    assert not found.faults
    assert "my_report" in [notebook.contract.name for notebook in found.notebooks]
