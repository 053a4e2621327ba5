"""Dagster components: what a `type:` in a `defs.yaml` names."""

from lake_platform.components.dataset import Dataset
from lake_platform.components.notebook import Notebook
from lake_platform.components.warehouse_table import WarehouseTable

__all__ = ["Dataset", "Notebook", "WarehouseTable"]
