"""What changes a layer's fingerprint, and what does not."""

import pytest

from lake_platform.contract.dataset import LAYERS, Layer
from lake_platform.contract.fingerprint import fingerprint
from lake_platform_tests.contract.declared import changed, contract_of


@pytest.mark.parametrize(
    ("old", "new", "layers"),
    [
        pytest.param("description: change files", "description: other words", set(), id="description"),
        pytest.param("  description:", "  owners: [team:crm]\n  description:", set(), id="owners"),
        pytest.param("  description:", "  catalog: {crawler: landed}\n  description:", set(), id="a crawler"),
        pytest.param("start: 2024-01-01", "start: 2023-01-01", set(), id="start"),
        pytest.param("RowCount > 0", "RowCount > 1", {"validated"}, id="a rule"),
        pytest.param("block_above: 0.05", "block_above: 0.5", {"validated"}, id="the quarantine"),
        pytest.param(
            "type: char(1)}\n    - {name: status", "type: char(2)}\n    - {name: status", set(LAYERS), id="a type"
        ),
        pytest.param(
            "keys: [customer_id]", "keys: [customer_id]\n    tracked: [status]", {"processed", "target"}, id="tracked"
        ),
        pytest.param("keys: [customer_id]", "keys: [customer_id]\n    sort: [status]", set(), id="the sort key"),
    ],
)
def test_a_change_of_the_contract_reaches_the_layers_that_it_influences(old: str, new: str, layers: set[Layer]) -> None:
    before, after = contract_of(), contract_of(changed(old, new))

    assert {
        layer for layer in LAYERS if fingerprint(before, layer, code="") != fingerprint(after, layer, code="")
    } == layers


def test_code_is_part_of_the_fingerprint() -> None:
    assert fingerprint(contract_of(), "validated", code="a") != fingerprint(contract_of(), "validated", code="b")


def test_which_datasets_are_read_counts_and_when_they_refresh_does_not() -> None:
    transform = "  transform: {{run: a.b:c, rows: same, inputs: {{other: {given}}}}}\n  target:"
    one, two, refreshed = (
        fingerprint(contract_of(changed("  target:", transform.format(given=given))), "processed", code="")
        for given in ("orders", "stores", "{dataset: orders, refresh: always}")
    )

    assert one != two
    assert one == refreshed
