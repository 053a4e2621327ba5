"""`docs/dataset.md` and the models say the same."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from lake_platform.contract import dataset
from lake_platform.contract.columns import PlainColumn
from lake_platform.contract.rules.kinds import BATCH_RULES, NOT_OF_TABLES, OF_TABLES, REFUSED_RULES, ROW_RULES
from lake_platform.contract.source import load_folder, parse_contract
from lake_platform.contract.table import TableContract
from lake_platform.contract.table_fields import TableRule
from lake_platform_tests.contract.declared import FILE

DOCS = Path(__file__).parents[2] / "docs"
DOC = (DOCS / "dataset.md").read_text()
TABLE_DOC = (DOCS / "table.md").read_text()
DATASET = """\
type: lake_platform.Dataset
attributes:
  name: {name}
  description: {name}
  arrives:
    prefix: {name}/
    partition: {partition}
    format: {{kind: json}}
    delivers: events
  columns: {columns}
"""
INPUTS = {
    "events": DATASET.format(
        name="events",
        partition="{by: day, pattern: '(?P<day>.*)'}",
        columns="[{name: ts, type: timestamp}, {name: userid, type: bigint}, {name: page, type: varchar(20)}, "
        "{name: song, type: varchar(200)}, {name: length, type: 'decimal(9,5)'}]",
    ),
    "songs": DATASET.format(
        name="songs",
        partition="{by: none}",
        columns="[{name: song_id, type: varchar(18)}, {name: title, type: varchar(200)}, "
        "{name: duration, type: 'decimal(9,5)'}]",
    ),
}
MODELS = [
    dataset.DatasetContract,
    dataset.Arrives,
    dataset.Partitioning,
    dataset.FileFormat,
    dataset.Cataloging,
    dataset.Column,
    dataset.Evolution,
    dataset.QualityRule,
    dataset.Quarantine,
    dataset.Transform,
    dataset.TransformInput,
    dataset.Target,
    dataset.Deletes,
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_field_is_in_the_reference(model: type[BaseModel]) -> None:
    names = {field.alias or name for name, field in model.model_fields.items()}

    assert {name for name in names if f"`{name}`" not in DOC} == set()


def test_every_field_of_the_reference_is_in_a_model() -> None:
    known = {field.alias or name for model in MODELS for name, field in model.model_fields.items()}
    first_cells = re.findall(r"^\| (`[^|]*) \|", DOC, flags=re.MULTILINE)
    told = {name for cell in first_cells for name in re.findall(r"`([a-z_]+)`", cell)}

    assert told - known == set()


@pytest.mark.parametrize("rule", [*ROW_RULES, *BATCH_RULES, *REFUSED_RULES])
def test_every_rule_type_is_in_the_reference(rule: str) -> None:
    assert rule in DOC


def test_the_example_has_no_fault() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", DOC, flags=re.DOTALL)

    assert not isinstance(parse_contract(example, FILE), list)


@pytest.mark.parametrize("model", [TableContract, TableRule, PlainColumn], ids=lambda model: model.__name__)
def test_every_field_of_a_table_is_in_its_reference(model: type[BaseModel]) -> None:
    names = {field.alias or name for name, field in model.model_fields.items()}

    assert {name for name in names if f"`{name}`" not in TABLE_DOC} == {"rule", "otherwise"} & names


def test_every_field_of_the_reference_of_tables_is_in_the_model() -> None:
    known = {field.alias or name for name, field in TableContract.model_fields.items()}
    fields = TABLE_DOC.partition("## attributes")[2].partition("## from")[0]
    told = {
        name
        for cell in re.findall(r"^\| (`[^|]*) \|", fields, flags=re.MULTILINE)
        for name in re.findall(r"`(\w+)`", cell)
    }

    assert told == known


@pytest.mark.parametrize("rule", [*set(OF_TABLES.kinds) - set(ROW_RULES), *NOT_OF_TABLES])
def test_every_batch_rule_of_a_table_is_in_its_reference(rule: str) -> None:
    assert rule in TABLE_DOC


def test_the_example_of_a_table_has_no_fault(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", TABLE_DOC, flags=re.DOTALL)
    (select,) = re.findall(r"```sql\n(.*?)```", TABLE_DOC, flags=re.DOTALL)
    for name in ("events", "songs"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "defs.yaml").write_text(INPUTS[name])
    (tmp_path / "defs.yaml").write_text(example)
    (tmp_path / "songplays.sql").write_text(select)

    assert [str(fault) for fault in load_folder(tmp_path).faults] == []
