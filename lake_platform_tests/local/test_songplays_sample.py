"""The sample files of the song plays pipeline have the oddities that they are there for."""

import datetime as dt
import json
from collections import Counter
from pathlib import Path

import pytest

from lake_platform.local.samples.songplays import (
    DAYS,
    LATE,
    RESENT,
    REWRITTEN,
    TWO_NAMES,
    Json,
    catalogue,
    event_days,
    event_key,
    render_events,
    write_first_delivery,
    write_second_delivery,
)


@pytest.fixture(scope="module")
def events() -> list[Json]:
    """Of the first four days."""
    return [event for _, events in event_days(4) for event in events]


def test_signed_out_events_have_a_blank_user_and_no_registration(events: list[Json]) -> None:
    signed_out = [event for event in events if event["auth"] == "Logged Out"]

    assert {(event["userId"], event["registration"]) for event in signed_out} == {("", None)}


def test_two_plays_share_a_millisecond_and_several_a_second(events: list[Json]) -> None:
    moments = [int(str(event["ts"])) for event in events if event["page"] == "NextSong"]

    assert len(moments) - len(set(moments)) == 1
    assert max(Counter(moment // 1000 for moment in moments).values()) == 5


def test_an_event_is_told_by_moment_session_and_place_in_it(events: list[Json]) -> None:
    assert len({(event["ts"], event["sessionId"], event["itemInSession"]) for event in events}) == len(events)


def test_every_event_lies_in_the_utc_day_of_its_file() -> None:
    for day, events in event_days():
        moments = [dt.datetime.fromtimestamp(int(str(event["ts"])) / 1000, dt.UTC) for event in events]
        assert {moment.date() for moment in moments} == {day}


def test_some_users_change_their_level_and_some_change_it_back() -> None:
    levels: dict[object, list[object]] = {}
    for _, events in event_days():
        for event in events:
            seen = levels.setdefault(event["userId"], [])
            if event["userId"] != "" and seen[-1:] != [event["level"]]:
                seen.append(event["level"])

    assert ["free", "paid", "free"] in levels.values()
    assert ["free"] in levels.values()


def test_the_catalogue_has_its_oddities() -> None:
    songs = list(catalogue())

    assert len({song["song_id"] for song in songs}) == len(songs)
    assert len({song["artist_name"] for song in songs if song["artist_id"] == TWO_NAMES}) == 2
    assert {song["year"] == 0 for song in songs} == {True, False}
    assert any(song["artist_latitude"] is None and song["artist_location"] == "" for song in songs)
    assert any(len(str(song["duration"]).partition(".")[2]) == 5 for song in songs)


def test_quotes_and_slashes_are_escaped_as_the_service_does_it(events: list[Json]) -> None:
    text = render_events(events).decode()

    assert r"\"Mozilla\/5.0" in text
    assert [json.loads(line) for line in text.splitlines()] == events


def test_the_second_delivery_is_late_rewritten_and_resent(tmp_path: Path) -> None:
    first = write_first_delivery(tmp_path, days=4, users=5)
    before = (tmp_path / event_key(DAYS[REWRITTEN])).read_bytes()

    second = write_second_delivery(tmp_path, days=4, users=5)

    assert event_key(DAYS[LATE]) not in first
    assert set(second) == {event_key(DAYS[LATE]), event_key(DAYS[RESENT], again=True), event_key(DAYS[REWRITTEN])}
    resent = (tmp_path / event_key(DAYS[RESENT], again=True)).read_bytes()
    assert resent == (tmp_path / event_key(DAYS[RESENT])).read_bytes()
    assert (tmp_path / event_key(DAYS[REWRITTEN])).read_bytes() != before
