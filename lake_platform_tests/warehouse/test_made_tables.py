"""Tables made in the warehouse: what is pending, what is made of it, what the rules let through."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest

from lake_platform.errors import StrayRowsError, WarehouseStatementError
from lake_platform.lake.refusals import MAX_ATTEMPTS, record_attempt
from lake_platform.warehouse.redshift import RedshiftResource
from lake_platform_tests.warehouse.making import PLAYS_SQL, Made, making, plays

pytestmark = pytest.mark.warehouse

Making = Callable[..., Made]
DAY, NEXT = "2024-01-01", "2024-01-02"
USERS = {
    **plays(name="users", table="users", select="users.sql", partition=None, write="replace"),
    "from": ["stg_events"],
    "columns": [
        {"name": "userid", "type": "bigint", "required": True},
        {"name": "level", "type": "varchar(10)"},
    ],
    "quality": [{"rule": 'IsUnique "userid"', "otherwise": "block"}],
}
USERS_SQL = """\
SELECT userid, level
FROM (
  SELECT userid, level, ROW_NUMBER() OVER (PARTITION BY userid ORDER BY ts DESC, _file DESC, _row DESC) AS place
  FROM stg_events WHERE userid IS NOT NULL
) AS latest
WHERE place = 1"""
TOTALS = {
    **plays(name="totals", table="totals", select="totals.sql", partition=None, write="replace", quality=[]),
    "from": ["plays"],
    "columns": [{"name": "plays", "type": "bigint"}],
}


@pytest.fixture
def make(redshift: RedshiftResource) -> Iterator[Making]:
    built: list[Made] = []

    def build(*declared: tuple[Mapping[str, Any], str]) -> Made:
        built.append(making(redshift, *(declared or ((plays(), PLAYS_SQL),))))
        return built[-1]

    yield build
    for each in built:
        each.drop()


def event(
    user: int, song: str = "A", *, length: str = "1.50000", at: int = 0, level: str = "free"
) -> tuple[object, ...]:
    return f"2024-01-01 00:00:{at:02d}", user, level, song, Decimal(length)


SONG = ("S1", "A", Decimal("1.50000"))


def test_a_table_waits_until_every_input_has_published(make: Making) -> None:
    music = make()
    music.stage("events", DAY, event(1))

    assert music.pending().held == {"every partition": "waits for stg_songs: nothing is published there yet"}
    assert music.make(DAY)[DAY].state == "absent"


def test_partitions_are_made_in_one_run_and_told_one_by_one(make: Making) -> None:
    music = make()
    music.stage("songs", "all", SONG)
    music.stage("events", DAY, event(1), event(2, "B"))
    music.stage("events", NEXT, event(1, length="1.50001"))

    results = music.make()

    assert {day: result.state for day, result in results.items()} == {DAY: "published", NEXT: "published"}
    assert [result.metadata["dagster/row_count"] for result in results.values()] == [2, 1]
    assert all(check.passed for result in results.values() for check in result.checks)
    # Decimals are compared to the last digit: the song of the second day is another one.
    assert music.rows("userid, songid, _partition") == [(1, "S1", DAY), (1, None, NEXT), (2, None, DAY)]
    assert music.pending().partitions == {}


def test_a_new_version_of_the_parted_input_makes_its_partition_again_and_no_other(make: Making) -> None:
    music = make()
    music.stage("songs", "all", SONG)
    music.stage("events", DAY, event(1))
    music.stage("events", NEXT, event(2))
    music.make()
    music.stage("events", DAY, event(3))

    assert list(music.pending().partitions) == [DAY]
    music.make()
    assert music.rows("userid, _partition") == [(2, NEXT), (3, DAY)]


def test_a_new_version_of_another_input_makes_every_partition_again(make: Making) -> None:
    music = make()
    music.stage("songs", "all")
    music.stage("events", DAY, event(1))
    music.stage("events", NEXT, event(2))
    music.make()
    music.stage("songs", "all", SONG)

    assert list(music.pending().partitions) == [DAY, NEXT]
    music.make()
    assert music.rows("songid") == [("S1",), ("S1",)]


def test_the_same_inputs_are_not_made_twice(make: Making) -> None:
    music = make()
    music.stage("songs", "all", SONG)
    music.stage("events", DAY, event(1))
    music.make()

    again = music.make(DAY)[DAY]

    assert again.state == "unchanged"
    assert {check.name for check in again.checks} == {
        "table_matches_contract",
        "rows_conserved",
        "ts_required",
        "row_count",
    }


def test_a_partition_that_breaks_a_blocking_rule_holds_back_only_itself_and_keeps_its_last_rows(make: Making) -> None:
    music = make()
    music.stage("songs", "all", SONG)
    music.stage("events", DAY, event(1))
    music.make()
    music.stage("events", DAY)
    music.stage("events", NEXT, event(2))

    results = music.make()

    assert {day: result.state for day, result in results.items()} == {DAY: "refused", NEXT: "published"}
    assert "RowCount is 0" in (results[DAY].reason or "")
    assert music.rows("userid, _partition") == [(1, DAY), (2, NEXT)]
    assert music.pending().held[DAY].startswith("refused: ")
    music.stage("events", DAY, event(4))
    assert list(music.pending().partitions) == [DAY]


def test_a_warning_rule_tells_and_lets_through(make: Making) -> None:
    rules = [{"rule": 'Completeness "songid" > 0.9', "otherwise": "warn"}]
    music = make((plays(quality=rules), PLAYS_SQL))
    music.stage("songs", "all", SONG)
    music.stage("events", DAY, event(1), event(2, "B"))

    (result,) = music.make().values()

    (check,) = [check for check in result.checks if check.name == "songid_completeness"]
    assert (result.state, check.passed, check.error) == ("published", False, False)
    assert check.metadata["Completeness songid"] == 0.5


def test_a_whole_table_follows_all_partitions(make: Making) -> None:
    music = make((USERS, USERS_SQL))
    music.stage("events", DAY, event(1, level="free"), event(2, level="free"))
    music.stage("events", NEXT, event(1, level="paid", at=9))
    music.make(name="users")

    assert music.rows("userid, level", "users") == [(1, "paid"), (2, "free")]
    music.stage("events", NEXT, event(3, at=9))
    music.make(name="users")
    assert music.rows("userid, level", "users") == [(1, "free"), (2, "free"), (3, "free")]


def test_a_table_reads_another_table(make: Making) -> None:
    music = make((plays(), PLAYS_SQL), (TOTALS, "SELECT COUNT(*) AS plays FROM plays"))
    music.stage("songs", "all", SONG)
    music.stage("events", DAY, event(1), event(2))

    assert list(music.tables) == ["plays", "totals"]
    assert music.pending("totals").held == {"all": "waits for plays: nothing is published there yet"}
    music.make()
    music.make(name="totals")
    assert music.rows("plays", "totals") == [(2,)]


def test_rows_of_no_partition_of_the_input_stop_the_run(make: Making) -> None:
    sql = "SELECT e.ts, e.userid, s.song_id AS songid, e._partition FROM stg_songs AS s LEFT JOIN stg_events AS e ON e.song = s.title"
    music = make((plays(columns=[{"name": "ts", "type": "timestamp"}, *plays()["columns"][1:]]), sql))
    music.stage("songs", "all", SONG, ("S2", "B", Decimal(2)))
    music.stage("events", DAY, event(1))

    with pytest.raises(StrayRowsError, match="LEFT JOIN"):
        music.make()
    assert list(music.pending().partitions) == [DAY]


def test_a_state_is_tried_a_few_times_and_woken_by_a_new_version(make: Making) -> None:
    music = make((plays(), PLAYS_SQL.replace("e.userid", "CAST(e.song AS BIGINT) AS userid")))
    music.stage("songs", "all", SONG)
    music.stage("events", DAY, event(1, "no number"))
    key, state = music.tables["plays"].contract.key, music.pending().partitions[DAY]
    with pytest.raises(WarehouseStatementError, match="invalid input syntax"):
        music.make(DAY)
    for run in range(1, MAX_ATTEMPTS):
        record_attempt(music.lake.lake, key, DAY, state=state, run_id=str(run))

    assert music.pending().held == {
        DAY: "failed 3 times; `lake retry plays 2024-01-01` or a new version of an input wakes it"
    }
    music.stage("events", DAY, event(1, "7"))
    music.make()
    assert music.rows("userid") == [(7,)]
