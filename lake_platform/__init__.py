"""lake_platform: one YAML file per dataset becomes assets, checks, a sensor, Spark jobs and Redshift tables.

The components are exported lazily (PEP 562), so that `lake_platform.contract` stays importable without Dagster.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lake_platform.components.dataset import Dataset
    from lake_platform.components.notebook import Notebook
    from lake_platform.components.warehouse_table import WarehouseTable
    from lake_platform.workbench import open_workbench

COMPONENTS = ("Dataset", "Notebook", "WarehouseTable")
__all__ = ["Dataset", "Notebook", "WarehouseTable", "open_workbench"]


def __getattr__(name: str) -> object:
    if name in COMPONENTS:
        return getattr(importlib.import_module("lake_platform.components"), name)
    if name == "open_workbench":
        return importlib.import_module("lake_platform.workbench").open_workbench
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    # `dg` finds a library's components by dir().
    return [*globals(), *__all__]
