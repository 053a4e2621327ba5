"""The `WarehouseTable` component: one SELECT over datasets and other tables becomes one asset with its checks."""

import dagster as dg
from pydantic import BaseModel

from lake_platform.assets.table import build_table
from lake_platform.components.scaffold import TableScaffolder
from lake_platform.contract.source import load_folder_once
from lake_platform.contract.table import TableContract
from lake_platform.contract.table_inputs import BoundTable
from lake_platform.errors import ContractError


@dg.scaffold_with(TableScaffolder)
class WarehouseTable(dg.Component):
    """A table that is made inside the warehouse from datasets and other tables.

    One asset, made per partition of an input or as a whole, with asset checks for every rule; the sensor
    `warehouse_tables` asks for a run when an input has published.
    """

    def __init__(self, table: BoundTable) -> None:
        self.table = table

    @classmethod
    def get_model_cls(cls) -> type[BaseModel]:
        return TableContract

    @classmethod
    def get_spec(cls) -> dg.ComponentTypeSpec:
        return dg.ComponentTypeSpec(
            description="One table: a SELECT over datasets and other tables, written inside the warehouse.",
            tags=["lake", "redshift", "sql"],
        )

    @classmethod
    def load(cls, attributes: BaseModel | None, context: dg.ComponentLoadContext) -> "WarehouseTable":
        """The component of the file at `context.path`, with its inputs among the other files of the project.

        Raises:
            ContractError: this file or one that it reads from has faults; the message lists them with their lines.
        """
        folder = load_folder_once(context.defs_module_path)
        name, file = getattr(attributes, "name", None), context.path / "defs.yaml"
        for table, at in zip(folder.tables, folder.table_files, strict=True):
            if at == file and name in (None, table.contract.name):
                return cls(table)
        raise ContractError([fault for fault in folder.faults if fault.file.parent == context.path] or folder.faults)

    def build_defs(self, context: dg.ComponentLoadContext | None = None) -> dg.Definitions:
        return dg.Definitions(assets=[build_table(self.table)])
