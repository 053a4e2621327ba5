"""What an author may declare, as strict models. Importing it imports neither Dagster nor Spark."""

from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.faults import Fault
from lake_platform.contract.source import Folder, load_folder, parse_contract

__all__ = ["DatasetContract", "Fault", "Folder", "load_folder", "parse_contract"]
