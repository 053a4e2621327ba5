"""What the star schema of song plays must hold, read from the sample files in Python; and what its tables hold."""

import datetime as dt
import hashlib
from collections.abc import Iterable
from typing import Any

from lake_platform.local.samples.songplays import Json
from lake_platform_tests.e2e.house import House

COLUMNS = {
    "songplays": "playid, start_time, userid, level, songid, artistid, sessionid, location, user_agent",
    "users_history": "userid, first_name, last_name, gender, level, valid_from, valid_to, is_current, version_key",
    "users": "userid, first_name, last_name, gender, level",
    "songs": "songid, title, artistid, year, duration",
    "artists": "artistid, name, location, latitude, longitude",
    "time": "start_time, hour, day, week, month, year, weekday",
}
"""Every column that is not the platform's own."""
Rows = list[tuple[Any, ...]]


def star_rows(house: House) -> dict[str, Rows]:
    """All tables, each in the order of its rows as text."""
    return {table: sorted(house.rows(f"SELECT {columns} FROM {table}"), key=repr) for table, columns in COLUMNS.items()}


def moment(event: Json) -> dt.datetime:
    """When it happened, in UTC."""
    return dt.datetime(1970, 1, 1) + dt.timedelta(milliseconds=int(str(event["ts"])))


def plays(events: Iterable[Json]) -> list[Json]:
    """The events that are plays."""
    return [event for event in events if event["page"] == "NextSong"]


def expected_plays(events: Iterable[Json], songs: Iterable[Json]) -> Rows:
    """The fact, in the order of its rows as text."""
    known = {(song["title"], song["artist_name"], song["duration"]): song for song in songs}
    return sorted((_expected_play(event, known) for event in plays(events)), key=repr)


def expected_users(events: Iterable[Json]) -> Rows:
    """The users by their latest event, in the order of the rows as text."""
    latest = {int(str(event["userId"])): event for event in sorted(events, key=moment) if event["userId"]}
    rows = (
        (user, event["firstName"], event["lastName"], event["gender"], event["level"]) for user, event in latest.items()
    )
    return sorted(rows, key=repr)


def _expected_play(event: Json, known: dict[tuple[object, ...], Json]) -> tuple[Any, ...]:
    song = known.get((event["song"], event["artist"], event["length"]), {"song_id": None, "artist_id": None})
    text = f"{moment(event):%Y-%m-%d %H:%M:%S.%f}/{event['sessionId']}/{event['itemInSession']}/{event['userId']}"
    return (
        hashlib.md5(text.encode()).hexdigest(),
        moment(event),
        int(str(event["userId"])),
        event["level"],
        song["song_id"],
        song["artist_id"],
        event["sessionId"],
        event["location"] or None,
        event["userAgent"],
    )
