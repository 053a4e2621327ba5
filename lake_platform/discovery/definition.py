"""From a sample to the text of a definition that holds."""

from pathlib import Path

from lake_platform.contract.source import parse_contract
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
    text = render_definition(name, found)
    parsed = parse_contract(text, Path(name) / "defs.yaml")
    if isinstance(parsed, list):
        raise ContractError(parsed)
    return text, found
