"""Samples for tests: files in a folder, and what is found in them."""

from pathlib import Path

from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.source import parse_contract
from lake_platform.discovery.discover import Findings, discover
from lake_platform.discovery.schema import ColumnFound
from lake_platform.discovery.sources import find_sample
from lake_platform.discovery.yaml_text import render_definition


def find(folder: Path, **files: str | bytes) -> Findings:
    """What is found in these files; `a_csv` is the file a.csv, and `__` a folder."""
    return find_in(folder, {name.replace("__", "/").replace("_", ".", 1): content for name, content in files.items()})


def find_in(folder: Path, files: dict[str, str | bytes]) -> Findings:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return discover(str(folder), find_sample(str(folder), None))


def column(found: Findings, name: str) -> ColumnFound:
    return next(each for each in found.schema.columns if each.name == name)


def types(found: Findings) -> dict[str, str]:
    return {each.name: each.type for each in found.schema.columns}


def contract_of(found: Findings, name: str = "orders") -> DatasetContract:
    """The contract that the definition of these findings is."""
    parsed = parse_contract(render_definition(name, found), Path("defs.yaml"))
    assert isinstance(parsed, DatasetContract), parsed
    return parsed
