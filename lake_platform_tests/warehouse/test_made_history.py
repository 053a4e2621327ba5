"""Tables with keys that are made from events: the latest row of each key, and all versions of it."""

from collections.abc import Iterator

import pytest

from lake_platform.contract.partitions import logical_start
from lake_platform.warehouse.redshift import RedshiftResource
from lake_platform_tests.warehouse.making import Made, making, plays

pytestmark = pytest.mark.warehouse

COLUMNS = [
    {"name": "userid", "type": "bigint", "required": True},
    {"name": "level", "type": "varchar(10)"},
    {"name": "ts", "type": "timestamp", "required": True},
]
KEYED = {
    **plays(name="users", table="users", select="users.sql", write="scd2", keys=["userid"], effective_at="ts"),
    "from": ["stg_events"],
    "tracked": ["level"],
    "columns": COLUMNS,
    "quality": [{"rule": 'ColumnValues "level" in ["free","paid"]', "otherwise": "block"}],
}
LATEST = {name: value for name, value in KEYED.items() if name != "tracked"} | {"write": "upsert"}
SQL = "SELECT userid, level, ts, _partition FROM stg_events WHERE userid IS NOT NULL"
DAYS = ("2024-01-01", "2024-01-02", "2024-01-03")


@pytest.fixture
def music(redshift: RedshiftResource) -> Iterator[Made]:
    found = making(redshift, (KEYED, SQL))
    yield found
    found.drop()


@pytest.fixture
def latest(redshift: RedshiftResource) -> Iterator[Made]:
    found = making(redshift, (LATEST, SQL))
    yield found
    found.drop()


def said(user: int, level: str, day: str, second: int = 0) -> tuple[object, ...]:
    return f"{logical_start(day):%Y-%m-%d} 00:00:{second:02d}", user, level, "A", 1


def versions(music: Made) -> list[tuple[object, ...]]:
    return [
        (user, level, str(start)[5:19], is_current)
        for user, level, start, is_current in music.rows("userid, level, valid_from, is_current", "users")
    ]


EXPECTED = [
    (1, "free", "01-01 00:00:00", False),
    (1, "free", "01-03 00:00:00", True),
    (1, "paid", "01-02 00:00:00", False),
    (2, "paid", "01-02 00:00:00", True),
]


@pytest.mark.parametrize("order", [DAYS, DAYS[::-1], (DAYS[1], DAYS[0], DAYS[2])], ids=["forward", "back", "mixed"])
def test_history_does_not_depend_on_the_order_of_the_days(order: tuple[str, ...], music: Made) -> None:
    rows = {
        DAYS[0]: [said(1, "free", DAYS[0]), said(1, "free", DAYS[0], 5)],
        DAYS[1]: [said(1, "paid", DAYS[1]), said(2, "paid", DAYS[1])],
        DAYS[2]: [said(1, "free", DAYS[2])],
    }
    for day in order:
        music.stage("events", day, *rows[day])
        music.make(name="users")

    assert versions(music) == EXPECTED


def test_a_rewritten_day_takes_back_what_it_said(music: Made) -> None:
    music.stage("events", DAYS[0], said(1, "free", DAYS[0]))
    music.stage("events", DAYS[1], said(1, "paid", DAYS[1]))
    music.make(name="users")
    music.stage("events", DAYS[1], said(2, "free", DAYS[1]))
    music.make(name="users")

    assert versions(music) == [(1, "free", "01-01 00:00:00", True), (2, "free", "01-02 00:00:00", True)]


def test_a_rule_about_the_table_refuses_the_days_that_break_it_and_lets_the_others_in(music: Made) -> None:
    music.stage("events", DAYS[0], said(1, "free", DAYS[0]))
    music.stage("events", DAYS[1], said(1, "gold", DAYS[1]))
    music.stage("events", DAYS[2], said(2, "paid", DAYS[2]))

    results = music.make(name="users")

    assert [result.state for result in results.values()] == ["published", "refused", "published"]
    assert "1 rows break it" in (results[DAYS[1]].reason or "")
    assert versions(music) == [(1, "free", "01-01 00:00:00", True), (2, "paid", "01-03 00:00:00", True)]


def test_a_row_without_a_key_refuses_its_day(music: Made) -> None:
    music.stage("events", DAYS[0], said(1, "free", DAYS[0]))
    music.stage("events", DAYS[1], (None, 1, "free", "A", 1))

    results = music.make(name="users")

    assert [result.state for result in results.values()] == ["published", "refused"]
    assert (results[DAYS[1]].reason or "").startswith("ts_required: ")


@pytest.mark.parametrize("order", [DAYS, DAYS[::-1]], ids=["forward", "back"])
def test_the_latest_row_of_a_key_wins_whatever_comes_last(order: tuple[str, ...], latest: Made) -> None:
    levels = dict(zip(DAYS, ("free", "free", "paid"), strict=True))
    for day in order:
        # User 1 says it at one moment in all days: then the later partition counts.
        latest.stage("events", day, said(1, levels[day], DAYS[0]), said(2, "free", day))
        latest.make(name="users")

    assert latest.rows("userid, level, _partition", "users") == [(1, "paid", DAYS[2]), (2, "free", DAYS[2])]
