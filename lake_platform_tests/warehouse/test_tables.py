"""Tables from contracts: what is made, what is changed in place, and what is refused."""

import pytest

from lake_platform.contract.dataset import DatasetContract
from lake_platform.errors import TableColumnError, TargetDeclarationError
from lake_platform.warehouse.ddl import TableChange, ensure_table, render_create
from lake_platform.warehouse.names import TableName, quote, quote_literal
from lake_platform.warehouse.redshift import RedshiftResource
from lake_platform.warehouse.session import Session
from lake_platform.warehouse.table import (
    TableColumn,
    TableSpec,
    staging_table,
    target_table,
    target_tables,
    tracked_columns,
)
from lake_platform_tests.warehouse.tables import KEYS, contract_of, history_contract

META = ("_partition", "_file", "_file_time", "_row", "_token")
TABLE = TableName("public", "made")


def spec(**columns: str) -> TableSpec:
    return TableSpec(TABLE, tuple(TableColumn(name, kind) for name, kind in columns.items()))


def test_staging_has_the_columns_of_the_files_in_their_order() -> None:
    names = staging_table(history_contract("changes")).column_names

    assert names == ("id", "part", "name", "amount", "note", "changed_at", "_op", *META)


def test_staging_of_events_has_no_operation() -> None:
    assert "_op" not in staging_table(contract_of("events", "replace_partition")).column_names


@pytest.mark.parametrize(
    ("contract", "expected"),
    [
        (history_contract("changes"), ["dim_things", "dim_things__ledger", "dim_things__events"]),
        (
            contract_of("changes", "upsert", keys=KEYS, effective_at="changed_at"),
            ["dim_things", "dim_things__ledger", "dim_things__deleted"],
        ),
        (contract_of("events", "replace_partition"), ["dim_things", "dim_things__ledger"]),
        (contract_of("snapshot", "replace"), ["dim_things", "dim_things__ledger"]),
    ],
    ids=["scd2", "upsert", "replace_partition", "replace"],
)
def test_a_target_has_these_tables(contract: DatasetContract, expected: list[str]) -> None:
    assert [each.table.name for each in target_tables(contract)] == expected


def test_only_keys_and_our_own_columns_are_not_null() -> None:
    required = [column.name for column in target_table(history_contract("changes")).columns if column.not_null]

    assert required == ["id", "part", "valid_from", "is_current", "version_key", "_partition"]


def test_a_sort_key_that_is_declared_replaces_the_usual_one() -> None:
    usual = contract_of("events", "replace_partition")
    assert usual.target is not None
    declared = usual.model_copy(update={"target": usual.target.model_copy(update={"sort": ["part", "id"]})})

    assert target_table(usual).sort_key == ("_partition",)
    assert target_table(declared).sort_key == ("part", "id")
    assert render_create(target_table(declared))[1].endswith('SORTKEY ("part", "id")')


def test_a_target_may_name_its_schema() -> None:
    contract = contract_of("snapshot", "replace").model_copy(update={"target": None})
    with pytest.raises(TargetDeclarationError, match="things: target is not declared"):
        target_table(contract)

    assert TableName.parse("marts.dim_x") == TableName("marts", "dim_x")
    assert TableName.parse("marts.dim_x").sql == '"marts"."dim_x"'


def test_columns_of_deletes_are_not_tracked() -> None:
    contract = history_contract("changes", tracked=None, deletes={"when": "note = 'amount' AND name IS NULL"})

    assert tracked_columns(contract) == ("amount",)


@pytest.mark.parametrize(
    ("name", "quoted"), [("order", '"order"'), ('a"b', '"a""b"'), ("x; DROP TABLE y", '"x; DROP TABLE y"')]
)
def test_identifiers_are_quoted(name: str, quoted: str) -> None:
    assert quote(name) == quoted


@pytest.mark.parametrize(("text", "quoted"), [("it's", "'it''s'"), ("a\\", "'a\\\\'"), ("'; --", "'''; --'")])
def test_literals_are_quoted(text: str, quoted: str) -> None:
    assert quote_literal(text) == quoted


@pytest.mark.warehouse
def test_every_type_of_the_contract_is_found_again_as_it_was_made(session: Session) -> None:
    types = ["SMALLINT", "INTEGER", "BIGINT", "REAL", "DOUBLE PRECISION", "BOOLEAN", "DATE", "TIMESTAMP"]
    types += ["CHAR(3)", "VARCHAR(65535)", "DECIMAL(38,10)", "DECIMAL(5,0)"]
    made = spec(**{f"c{place}": kind for place, kind in enumerate(types)})

    assert ensure_table(session, made) == TableChange(TABLE, created=True)
    assert ensure_table(session, made) == TableChange(TABLE)


@pytest.mark.warehouse
@pytest.mark.parametrize(
    "contract",
    [history_contract("changes"), contract_of("changes", "upsert", keys=KEYS, effective_at="changed_at")],
    ids=["scd2", "upsert"],
)
def test_the_tables_of_a_target_are_found_again_as_they_were_made(session: Session, contract: DatasetContract) -> None:
    for each in (staging_table(contract), *target_tables(contract)):
        ensure_table(session, each)

    assert all(ensure_table(session, each) == TableChange(each.table) for each in target_tables(contract))


@pytest.mark.warehouse
def test_a_new_column_is_added_at_the_end_and_an_old_one_stays(session: Session) -> None:
    ensure_table(session, spec(a="BIGINT", old="DATE"))
    session.execute("INSERT INTO public.made VALUES (1, '2024-01-01')")

    change = ensure_table(session, spec(b="VARCHAR(9)", a="BIGINT"))

    assert change == TableChange(TABLE, added=("b",))
    assert session.query("SELECT a, b FROM public.made") == [(1, None)]


@pytest.mark.warehouse
def test_a_new_key_column_is_added_without_not_null(session: Session) -> None:
    ensure_table(session, spec(a="BIGINT"))

    ensure_table(session, TableSpec(TABLE, (TableColumn("a", "BIGINT"), TableColumn("k", "BIGINT", not_null=True))))

    session.execute("INSERT INTO public.made (a) VALUES (1)")


@pytest.mark.warehouse
def test_a_longer_varchar_is_widened_outside_a_transaction(redshift: RedshiftResource) -> None:
    with redshift.autocommit(query_group="test") as session:
        ensure_table(session, spec(a="VARCHAR(3)"))
        change = ensure_table(session, spec(a="VARCHAR(5)"))
        session.execute("INSERT INTO public.made VALUES ('abcde')")
        session.execute("DROP TABLE public.made")

    assert change == TableChange(TABLE, widened=("a",))


@pytest.mark.warehouse
@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (TableColumn("a", "VARCHAR(5)"), TableColumn("a", "VARCHAR(3)")),
        (TableColumn("a", "CHAR(3)"), TableColumn("a", "CHAR(5)")),
        (TableColumn("a", "INTEGER"), TableColumn("a", "BIGINT")),
        (TableColumn("a", "DECIMAL(18,2)"), TableColumn("a", "DECIMAL(18,3)")),
        (TableColumn("a", "VARCHAR(5)"), TableColumn("a", "DATE")),
        (TableColumn("a", "BIGINT"), TableColumn("a", "BIGINT", not_null=True)),
        (TableColumn("a", "BIGINT", not_null=True), TableColumn("a", "BIGINT")),
    ],
    ids=lambda column: column.type + (" NOT NULL" if column.not_null else ""),
)
def test_any_other_change_is_an_error_that_names_both_types(
    session: Session, found: TableColumn, wanted: TableColumn
) -> None:
    ensure_table(session, TableSpec(TABLE, (found,)))

    with pytest.raises(TableColumnError) as caught:
        ensure_table(session, TableSpec(TABLE, (wanted, TableColumn("b", "DATE"))))

    shown = [each.type + (" NOT NULL" if each.not_null else "") for each in (found, wanted)]
    assert f"public.made: the column a is {shown[0]}, the contract wants {shown[1]}." in str(caught.value)
    assert session.query("SELECT * FROM public.made") == []
