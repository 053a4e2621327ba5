"""A good definition file, and variations of it."""

from pathlib import Path

from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.faults import Fault
from lake_platform.contract.source import parse_contract

FILE = Path("defs/customers/defs.yaml")
GOOD = """\
type: lake_platform.Dataset
attributes:
  name: customers
  description: change files
  arrives:
    prefix: customers/
    partition: {by: day, start: 2024-01-01, from: key, pattern: 'dt=(?P<day>\\d{4}-\\d{2}-\\d{2})/'}
    format: {kind: csv}
    delivers: changes
  columns:
    - {name: customer_id, type: bigint, required: true}
    - {name: op, type: char(1)}
    - {name: status, type: char(1)}
    - {name: amount, type: "decimal(18,2)"}
    - {name: changed_at, type: timestamp}
  quality:
    - {rule: 'ColumnValues "op" in ["I","U","D"]', otherwise: quarantine}
    - {rule: 'RowCount > 0', otherwise: block}
  quarantine: {block_above: 0.05}
  target:
    table: dim_customer
    write: scd2
    keys: [customer_id]
    effective_at: changed_at
    deletes: {when: "op = 'D'"}
"""


def contract_of(text: str = GOOD) -> DatasetContract:
    """The contract of a text that has no faults."""
    parsed = parse_contract(text, FILE)
    assert isinstance(parsed, DatasetContract), parsed
    return parsed


def faults_of(text: str) -> list[Fault]:
    """The faults of a text that has some."""
    parsed = parse_contract(text, FILE)
    assert isinstance(parsed, list), "there is no fault"
    return parsed


def changed(old: str, new: str) -> str:
    """The good file with one passage replaced."""
    assert old in GOOD
    return GOOD.replace(old, new)
