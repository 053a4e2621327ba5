"""The statements that are generated: as texts that a person can read, and without what only one engine takes.

To write the files of `golden/` anew after a change that is meant: `LAKE_WRITE_GOLDEN=1 pytest …/test_sql.py`.
"""

import os
from pathlib import Path

import pytest

from lake_platform.contract.queries.bind import bind_select, read_table_select
from lake_platform.contract.queries.select import output_names
from lake_platform.contract.rules.scan import compile_scan
from lake_platform.warehouse import scd2_changes, scd2_fold, scd2_forward, scd2_snapshots, write_replace, write_upsert
from lake_platform.warehouse.ddl import render_add, render_create, render_widen
from lake_platform.warehouse.load import render_copy, render_delete
from lake_platform.warehouse.make import CREATE_WANTED, WANTED, render_forget, render_make
from lake_platform.warehouse.scd2_history import History, history_of
from lake_platform.warehouse.table import TableColumn, staging_table, target_tables
from lake_platform_tests.warehouse.making import EVENTS, PLAYS_SQL, SONGS, bound, dataset, plays
from lake_platform_tests.warehouse.sql_lint import faults
from lake_platform_tests.warehouse.tables import contract_of

GOLDEN = Path(__file__).parent / "golden"
SHORT = [
    {"name": "id", "type": "bigint"},
    {"name": "name", "type": "varchar(40)"},
    {"name": "note", "type": "char(1)"},
    {"name": "at", "type": "timestamp"},
]


def changes() -> History:
    return history_of(contract_of("changes", "scd2", columns=SHORT, keys=["id"], effective_at="at", tracked=["name"]))


def snapshots(absent: str = "close") -> History:
    return history_of(
        contract_of("snapshot", "scd2", columns=SHORT[:3], keys=["id"], tracked=["name"], deletes={"absent": absent})
    )


def folded(history: History, facts: str) -> list[str]:
    return [
        *scd2_fold.render_versions(history, facts),
        *scd2_fold.render_changes(history),
        scd2_fold.render_unchanged(history),
        scd2_fold.COUNT_CHANGES,
        scd2_fold.render_delete(history),
        scd2_fold.render_update(history),
        scd2_fold.render_insert(history),
        *scd2_fold.render_end(),
    ]


def made_statements() -> list[str]:
    """A fact that is made by partitions, and a dimension with a rank of its own."""
    datasets = [dataset("events", EVENTS), dataset("songs", SONGS, by="none")]
    (fact,) = bound(datasets, (plays(), PLAYS_SQL))
    keyed = plays(name="users", select="users.sql", write="scd2", keys=["userid"], effective_at="ts", quality=[])
    keyed |= {"from": ["stg_events"], "columns": [{**column, "required": True} for column in EVENTS[:2]]}
    ranked = "SELECT ts, userid, _partition, _file_time, _file, _row FROM stg_events"
    (dimension,) = bound(datasets, (keyed, ranked))
    rules = compile_scan(fact.contract, required=True, declared=True)
    return [
        CREATE_WANTED,
        *(
            sql
            for table in (fact, dimension)
            for sql in render_make(
                staging_table(table.contract),
                bind_select(table, WANTED),
                output_names(read_table_select(table)),
            )
        ),
        rules.sql(staging_table(fact.contract).table.sql, {}),
        *render_forget(staging_table(fact.contract)),
    ]


def statements() -> dict[str, list[str]]:
    """By the name of the golden file."""
    of_changes, of_snapshots = changes(), snapshots()
    upsert = contract_of("changes", "upsert", columns=SHORT, keys=["id"], effective_at="at")
    facts = contract_of("events", "replace_partition", columns=SHORT)
    return {
        "changes_first": [scd2_changes.render_probe(of_changes), *scd2_changes.render_first(of_changes)],
        "changes": [
            *scd2_changes.render_events(of_changes),
            *folded(of_changes, scd2_changes.render_facts(of_changes)),
        ],
        "snapshot_first": [
            scd2_snapshots.AT,
            scd2_snapshots.render_probe(of_snapshots),
            *scd2_snapshots.render_stated(of_snapshots, once=True),
            *scd2_forward.render_first(of_snapshots),
        ],
        "snapshot_forward": [
            *scd2_forward.render_forward(of_snapshots),
            scd2_forward.COUNT,
            *scd2_forward.render_write(of_snapshots),
        ],
        "snapshot_late": [
            scd2_snapshots.render_log(of_snapshots),
            *scd2_snapshots.render_stated(of_snapshots, once=False),
            *scd2_snapshots.render_edit(of_snapshots),
            *scd2_snapshots.render_splice(of_snapshots),
            *scd2_snapshots.render_touched(of_snapshots),
            *scd2_fold.render_versions(of_snapshots, scd2_snapshots.render_facts(of_snapshots)),
        ],
        "snapshot_withdrawn": [*scd2_snapshots.render_withdrawal(of_snapshots)],
        "snapshot_absent_kept": [scd2_snapshots.render_facts(snapshots("keep")).strip()],
        "upsert": [*write_upsert.render_compare(upsert), write_upsert.COUNTS, *write_upsert.render_upsert(upsert)],
        "replace": [*write_replace.render_newest(contract_of("snapshot", "replace", columns=SHORT))],
        "replace_partition": [*write_replace.render_partitions(facts)],
        "made": [*made_statements()],
        "staging": [
            render_delete(upsert, staging_table(upsert), ["2024-01-01"])[0],
            render_delete(facts, staging_table(facts), ["2024-01-01", "2024-01-02"])[0],
            render_copy(staging_table(facts), "s3://lake/manifests/run.json", "default"),
        ],
        "tables": [
            *render_create(staging_table(upsert)),
            *(sql for spec in target_tables(upsert) for sql in render_create(spec)[1:]),
            render_add(of_changes.table, TableColumn("added", "DATE", not_null=True)),
            render_widen(of_changes.table, TableColumn("name", "VARCHAR(80)")),
        ],
    }


@pytest.mark.parametrize("name", list(statements()))
def test_statements_are_those_of_the_golden_file(name: str) -> None:
    text = ";\n\n".join(statements()[name]) + ";\n"
    file = GOLDEN / f"{name}.sql"
    if os.environ.get("LAKE_WRITE_GOLDEN"):
        file.write_text(text, encoding="utf-8")

    assert text == file.read_text(encoding="utf-8")


def test_there_is_no_golden_file_without_statements() -> None:
    assert {file.stem for file in GOLDEN.iterdir()} == set(statements())


@pytest.mark.parametrize("name", sorted(set(statements()) - {"staging", "tables"}))
def test_statements_say_only_what_both_engines_take(name: str) -> None:
    assert {sql: found for sql in statements()[name] if (found := faults(sql))} == {}


def test_a_dimension_without_attributes_or_untracked_columns_is_written_without_them() -> None:
    bare = history_of(contract_of("snapshot", "scd2", columns=SHORT[:1], keys=["id"], deletes={"absent": "close"}))

    texts = [*scd2_forward.render_forward(bare), *scd2_forward.render_write(bare)]
    texts += [*scd2_snapshots.render_edit(bare), *scd2_snapshots.render_splice(bare)]
    texts += folded(bare, scd2_snapshots.render_facts(bare))

    assert {sql: found for sql in texts if (found := faults(sql))} == {}


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT DISTINCT ON (a) a FROM t",
        "SELECT a FROM t QUALIFY ROW_NUMBER() OVER (ORDER BY a) = 1",
        "SELECT a IS DISTINCT FROM b FROM t",
        "SELECT LAG(a) IGNORE NULLS OVER (ORDER BY a) FROM t",
        "SELECT MAX(a) OVER (ORDER BY b) FROM t",
        "SELECT FIRST_VALUE(a) OVER (ORDER BY b) FROM t",
        "SELECT SUM(a) OVER (ORDER BY b RANGE UNBOUNDED PRECEDING) FROM t",
        "SELECT COUNT(*) FILTER (WHERE a > 1) FROM t",
        "INSERT INTO t (a) SELECT a FROM s ON CONFLICT DO NOTHING",
        "DELETE FROM t RETURNING a",
        "UPDATE t AS x SET a = 1",
        "MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (1)",
        "TRUNCATE t",
        "SELECT * FROM t",
        "SELECT a FROM t WHERE a = '2024-01-01'",
        "SELECT CURRENT_TIMESTAMP",
        "CREATE INDEX i ON t (a)",
        "SELECT a FROM t WHERE NOT (a <> b OR c = 1)",
        "SELEC a",
    ],
)
def test_the_lint_refuses(sql: str) -> None:
    assert faults(sql)
