"""Tables made in the warehouse: what `lake check` says of their files, and of their SELECTs."""

from pathlib import Path

import pytest

from lake_platform.contract.faults import Fault
from lake_platform.contract.fingerprint import table_fingerprint
from lake_platform.contract.queries.bind import bind_select
from lake_platform.contract.queries.lineage import column_lineage
from lake_platform.contract.source import load_folder
from lake_platform.contract.table_inputs import BoundTable

DATASET = """\
type: lake_platform.Dataset
attributes:
  name: {name}
  description: {name}
  arrives:
    prefix: {name}/
    partition: {partition}
    format: {{kind: csv}}
    delivers: {delivers}
  columns:
    - {{name: id, type: bigint, required: true}}
    - {{name: title, type: varchar(40)}}
    - {{name: at, type: timestamp}}
"""
DAY = "{by: day, pattern: '(?P<day>.*)'}"
TABLE = """\
type: lake_platform.WarehouseTable
attributes:
  name: plays
  group: music
  description: plays
  table: plays
  from: [stg_events, stg_songs]
  select: plays.sql
  partition: stg_events
  write: replace_partition
  columns:
    - {name: id, type: bigint, required: true}
    - {name: song, type: bigint}
  quality:
    - {rule: 'RowCount > 0', otherwise: block}
"""
SQL = """\
-- One row for each play.
SELECT e.id, s.id AS song, e._partition
FROM stg_events AS e
LEFT JOIN stg_songs AS s ON s.title = e.title
"""
LATEST = "WITH latest AS (SELECT id, MAX(at) AS at, _partition FROM stg_events GROUP BY id, _partition)\n"
TOTALS = """\
type: lake_platform.WarehouseTable
attributes:
  name: totals
  description: totals
  table: totals
  from: [{source}]
  select: totals.sql
  write: replace
  columns:
    - {{name: plays, type: bigint}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two datasets of events, one of changes, and a table over the first two."""
    for name, partition, delivers in (
        ("events", DAY, "events"),
        ("songs", "{by: none}", "events"),
        ("users", DAY, "changes"),
    ):
        write(tmp_path, name, DATASET.format(name=name, partition=partition, delivers=delivers))
    write(tmp_path, "plays", TABLE, SQL)
    return tmp_path


def write(folder: Path, name: str, text: str, sql: str | None = None) -> None:
    (folder / name).mkdir(exist_ok=True)
    (folder / name / "defs.yaml").write_text(text, encoding="utf-8")
    if sql is not None:
        (folder / name / f"{name}.sql").write_text(sql, encoding="utf-8")


def faults(folder: Path) -> list[Fault]:
    return list(load_folder(folder).faults)


def test_no_table_is_called_as_the_crawl_of_a_dataset(folder: Path) -> None:
    crawled = DATASET.format(name="events", partition=DAY, delivers="events") + "  catalog: {crawler: landed}\n"
    write(folder, "events", crawled)
    write(folder, "plays", TABLE.replace("name: plays\n  group: music", "name: events_crawler\n  group: events"), SQL)

    (fault,) = faults(folder)
    assert fault.field == "name"
    assert "'events.events_crawler' is an asset of the dataset 'events'" in str(fault)


def the_table(folder: Path) -> BoundTable:
    (table,) = load_folder(folder).tables
    return table


def test_a_good_folder_has_no_fault_and_its_tables_know_their_inputs(folder: Path) -> None:
    found = load_folder(folder)

    assert found.faults == ()
    assert [each.name for each in found.tables[0].inputs] == ["stg_events", "stg_songs"]
    assert found.tables[0].partitioning == found.contracts[0].arrives.partition


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        (
            "from: [stg_events, stg_songs]",
            "from: [stg_events, stg_song]",
            7,
            "there is no dataset and no table 'stg_song'; did you mean 'stg_songs'?",
        ),
        (
            "from: [stg_events, stg_songs]",
            "from: [stg_events, stg_users]",
            7,
            "keeps the rows of its last run only, since it delivers changes",
        ),
        (
            "from: [stg_events, stg_songs]",
            "from: [stg_events, songs]",
            7,
            "the dataset 'songs' has no target; read its staging rows: stg_songs",
        ),
        (
            "from: [stg_events, stg_songs]",
            "from: [stg_events, stg_songs, stg_songs]",
            7,
            "'stg_songs' stands here twice",
        ),
        ("select: plays.sql", "select: nowhere.sql", 8, "'nowhere.sql' cannot be read: No such file or directory"),
        ("select: plays.sql", "select: ../plays.sql", 8, "is no file beside this one"),
        ("partition: stg_events", "partition: stg_users", 9, "'stg_users' is not in `from`"),
        ("write: replace_partition", "write: replace", 10, "makes the table as a whole"),
        ("write: replace_partition", "write: upsert", 2, "write: upsert needs keys"),
        ("write: replace_partition", "write: replce", 10, "'replce' is not one of"),
        (
            "write: replace_partition",
            "write: replace_partition\n  effective_at: id",
            11,
            "write: replace_partition knows no time",
        ),
        (
            "write: replace_partition",
            "write: scd2\n  keys: [song]\n  effective_at: id",
            11,
            "the key 'song' is not required",
        ),
        (
            "write: replace_partition",
            "write: scd2\n  keys: [id]\n  effective_at: song",
            12,
            "'song' is bigint; an effective time is a date or a timestamp",
        ),
        ("write: replace_partition", "write: replace_partition\n  tracked: [song]", 11, "keeps no versions"),
        (
            "write: replace_partition",
            "write: replace_partition\n  schedule: '61 * * * *'",
            11,
            "'61' is no minute of a cron",
        ),
        ("write: replace_partition", "write: replace_partition\n  schedule: hourly", 11, "is no cron"),
        ("table: plays", "table: staging.plays", 6, "lies where it may not"),
        ("table: plays", "table: lake.plays", 6, "lies where it may not"),
        ("name: song, type: bigint", "name: song, type: bigint, aliases: [x]", 13, "unknown key 'aliases'"),
        ("name: song, type: bigint", "name: id, type: bigint", 13, "the column 'id' stands here twice"),
        ("rule: 'RowCount > 0'", "rule: 'Entropy \"id\" > 0'", 15, "it is not compiled to SQL"),
        ("rule: 'RowCount > 0'", "rule: 'DataFreshness \"id\" < 3 days'", 15, "write it for the dataset"),
        ("rule: 'RowCount > 0'", "rule: 'IsUnique \"nobody\"'", 15, "nobody"),
        (
            "rule: 'RowCount > 0'",
            'rule: \'ReferentialIntegrity "song" "songs" = 1.0\'',
            15,
            "is no column of another table",
        ),
        ("otherwise: block", "otherwise: quarantine", 15, "'quarantine' is not one of"),
    ],
)
def test_a_fault_of_a_declaration_stands_at_its_line(old: str, new: str, line: int, told: str, folder: Path) -> None:
    assert old in TABLE
    write(folder, "plays", TABLE.replace(old, new))

    found = faults(folder)

    assert [fault.line for fault in found if told in str(fault)] == [line], "\n".join(map(str, found))
    assert {fault.file for fault in found} <= {folder / "plays/defs.yaml", folder / "plays/plays.sql"}


@pytest.mark.parametrize(
    ("sql", "line", "told"),
    [
        ("", 1, "the file holds no statement"),
        ("\nSELECT (1 AS id", 2, "the SELECT cannot be read"),
        ("SELECT id FROM stg_events;\nSELECT id FROM stg_songs", 2, "the file holds 2 statements"),
        ("DELETE FROM stg_events", 1, "the statement is no SELECT"),
        ("SELECT * FROM stg_events", 1, "SELECT *: columns are listed"),
        (SQL.replace("stg_songs", "songs"), 4, "'songs' is not in `from`; did you mean 'stg_songs'?"),
        (SQL.replace("LEFT JOIN stg_songs", "LEFT JOIN staging.stg_songs"), 4, "names a schema"),
        (
            SQL.replace("LEFT JOIN stg_songs AS s ON s.title = e.title", "").replace("s.id", "e.id"),
            1,
            "'stg_songs' stands in `from`, but is not read",
        ),
        (SQL.replace("s.id AS song", "s.idd AS song"), 2, "idd"),
        (SQL.replace("e.id,", "id,"), 2, "id"),
        (
            SQL.replace("s.id AS song", "s.id AS songid"),
            2,
            "the SELECT yields 'songid', which is not declared; did you mean 'song'?",
        ),
        (SQL.replace("s.id AS song", "s.id + 1"), 2, "column 2 of the SELECT has no name"),
        (SQL.replace("s.id AS song", "s.id AS song, e.id"), 2, "the SELECT yields 'id' twice"),
        (SQL.replace(", e._partition", ""), 2, "the SELECT does not yield '_partition'"),
        (SQL.replace("e._partition", "e._partition, e._row"), 2, "the SELECT yields only some"),
        (
            SQL.replace("e._partition", "'2024-01-01' AS _partition"),
            2,
            "_partition is not that of 'stg_events', as it is",
        ),
        (SQL.replace("e._partition", "s._partition"), 2, "_partition is not that of 'stg_events', as it is"),
        (SQL + "WHERE e.at < GETDATE()", 5, "a clock"),
        (SQL + "WHERE e.at < SYSDATE", 5, "a clock"),
        (SQL + "WHERE e.at < CURRENT_DATE", 5, "a clock"),
        (SQL + "WHERE RANDOM() < 0.5", 5, "a random number"),
        (SQL + "QUALIFY ROW_NUMBER() OVER (PARTITION BY e.id, e._partition ORDER BY e.at) = 1", 5, "QUALIFY"),
        (SQL.replace("SELECT e.id", "SELECT DISTINCT ON (e.id) e.id"), 2, "DISTINCT ON"),
        (
            SQL.replace("s.id AS song", "MAX(s.id) OVER (PARTITION BY e._partition ORDER BY e.at) AS song"),
            2,
            "Redshift demands one",
        ),
        (
            SQL.replace("s.id AS song", "COUNT(*) OVER (PARTITION BY e.title) AS song"),
            2,
            "a window looks from one partition into another",
        ),
        (SQL + "LIMIT 5", 2, "LIMIT and OFFSET"),
        (
            "SELECT MIN(e.id) AS id, MIN(s.id) AS song, e._partition\nFROM stg_events AS e, stg_songs AS s\nGROUP BY e.title",
            1,
            "GROUP BY without _partition joins partitions",
        ),
        (SQL + "JOIN stg_events AS f ON f.id = e.id", 2, "e and f are joined over all partitions"),
        (SQL + "WHERE e.id IN (SELECT id FROM stg_events)", 5, "a condition looks into all partitions of the run"),
    ],
)
def test_a_fault_of_a_select_stands_at_its_line(sql: str, line: int, told: str, folder: Path) -> None:
    write(folder, "plays", TABLE, sql)

    found = faults(folder)

    assert [fault.line for fault in found if told in str(fault)] == [line], "\n".join(map(str, found))
    assert {fault.file for fault in found} == {folder / "plays/plays.sql"}


@pytest.mark.parametrize(
    "sql",
    [
        SQL + "JOIN stg_events AS f ON f.id = e.id AND f._partition = e._partition",
        SQL + "WHERE EXISTS (SELECT 1 FROM stg_events AS f WHERE f._partition = e._partition AND f.at > e.at)",
        SQL.replace("s.id AS song", "COUNT(*) OVER (PARTITION BY e._partition, e.title) AS song"),
        LATEST + "SELECT l.id, s.id AS song, l._partition FROM latest AS l, stg_songs AS s",
        SQL + "UNION ALL\nSELECT e.id, 1 AS song, e._partition FROM stg_events AS e",
        "SELECT e.id, (SELECT MAX(s.id) FROM stg_songs AS s WHERE s.title = e.title) AS song, e._partition\nFROM stg_events AS e",
        "select E.ID, S.id as Song, e._PARTITION, e._file, e._file_time, e._row from STG_EVENTS e join stg_songs s on true",
    ],
)
def test_what_stays_inside_a_partition_is_no_fault(sql: str, folder: Path) -> None:
    write(folder, "plays", TABLE, sql)

    assert faults(folder) == []


def test_tables_that_read_each_other_in_a_circle_are_told_with_the_way(folder: Path) -> None:
    write(folder, "totals", TOTALS.format(source="sums"), "SELECT plays FROM sums")
    write(
        folder,
        "sums",
        TOTALS.format(source="totals").replace("totals", "sums").replace("from: [sums]", "from: [totals]"),
        "SELECT plays FROM totals",
    )

    (fault,) = faults(folder)

    assert "sums reads totals reads sums" in fault.message


def test_tables_come_in_the_order_in_which_they_are_made(folder: Path) -> None:
    write(
        folder,
        "totals",
        TOTALS.format(source="plays").replace("name: totals", "name: a_total"),
        "SELECT COUNT(*) AS plays FROM plays",
    )

    assert [table.contract.name for table in load_folder(folder).tables] == ["plays", "a_total"]


def test_two_tables_of_one_name_or_in_one_place_are_faults(folder: Path) -> None:
    write(
        folder,
        "totals",
        TOTALS.format(source="plays")
        .replace("name: totals", "name: plays")
        .replace("table: totals", "table: analytics.plays"),
        "SELECT COUNT(*) AS plays FROM plays",
    )

    told = "\n".join(map(str, faults(folder)))

    assert "a table 'plays' is declared in" in told
    assert "'analytics.plays' is the table of 'plays'" in told


def test_a_table_may_have_the_name_of_a_dataset_without_a_target(folder: Path) -> None:
    write(
        folder,
        "totals",
        TOTALS.format(source="stg_songs").replace("name: totals", "name: songs"),
        "SELECT COUNT(*) AS plays FROM stg_songs",
    )

    assert faults(folder) == []


def test_the_inputs_are_bound_in_the_tree_and_the_parted_one_to_the_partitions_of_the_run(folder: Path) -> None:
    write(folder, "plays", TABLE, SQL.replace("e.title", "e.title AND s.title <> 'FROM stg_songs'"))

    text = " ".join(bind_select(the_table(folder), "lake_wanted").split())

    assert (
        'FROM "staging"."stg_events" AS i WHERE i._partition IN ( SELECT _partition FROM lake_wanted ) ) AS "e"' in text
    )
    assert """LEFT JOIN "staging"."stg_songs" AS "s" ON s.title = e.title AND s.title <> 'FROM stg_songs'""" in text


def test_columns_are_traced_to_the_columns_of_the_inputs(folder: Path) -> None:
    sql = "WITH named AS (SELECT id, UPPER(title) AS big FROM stg_songs)\nSELECT e.id + 0 AS id, CASE WHEN n.big = e.title THEN n.id END AS song, e._partition\nFROM stg_events AS e, named AS n"
    write(folder, "plays", TABLE, sql)

    assert column_lineage(the_table(folder)) == {
        "id": [("stg_events", "id")],
        "song": [("stg_events", "title"), ("stg_songs", "id"), ("stg_songs", "title")],
    }


@pytest.mark.parametrize(
    ("old", "new", "counts"),
    [
        ("-- One row", "-- A row", False),
        ("description: plays", "description: others", False),
        ("FROM stg_events AS e", "FROM   stg_events AS e", False),
        ("s.id AS song", "s.id + 1 AS song", True),
        ("type: bigint}", "type: integer}", True),
        ("RowCount > 0", "RowCount > 1", True),
        ("table: plays", "table: played", True),
    ],
)
def test_the_fingerprint_knows_what_counts(old: str, new: str, counts: bool, folder: Path) -> None:
    before = table_fingerprint(the_table(folder))
    write(folder, "plays", TABLE.replace(old, new), SQL.replace(old, new))

    assert (table_fingerprint(the_table(folder)) != before) is counts
