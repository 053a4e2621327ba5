"""Rules of tables in SQL: what the one scan says of rows that anybody can count."""

from decimal import Decimal

import pytest

from lake_platform.contract.rules.scan import Judged, compile_scan
from lake_platform.contract.table import TableContract
from lake_platform.warehouse.session import Session
from lake_platform_tests.warehouse.sql_lint import faults

pytestmark = pytest.mark.warehouse

COLUMNS = [
    {"name": "id", "type": "bigint"},
    {"name": "name", "type": "varchar(10)"},
    {"name": "amount", "type": "decimal(18,2)"},
    {"name": "day", "type": "date"},
    {"name": "songid", "type": "varchar(10)"},
]
ROWS = [
    ("one", 1, "a", "1.50", "2024-01-01", "S1"),
    ("one", 2, "ab", "0.10", "2024-01-02", None),
    ("one", 2, "", "0.20", None, "S9"),
    ("one", None, None, None, "2024-01-03", "S1"),
    ("two", 1, "a", "7.00", "2024-01-01", "S2"),
]
NAMES = ("_partition", *(column["name"] for column in COLUMNS))
FAILED = {
    'IsComplete "id"': 1,
    'IsUnique "id"': 2,
    'IsPrimaryKey "id"': 3,
    'IsPrimaryKey "id" "name"': 1,
    'ColumnValues "id" in [1]': 3,
    'ColumnValues "id" != 2': 2,
    'ColumnValues "name" matches "[a-z]+"': 2,
    'ColumnValues "name" = EMPTY': 3,
    'ColumnLength "name" <= 1': 1,
    'ColumnValues "amount" between 0 and 1': 2,
    'ColumnValues "day" > "2024-01-01"': 2,
    'ColumnValues "amount" > 1 where "id = 1"': 0,
    '(IsComplete "id") and (IsComplete "day")': 2,
}
"""Row rule to how many rows of partition `one` break it."""
FIGURES = {
    "RowCount": 4,
    'RowCount where "id = 2"': 2,
    "ColumnCount": 5,
    'Completeness "name"': 0.75,
    'Completeness "day" where "id = 2"': 0.5,
    'Uniqueness "id"': 1 / 3,
    'UniqueValueRatio "id"': 0.5,
    'DistinctValuesCount "id"': 2,
    'DistinctValuesCount "id" where "id > 1"': 1,
    'Mean "amount"': 0.6,
    'Mean "id"': 5 / 3,
    'Sum "amount"': 1.8,
    'Sum "amount" where "id = 2"': 0.3,
    'StandardDeviation "amount"': 0.6377042156569663,
    'ReferentialIntegrity "songid" "songs.song_id"': 0.5,
    'ReferentialIntegrity "songid" "songs.song_id" where "songid is not null"': 2 / 3,
}
"""Batch rule without its condition to its figure in partition `one`."""


@pytest.fixture
def rows(session: Session) -> Session:
    """`lake_made` with two partitions, and the songs S1, S2 and S3 (twice)."""
    types = ", ".join(f'"{column["name"]}" {column["type"]}' for column in COLUMNS)
    session.execute(f"CREATE TEMP TABLE lake_made (_partition varchar(32), {types})")
    for row in ROWS:
        session.execute(f"INSERT INTO lake_made ({', '.join(NAMES)}) VALUES (%s, %s, %s, %s, %s, %s)", row)
    session.execute("CREATE TEMP TABLE lake_songs (song_id varchar(10))")
    for song in ("S1", "S2", "S3", "S3"):
        session.execute("INSERT INTO lake_songs (song_id) VALUES (%s)", (song,))
    return session


def judged(session: Session, *rules: str, partition: str = "one") -> list[Judged]:
    """What one scan says of these rules in a partition."""
    contract = TableContract.model_validate(
        {
            "name": "plays",
            "description": "plays",
            "table": "plays",
            "from": ["stg_events", "songs"],
            "select": "plays.sql",
            "write": "replace",
            "columns": COLUMNS,
            "quality": [{"rule": rule, "otherwise": "block"} for rule in rules],
        }
    )
    scan = compile_scan(contract, required=True, declared=True)
    sql = scan.sql("lake_made", {"songs": "lake_songs"})
    assert [told for told in faults(sql) if not told.startswith(("the value", "NOT over"))] == []
    found = {str(row[0]): row[1:] for row in session.query(sql)}
    return scan.judge(found.get(partition, (0,)))


def test_row_rules_count_the_rows_that_break_them(rows: Session) -> None:
    found = judged(rows, *FAILED)

    assert {rule: each.failed_rows for rule, each in zip(FAILED, found, strict=True)} == FAILED
    assert [each.passed for each in found] == [count == 0 for count in FAILED.values()]


def test_batch_rules_tell_their_figures(rows: Session) -> None:
    head = {rule: rule.partition(" where ")[0] + " >= 0" for rule in FIGURES}
    texts = [
        f"{head[rule]} where {rule.partition(' where ')[2]}" if " where " in rule else head[rule] for rule in FIGURES
    ]

    found = judged(rows, *texts)

    told = {rule: next(iter(each.metrics.values())) for rule, each in zip(FIGURES, found, strict=True)}
    assert told == pytest.approx(FIGURES)
    assert all(each.passed for each in found)


@pytest.mark.parametrize(
    ("rule", "passed"),
    [
        ("RowCount = 4", True),
        ("RowCount != 4", False),
        ("RowCount between 3 and 5", True),
        ("RowCount between 4 and 5", False),
        ("RowCount not between 4 and 5", True),
        ("RowCount in [1,4]", True),
        ("RowCount not in [1,4]", False),
        ('Sum "amount" = 1.8', True),
        ('Sum "amount" > 1.8', False),
        ('Completeness "name" > 0.75', False),
        ('(RowCount > 9) or (Completeness "name" >= 0.75)', True),
        ('(RowCount > 9) and (Completeness "name" >= 0.75)', False),
    ],
)
def test_conditions_are_exact(rule: str, passed: bool, rows: Session) -> None:
    assert [each.passed for each in judged(rows, rule)] == [passed]


def test_each_partition_is_judged_by_itself(rows: Session) -> None:
    rules = ("RowCount = 1", 'IsUnique "id"', 'ReferentialIntegrity "songid" "songs.song_id" = 1.0')

    assert [each.passed for each in judged(rows, *rules, partition="two")] == [True, True, True]
    assert [each.passed for each in judged(rows, *rules, partition="one")] == [False, False, False]


def test_of_no_rows_there_are_no_shares_and_no_sums_but_counts(rows: Session) -> None:
    rules = (
        "RowCount = 0",
        'IsUnique "id"',
        'DistinctValuesCount "id" = 0',
        'Completeness "id" >= 0',
        'Sum "amount" >= 0',
    )

    found = judged(rows, *rules, partition="nowhere")

    assert [each.passed for each in found] == [True, True, True, False, False]
    assert [dict(each.metrics) for each in found[3:]] == [{}, {}]


def test_decimals_are_summed_to_the_last_digit(session: Session) -> None:
    types = ", ".join(f'"{column["name"]}" {column["type"]}' for column in COLUMNS)
    session.execute(f"CREATE TEMP TABLE lake_made (_partition varchar(32), {types})")
    for amount in [Decimal("0.10")] * 3 + [Decimal("9999999999999999.99")]:
        session.execute("INSERT INTO lake_made (_partition, amount) VALUES ('one', %s)", (amount,))
    session.execute("CREATE TEMP TABLE lake_songs (song_id varchar(10))")

    assert [each.passed for each in judged(session, 'Sum "amount" = 10000000000000000.29')] == [True]
