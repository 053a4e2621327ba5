"""`dg scaffold defs lake_platform.Dataset NAME`: a first `defs.yaml` that loads as it stands."""

import re

import dagster as dg

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


class DatasetScaffolder(dg.Scaffolder):
    """Writes `defs.yaml` for a dataset named after its folder."""

    def scaffold(self, request: dg.ScaffoldRequest) -> None:
        name = re.sub(r"[^a-z0-9_]+", "_", request.target_path.name.lower()).strip("_") or "dataset"
        request.target_path.mkdir(parents=True, exist_ok=True)
        (request.target_path / "defs.yaml").write_text(TEMPLATE.format(name=name), encoding="utf-8")
