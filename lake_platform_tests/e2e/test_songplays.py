"""The star schema of the song plays pipeline, made from sample files, held against the same files read in Python.

Most tests are named after a fault of the usual code for this exercise, and the sample files would show it.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from lake_platform.cli import demo as cli_demo
from lake_platform.cli.main import cli
from lake_platform.cli.tick import TickSummary
from lake_platform.definitions import DEFS
from lake_platform.local.samples.songplays import (
    DAYS,
    REWRITTEN,
    SCENE_SESSION,
    SCENES,
    SONGPLAYS_SAMPLE,
    TWO_NAMES,
    Json,
    catalogue,
    event_days,
    render_line,
    rewritten,
    write_first_delivery,
    write_second_delivery,
)
from lake_platform_tests.e2e.conftest import built_house
from lake_platform_tests.e2e.house import House
from lake_platform_tests.e2e.star_schema import expected_plays, expected_users, moment, plays, star_rows

pytestmark = [pytest.mark.spark, pytest.mark.warehouse, pytest.mark.e2e]

SIZE = {"days": 4, "users": 12}
NEW_SONG = next(catalogue()) | {"song_id": "SO0000000000000000", "title": SCENES[3]["song"]}
"""A song that one of the scenes was waiting for."""
SCENE = f"sessionid = {SCENE_SESSION}"


@dataclass(frozen=True)
class Star:
    """The house with the tables; what `lake demo` said the first time and the second; the tick after one more song."""

    house: House
    told: str
    told_again: str
    song: TickSummary

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.house.rows(query)


@pytest.fixture(scope="module")
def star(tmp_path_factory: pytest.TempPathFactory, spark_dir: Path) -> Iterator[Star]:
    with built_house(tmp_path_factory.mktemp("songplays"), spark_dir) as house:
        assert house.settings.defs is not None
        shutil.copytree(DEFS / "songplays", house.settings.defs / "songplays")
        first, again = demo(), demo()
        house.drop("songplays/songs/Z/Z/Z/TRZZZ.json", render_line(NEW_SONG))
        yield Star(house, first, again, house.tick())


def demo() -> str:
    """What `lake demo songplays` prints, on fewer files than it usually lands."""
    first, second = SONGPLAYS_SAMPLE.deliveries
    small = (
        replace(first, write=partial(write_first_delivery, **SIZE)),
        replace(second, write=partial(write_second_delivery, **SIZE)),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cli_demo, "SAMPLES", (replace(SONGPLAYS_SAMPLE, deliveries=small),))
        done = CliRunner().invoke(cli, ["demo", "songplays"])
    assert done.exit_code == 0, done.output
    return done.output


def delivered() -> list[Json]:
    """Every event as the files say it in the end."""
    days = event_days(SIZE["days"], users=SIZE["users"])
    return [event for day, events in days for event in (rewritten(events) if day == DAYS[REWRITTEN] else events)]


def test_the_fact_has_every_play_once_whatever_came_late_or_again(star: Star) -> None:
    assert star_rows(star.house)["songplays"] == expected_plays(delivered(), [*catalogue(), NEW_SONG])


def test_a_play_keeps_its_day(star: Star) -> None:
    found = star.rows("SELECT _partition, count(*) FROM songplays GROUP BY 1 ORDER BY 1")

    assert found == [
        (str(day), sum(moment(event).date() == day for event in plays(delivered()))) for day in DAYS[: SIZE["days"]]
    ]


def test_durations_without_decimals_would_match_two_plays(star: Star) -> None:
    """The usual tables hold durations as numeric(18,0)."""
    usual = f"""\
SELECT e.iteminsession FROM stg_events AS e JOIN stg_songs AS s
ON s.title = e.song AND s.artist_name = e.artist AND CAST(s.duration AS numeric(18,0)) = CAST(e.length AS numeric(18,0))
WHERE e.{SCENE} AND s.song_id <> '{NEW_SONG["song_id"]}' ORDER BY 1"""
    here = f"SELECT songid IS NOT NULL FROM songplays WHERE {SCENE} ORDER BY start_time"

    assert star.rows(usual) == [(0,), (1,)]
    assert star.rows(here) == [(True,), (False,), (False,), (True,)]


def test_plays_of_one_session_and_second_keep_ids_of_their_own(star: Star) -> None:
    """The usual id is md5(session, second)."""
    usual = (
        f"SELECT count(DISTINCT MD5(sessionid || TO_CHAR(ts, 'YYYY-MM-DD HH24:MI:SS'))) FROM stg_events WHERE {SCENE}"
    )

    assert star.rows(usual) == [(1,)]
    assert star.rows(f"SELECT count(DISTINCT playid) FROM songplays WHERE {SCENE}") == [(len(SCENES),)]


def test_two_plays_in_one_millisecond_are_two(star: Star) -> None:
    twice = star.rows("SELECT count(*), count(DISTINCT playid) FROM songplays GROUP BY start_time HAVING count(*) > 1")

    assert twice == [(2, 2)]


def test_a_user_whose_level_changes_is_one_row_with_the_latest(star: Star) -> None:
    """The usual code takes DISTINCT rows, a row for each level."""
    usual = "SELECT count(*) FROM (SELECT DISTINCT userid, firstname, level FROM stg_events WHERE userid = 1) AS u"

    assert star.rows(usual) == [(2,)]
    assert star_rows(star.house)["users"] == expected_users(delivered())


def test_levels_that_were_are_kept(star: Star) -> None:
    events = sorted((event for event in delivered() if event["userId"] == "1"), key=moment)
    changes = [
        moment(event) for event, last in zip(events, [{}, *events], strict=False) if event["level"] != last.get("level")
    ]

    assert star.rows(
        "SELECT level, valid_from, valid_to, is_current FROM users_history WHERE userid = 1 ORDER BY valid_from"
    ) == [("free", changes[0], changes[1], False), ("paid", changes[1], None, True)]


def test_events_of_nobody_stop_no_load_and_make_no_user(star: Star) -> None:
    blank = sum(event["userId"] == "" for event in delivered())

    assert star.rows("SELECT count(*) FROM stg_events WHERE userid IS NULL") == [(blank,)]
    assert blank > 0
    assert star.rows("SELECT count(*) FROM users WHERE userid IS NULL OR first_name IS NULL") == [(0,)]


def test_an_artist_with_two_names_is_one_row(star: Star) -> None:
    assert star.rows(f"SELECT name FROM artists WHERE artistid = '{TWO_NAMES}'") == [("Casual Winter",)]
    assert star.rows("SELECT count(*), count(DISTINCT artistid) FROM artists") == [(29, 29)]


def test_coordinates_and_durations_keep_their_decimals(star: Star) -> None:
    assert star.rows("SELECT location, latitude, longitude FROM artists WHERE name = 'The Lanterns'") == [
        ("Duluth, MN", Decimal("46.78327"), Decimal("-92.10658"))
    ]
    assert star.rows("SELECT duration FROM songs WHERE title = 'Paper Harbour'") == [(Decimal("218.93179"),)]


def test_unknown_years_and_places_are_null(star: Star) -> None:
    songs = [*catalogue(), NEW_SONG]
    unknown = sum(song["year"] == 0 for song in songs)

    assert star.rows("SELECT count(*) FROM songs WHERE year IS NULL") == [(unknown,)]
    assert star.rows("SELECT count(*) FROM songs") == [(len(songs),)]
    assert star.rows("SELECT count(*) FROM artists WHERE location = ''") == [(0,)]


def test_the_calendar_has_each_moment_once_in_utc(star: Star) -> None:
    moments = sorted({moment(event) for event in plays(delivered())})

    assert star.rows("SELECT start_time, hour, day, week, month, year, weekday FROM time ORDER BY 1") == [
        (at, at.hour, at.day, at.isocalendar().week, at.month, at.year, at.isoweekday() % 7) for at in moments
    ]


def test_a_song_file_runs_songs_and_the_tables_that_read_them_but_no_events(star: Star) -> None:
    assert star.song.all_well
    assert sorted(run.dataset for run in star.song.runs) == ["artists", "songplays", "songs", "songs", "time"]


def test_a_play_that_waited_for_its_song_has_it(star: Star) -> None:
    found = star.rows(f"SELECT count(*) FROM songplays WHERE songid = '{NEW_SONG['song_id']}'")

    assert found == [(1,)]


def test_demo_tells_what_stands_in_lake_and_warehouse(star: Star) -> None:
    lines = [line.split() for line in star.told.splitlines()]
    events, played = len(delivered()), len(plays(delivered()))
    users = len({event["userId"] for event in delivered()} - {""})
    levels = len({(event["userId"], event["level"]) for event in delivered() if event["userId"]})

    assert ["events", "4", "4", "1", str(events), str(events), "0"] in lines
    assert ["songs", "1", "30", "0", "30", "30", "0"] in lines
    assert ["songplays", str(played)] in lines
    assert ["users", str(users)] in lines
    assert ["users_history", str(levels), str(users)] in lines


def test_a_second_demo_changes_nothing(star: Star) -> None:
    results = [told.partition("\ndataset ")[2].rpartition("\n\n")[0] for told in (star.told, star.told_again)]

    assert results[0] == results[1] != ""
    assert star.told_again.count("0 sample file(s) landed") == 2
    assert "success" in star.told
    assert "success" not in star.told_again
