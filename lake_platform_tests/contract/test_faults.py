"""`lake check`: every fault with file, line, field and what to do."""

from pathlib import Path

import pytest

from lake_platform.contract.source import load_folder
from lake_platform_tests.contract.declared import FILE, GOOD, changed, contract_of, faults_of


def test_the_good_file_has_no_fault() -> None:
    assert contract_of().name == "customers"


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "said"),
    [
        pytest.param("kind: csv", "kind: cvs", 8, "arrives.format.kind", "'cvs' is not one of", id="typo in a literal"),
        pytest.param(
            "  quarantine:", "  quarantaine:", 19, "quarantaine", "did you mean 'quarantine'?", id="unknown key"
        ),
        pytest.param(
            "required: true", 'required: "yes"', 11, "columns.0.required", "not true or false", id="wrong type"
        ),
        pytest.param("    prefix: customers/\n", "", 5, "arrives.prefix", "is missing", id="missing field"),
        pytest.param("type: bigint", "type: biginteger", 11, "columns.0.type", "unknown type 'biginteger'", id="type"),
        pytest.param(
            "prefix: customers/", "prefix: customers", 6, "arrives.prefix", "does not end in '/'", id="prefix"
        ),
        pytest.param(
            "<day>", "<date>", 7, "arrives.partition.pattern", "or (?P<day>…) around an ISO date", id="pattern group"
        ),
        pytest.param("start: 2024-01-01", "start: yesterday", 7, "arrives.partition.start", "is no date", id="start"),
        pytest.param("RowCount > 0", "RowCont > 0", 18, "quality.1.rule", "'RowCont' is no rule type", id="rule type"),
        pytest.param('"op" in', '"opp" in', 17, "quality.0.rule", "there is no column 'opp'", id="column of a rule"),
        pytest.param(
            "otherwise: block",
            "otherwise: quarantine",
            18,
            "quality.1.otherwise",
            "cannot say which rows",
            id="severity",
        ),
        pytest.param(
            "block_above: 0.05", "block_above: 5", 19, "quarantine.block_above", "less than or equal to 1", id="share"
        ),
        pytest.param(
            "write: scd2", "write: replace", 22, "target.write", "does not go with delivers: changes", id="write mode"
        ),
        pytest.param(
            "keys: [customer_id]", "keys: [customer]", 23, "target.keys.0", "there is no column 'customer'", id="key"
        ),
        pytest.param(
            "keys: [customer_id]",
            "keys: [status]",
            23,
            "target.keys.0",
            "is not required; add required: true",
            id="key not required",
        ),
        pytest.param(
            "effective_at: changed_at",
            "effective_at: amount",
            24,
            "target.effective_at",
            "'amount' is decimal(18,2)",
            id="time",
        ),
        pytest.param("op = 'D'", "opp = 'D'", 25, "target.deletes.when", "there is no column 'opp'", id="deletes"),
        pytest.param(
            "op = 'D'", "op = ", 25, "target.deletes.when", "a column or a value should stand", id="deletes syntax"
        ),
        pytest.param("  columns:", "  columns: []\n  colums:", 10, "columns", "the list is empty", id="no columns"),
    ],
)
def test_a_fault_names_line_field_and_cause(old: str, new: str, line: int, field: str, said: str) -> None:
    told = {(fault.line, fault.field): str(fault) for fault in faults_of(changed(old, new))}

    assert (line, field) in told, told
    assert said in told[line, field]
    assert told[line, field].startswith(f"{FILE}:{line}: {field}: ")


def test_a_key_that_stands_twice_is_a_fault() -> None:
    (fault,) = faults_of(changed("  description: change files\n", "  description: one\n  description: two\n"))

    assert (fault.line, fault.field) == (5, "description")
    assert "stands twice, first in line 4" in fault.message


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing but a comment\n"])
def test_an_empty_file_is_a_fault(text: str) -> None:
    (fault,) = faults_of(text)

    assert (fault.line, fault.message) == (1, "the file is empty")


@pytest.mark.parametrize("attributes", ["", "attributes:\n", "attributes: {}\n"])
def test_missing_attributes_are_a_fault(attributes: str) -> None:
    (fault,) = faults_of("type: lake_platform.Dataset\n" + attributes)

    assert fault.message == "attributes is missing or empty"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("type: lake_platform.Dataset\nattributes:\n  name: [a\n", 4),
        ("type: lake_platform.Dataset\nattributes:\n\tname: a\n", 3),
        ("type: 'lake_platform.Dataset\n", 2),
    ],
)
def test_a_syntax_error_is_one_line_with_its_place(text: str, line: int) -> None:
    (fault,) = faults_of(text)

    assert fault.line == line
    assert fault.message.startswith("not YAML: ")
    assert "\n" not in str(fault)


def test_all_faults_of_a_file_are_told_at_once() -> None:
    text = (
        changed("kind: csv", "kind: cvs").replace("write: scd2", "write: scd3").replace("type: char(1)", "typ: char(1)")
    )

    assert {fault.field for fault in faults_of(text)} >= {
        "arrives.format.kind",
        "target.write",
        "columns.1.typ",
        "columns.1.type",
    }


def test_all_faults_of_a_folder_are_told_at_once(tmp_path: Path) -> None:
    for name, text in {"a": GOOD, "b": changed("kind: csv", "kind: cvs"), "c": "", "d": GOOD}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "defs.yaml").write_text(text)

    found = load_folder(tmp_path)

    told = {(fault.file.parent.name, fault.field) for fault in found.faults}
    assert told == {
        ("b", "arrives.format.kind"),
        ("c", ""),
        ("d", "name"),
        ("d", "target.table"),
        ("d", "arrives.prefix"),
    }


def test_a_folder_without_definitions_is_a_fault(tmp_path: Path) -> None:
    assert "there is no defs.yaml" in load_folder(tmp_path).faults[0].message


def test_other_components_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "defs.yaml").write_text("type: dagster.TemplatedSqlComponent\nattributes: {whatever: 1}\n")

    assert load_folder(tmp_path).faults == ()


def test_words_that_yaml_takes_for_something_else_stay_text() -> None:
    contract = contract_of(changed('["I","U","D"]', '["no","on","D"]').replace("by: day", "by: day"))

    assert contract.arrives.partition.start == "2024-01-01"
