"""`dg scaffold defs lake_platform.Dataset NAME`, and the same for `WarehouseTable`: a first `defs.yaml`.

`--sample FILE` makes that of a dataset from a file or a folder.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import dagster as dg
from pydantic import BaseModel

from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.source import load_folder

TEMPLATE = """\
type: lake_platform.Dataset
attributes:
  name: {name}
  description: What one row of {name} is, and where it comes from
  arrives:
    prefix: {name}/                # below the landing bucket
    partition: {{by: day, start: "2024-01-01", from: key, pattern: 'dt=(?P<day>\\d{{4}}-\\d{{2}}-\\d{{2}})/'}}
    format: {{kind: csv, header: true}}
    delivers: events               # changes | snapshot | events
  columns:
    - {{name: id, type: bigint, required: true}}
    - {{name: amount, type: "decimal(18,2)"}}
  quality:
    - {{rule: 'IsComplete "id"', otherwise: quarantine}}
    - {{rule: 'RowCount > 0', otherwise: warn}}
  quarantine: {{block_above: 0.05}}
  target:
    table: {name}
    write: replace_partition
"""


TABLE = """\
type: lake_platform.WarehouseTable
attributes:
  name: {name}
  group: {group}
  description: What one row of {name} is, and what it is made from
  table: {name}                    # table (schema analytics) or schema.table
  from: [{source}]                 # stg_<dataset>, a dataset with a target, or another table made in the warehouse
  select: {name}.sql
  write: replace                   # replace | replace_partition | upsert | scd2
  columns:
    - {{name: partition_key, type: varchar(32), required: true}}
    - {{name: rows_there, type: bigint, required: true}}
  quality:
    - {{rule: 'RowCount > 0', otherwise: block}}
    - {{rule: 'IsUnique "partition_key"', otherwise: block}}
"""
SELECT = """\
SELECT {source}._partition AS partition_key, COUNT(*) AS rows_there
FROM {source}
GROUP BY {source}._partition
"""
NOWHERE = "stg_my_dataset"
"""What a table reads that is scaffolded where there is no dataset yet."""


class DatasetParams(BaseModel):
    """What `dg scaffold defs` may be told."""

    sample: str | None = None
    """A file or folder: the definition is made of what it holds, as by `lake new`."""


class DatasetScaffolder(dg.Scaffolder[DatasetParams]):
    """Writes `defs.yaml` for a dataset named after its folder: a template, or what a sample says."""

    @classmethod
    def get_scaffold_params(cls) -> type[DatasetParams]:
        return DatasetParams

    def scaffold(self, request: dg.ScaffoldRequest[DatasetParams]) -> None:
        name = folder_name(request.target_path)
        text = TEMPLATE.format(name=name)
        if request.params.sample is not None:
            # Only here: every run loads this module with its definitions.
            from lake_platform.discovery.definition import make_definition

            text, _ = make_definition(name, request.params.sample, None)
        request.target_path.mkdir(parents=True, exist_ok=True)
        (request.target_path / "defs.yaml").write_text(text, encoding="utf-8")


class TableScaffolder(dg.Scaffolder):
    """Writes `defs.yaml` and the SELECT of a table named after its folder; it reads the first dataset that there is."""

    def scaffold(self, request: dg.ScaffoldRequest) -> None:
        name, folder = folder_name(request.target_path), request.target_path
        defs = next((parent for parent in folder.parents if parent.name == "defs"), folder)
        datasets = load_folder(defs).contracts
        source, group = next(_readable(datasets), (NOWHERE, name))
        folder.mkdir(parents=True, exist_ok=True)
        text = TABLE.format(name=name, group=group, source=source)
        (folder / "defs.yaml").write_text(text, encoding="utf-8")
        (folder / f"{name}.sql").write_text(SELECT.format(source=source), encoding="utf-8")


def _readable(datasets: Sequence[DatasetContract]) -> Iterator[tuple[str, str]]:
    """What a table may read of each dataset, and the dataset's group."""
    for dataset in datasets:
        group = dataset.group or dataset.name
        if dataset.delivers == "events" and "staging" in dataset.layers:
            yield dataset.staging, group
        elif dataset.target:
            yield dataset.name, group


def folder_name(folder: Path) -> str:
    """The name of the folder as an identifier."""
    return re.sub(r"[^a-z0-9_]+", "_", folder.name.lower()).strip("_") or "dataset"
