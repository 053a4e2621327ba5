"""From a sample, or a table of the catalog, to the text of a definition that holds."""

from pathlib import Path

from lake_platform.contract.source import parse_contract
from lake_platform.discovery.catalog_table import TableFound
from lake_platform.discovery.catalog_yaml import render_table_definition
from lake_platform.discovery.discover import Findings, discover
from lake_platform.discovery.sources import find_sample
from lake_platform.discovery.yaml_text import render_definition
from lake_platform.errors import ContractError
from lake_platform.lake.store import ObjectStore


def make_definition(name: str, where: str, landing: ObjectStore | None) -> tuple[str, Findings]:
    """The text of `defs.yaml` for the files that `where` names, and what was found in them.

    Raises:
        SampleError: no file can be read, or the files do not belong into one dataset.
        ContractError: the name is none, or what was found fits no contract.
    """
    found = discover(where, find_sample(where, landing))
    return _valid(name, render_definition(name, found)), found


def make_table_definition(name: str, found: TableFound, *, landing: str) -> str:
    """The text of `defs.yaml` for a table of the Glue Data Catalog.

    Args:
        landing: the landing bucket.

    Raises:
        ContractError: the name is none, or what the table says fits no contract.
    """
    return _valid(name, render_table_definition(name, found, landing=landing))


def _valid(name: str, text: str) -> str:
    parsed = parse_contract(text, Path(name) / "defs.yaml")
    if isinstance(parsed, list):
        raise ContractError(parsed)
    return text
