"""`docs/dataset.md` and the models say the same."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from lake_platform.contract import dataset
from lake_platform.contract.rules.kinds import BATCH_RULES, REFUSED_RULES, ROW_RULES
from lake_platform.contract.source import parse_contract
from lake_platform_tests.contract.declared import FILE

DOC = (Path(__file__).parents[2] / "docs/dataset.md").read_text()
MODELS = [
    dataset.DatasetContract,
    dataset.Arrives,
    dataset.Partitioning,
    dataset.FileFormat,
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
