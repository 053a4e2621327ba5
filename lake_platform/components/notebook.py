"""The `Notebook` component: a notebook that runs when what it reads has changed becomes one asset."""

import dagster as dg
from pydantic import BaseModel

from lake_platform.assets.notebook import build_notebook
from lake_platform.components.notebook_scaffold import NotebookScaffolder
from lake_platform.contract.notebook import BoundNotebook, NotebookContract
from lake_platform.contract.source import load_folder_once
from lake_platform.errors import ContractError


@dg.scaffold_with(NotebookScaffolder)
class Notebook(dg.Component):
    """A notebook that queries the warehouse and the files of the lake.

    One asset, run by papermill in the environment's own kernel; its plots and figures are shown, the executed notebook
    and a page of it are kept. The sensor `warehouse_tables` asks for a run when an input has published.
    """

    def __init__(self, notebook: BoundNotebook) -> None:
        self.notebook = notebook

    @classmethod
    def get_model_cls(cls) -> type[BaseModel]:
        return NotebookContract

    @classmethod
    def get_spec(cls) -> dg.ComponentTypeSpec:
        return dg.ComponentTypeSpec(
            description="One notebook: run when its inputs have published, kept, and shown with its plots.",
            tags=["lake", "jupyter"],
        )

    @classmethod
    def load(cls, attributes: BaseModel | None, context: dg.ComponentLoadContext) -> "Notebook":
        """The component of the file at `context.path`, with its inputs among the other files of the project.

        Raises:
            ContractError: this file or one that it reads from has faults; the message lists them with their lines.
        """
        folder = load_folder_once(context.defs_module_path)
        name = getattr(attributes, "name", None)
        for notebook in folder.notebooks:
            if notebook.file.parent == context.path and name in (None, notebook.contract.name):
                return cls(notebook)
        raise ContractError([fault for fault in folder.faults if fault.file.parent == context.path] or folder.faults)

    def build_defs(self, context: dg.ComponentLoadContext | None = None) -> dg.Definitions:
        return dg.Definitions(assets=[build_notebook(self.notebook)])
