"""A music service of imagination: a catalogue of songs, and what its users did, one file of JSON lines a day (UTC).

The shape is that of the well-known song play exercise, its oddities included: signed-out events have userId "" and no
registration, users change their level in the middle of the month, an artist id has two names, most coordinates are
null, locations may be "", year 0 means unknown, user agents hold quotes, durations have five decimals. Few plays are of
songs in the catalogue, and some are only nearly so: see `SCENES`.

The second delivery brings a day that comes late, a day that is written again, and a file that is sent once more.
"""

import datetime as dt
import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from lake_platform.local.samples.drop import drop_file, rewrite_file
from lake_platform.local.samples.sample import Delivery, Sample

DAYS = tuple(dt.date(2018, 11, 5) + dt.timedelta(days=day) for day in range(25))
USERS = 40
SONGS = 30
REWRITTEN, LATE, RESENT = 1, 2, 3
"""Places in `DAYS`, so that four days have everything."""
TWO_NAMES = "AR" + "0A17E54D9B21C0FE"
FIRST_NAMES = ("Ada", "Bruno", "Chloé", "Dmitri", "Esra", "Farid", "Grace", "Hugo")
LAST_NAMES = ("Okafor", "Lind", "Moreau", "Petrov", "Yildiz", "Hale", "O'Neill", "Vega")
PLACES = ("Lansing-East Lansing, MI", "Portland-South Portland, ME", "Waterloo-Cedar Falls, IA", "")
AGENTS = (
    '"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/37.0.2062.94 Safari/537.36"',
    "Mozilla/5.0 (Windows NT 6.1; WOW64; rv:31.0) Gecko/20100101 Firefox/31.0",
)
WORDS = ("River", "Glass", "Winter", "Engine", "Paper", "Lantern", "Static", "Harbour")
Json = dict[str, object]

SCENES: Sequence[Json] = (
    {"song": "Paper Harbour", "artist": "The Lanterns", "length": 218.93179},
    # A duration without its decimals is 219 twice, and this would be the same song.
    {"song": "Paper Harbour", "artist": "The Lanterns", "length": 219.2041},
    {"song": "Paper Harbour", "artist": "Somebody Else", "length": 218.93179},
    {"song": "Another Song", "artist": "The Lanterns", "length": 218.93179},
)
"""Plays of the first day, in one session and one second: only the first one is in the catalogue."""
SCENE_USER, SCENE_SESSION = 1, 90_001


def write_first_delivery(landing: Path, *, days: int = len(DAYS), users: int = USERS) -> tuple[str, ...]:
    """Lands the catalogue and all days but the late one; nothing on a second call."""
    files = {f"songplays/songs/{_song_key(song)}": render_line(song) for song in catalogue()}
    for number, (day, events) in enumerate(event_days(days, users=users)):
        if number != LATE:
            files[event_key(day)] = render_events(events)
    return tuple(key for key, content in files.items() if drop_file(landing / key, content))


def write_second_delivery(landing: Path, *, days: int = len(DAYS), users: int = USERS) -> tuple[str, ...]:
    """Lands the late day, the rewritten day and the file that is sent twice; nothing on a second call."""
    delivered = dict(event_days(days, users=users))
    files = {
        event_key(DAYS[LATE]): render_events(delivered[DAYS[LATE]]),
        event_key(DAYS[RESENT], again=True): render_events(delivered[DAYS[RESENT]]),
    }
    written = [key for key, content in files.items() if drop_file(landing / key, content)]
    key = event_key(DAYS[REWRITTEN])
    if rewrite_file(landing / key, render_events(rewritten(delivered[DAYS[REWRITTEN]]))):
        written.append(key)
    return tuple(written)


def event_key(day: dt.date, *, again: bool = False) -> str:
    """Where the events of a day land, below the landing folder."""
    return f"songplays/events/{day:%Y/%m}/{day}-events{' (1)' if again else ''}.json"


def event_days(days: int = len(DAYS), *, users: int = USERS) -> Iterator[tuple[dt.date, list[Json]]]:
    """The events of each day, the same for the same number of users."""
    chance = random.Random(20181105)
    songs = list(catalogue())
    for number, day in enumerate(DAYS[:days]):
        events: list[Json] = []
        for user in range(1, users + 1):
            if user == SCENE_USER or chance.random() < 0.4:
                session = 1 + number * users + user
                events += _session(chance, songs, user=user, session=session, day=day)
        if number == 0:
            events += _scenes(day)
        yield day, sorted(events, key=lambda event: (event["ts"], event["sessionId"], event["itemInSession"]))


def rewritten(events: Sequence[Json]) -> list[Json]:
    """The day as the service sends it again: its last play never was, and all had another location."""
    plays = [event for event in events if event["page"] == "NextSong"]
    return [event | {"location": event["location"] and "Corrected, MI"} for event in events if event is not plays[-1]]


def catalogue() -> Iterator[Json]:
    """The songs: one that is played, an artist with two names, and songs that nobody plays or only by their title."""
    chance = random.Random(30)
    yield _song(
        "The Lanterns", "Paper Harbour", duration=218.93179, year=1999, place=("Duluth, MN", 46.78327, -92.10658)
    )
    for name, title in (("Casual Winter", "Static River"), ("casual winter (live)", "Static River (Live)")):
        yield _song(name, title, duration=259.44771, artist_id=TWO_NAMES)
    for number in range(3, SONGS):
        name, title = f"{WORDS[number % 8]} {WORDS[number // 8]}", f"{WORDS[number // 8]} No. {number}"
        known = number % 3 == 0
        yield _song(
            name,
            title,
            duration=chance.randint(12_000_000, 40_000_000) / 100_000,
            year=chance.randint(1970, 2008) if known else 0,
            place=("Toronto, Ontario, Canada", 43.64856, -79.38533) if known else ("", None, None),
        )


def render_events(events: Sequence[Json]) -> bytes:
    """JSON lines."""
    return b"".join(map(render_line, events))


def render_line(value: Json) -> bytes:
    """One object a line, with slashes escaped as the service does it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("/", "\\/")
    return text.encode() + b"\n"


def _song(
    artist: str,
    title: str,
    *,
    duration: float,
    year: int = 0,
    place: tuple[str, float | None, float | None] = ("", None, None),
    artist_id: str | None = None,
) -> Json:
    location, latitude, longitude = place
    return {
        "num_songs": 1,
        "artist_id": artist_id or "AR" + _letters(artist),
        "artist_latitude": latitude,
        "artist_longitude": longitude,
        "artist_location": location,
        "artist_name": artist,
        "song_id": "SO" + _letters(f"{artist} {title}"),
        "title": title,
        "duration": duration,
        "year": year,
    }


def _song_key(song: Json) -> str:
    track = "TR" + _letters(f"track of {song['song_id']}")
    return f"{track[2]}/{track[3]}/{track[4]}/{track}.json"


def _letters(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16].upper()


def _session(chance: random.Random, songs: Sequence[Json], *, user: int, session: int, day: dt.date) -> list[Json]:
    """Signed out at first, then signed in, then plays; a change of level is a page as well."""
    clock = chance.randint(0, 20 * 3600 * 1000)
    pages = ["Home", "Login", *(["NextSong"] * chance.randint(1, 8)), chance.choice(("Logout", "Help", "Home"))]
    events: list[Json] = []
    for item, page in enumerate(pages):
        known = {} if page != "NextSong" else _play(chance, songs)
        event = _event(user, day, milliseconds=clock, session=session, item=item, page=page)
        events.append(event | (_signed_out() if page == "Login" else known))
        length = known.get("length")
        clock += int(length * 1000) if isinstance(length, float) else chance.randint(1000, 90_000)
    return events


def _play(chance: random.Random, songs: Sequence[Json]) -> Json:
    """One in twelve is of the catalogue; the others are of songs that it does not know."""
    if chance.random() < 1 / 12:
        song = chance.choice(songs)
        return {"artist": song["artist_name"], "song": song["title"], "length": song["duration"]}
    name = f"{chance.choice(WORDS)} {chance.choice(WORDS)}"
    return {"artist": name, "song": f"{name} / Remix", "length": chance.randint(9_000_000, 50_000_000) / 100_000}


def _scenes(day: dt.date) -> list[Json]:
    """`SCENES`, and one more play of another user in the very millisecond of the first one."""
    noon = 12 * 3600 * 1000
    plays = [
        _event(SCENE_USER, day, milliseconds=noon + 7 * item, session=SCENE_SESSION, item=item, page="NextSong") | scene
        for item, scene in enumerate(SCENES)
    ]
    other = _event(2, day, milliseconds=noon, session=SCENE_SESSION + 1, item=0, page="NextSong")
    return [*plays, other | {"artist": "Paper Glass", "song": "Glass / Remix", "length": 200.125}]


def _level(user: int, day: dt.date) -> str:
    """Users 1, 11, 21, … pay from the second day to the fifteenth, users 3, 13, … always, the others never."""
    age = (day - DAYS[0]).days
    return "paid" if user % 10 == 3 or (user % 10 == 1 and 1 <= age < 15) else "free"


def _event(user: int, day: dt.date, *, milliseconds: int, session: int, item: int, page: str) -> Json:
    midnight = int(dt.datetime.combine(day, dt.time(), dt.UTC).timestamp()) * 1000
    return {
        "artist": None,
        "auth": "Logged In",
        "firstName": FIRST_NAMES[user % 8],
        "gender": "FM"[user % 2],
        "itemInSession": item,
        "lastName": LAST_NAMES[user // 8 % 8],
        "length": None,
        "level": _level(user, day),
        "location": PLACES[user % 4],
        "method": "PUT" if page == "NextSong" else "GET",
        "page": page,
        "registration": 1540000000796.0 + user * 7_000_000,
        "sessionId": session,
        "song": None,
        "status": 307 if page == "Logout" else 200,
        "ts": midnight + milliseconds,
        "userAgent": AGENTS[user % 2],
        "userId": str(user),
    }


def _signed_out() -> Json:
    nobody = ("firstName", "lastName", "gender", "location", "registration", "userAgent")
    return {**dict.fromkeys(nobody), "auth": "Logged Out", "userId": ""}


SONGPLAYS_SAMPLE = Sample(
    pipeline="songplays",
    deliveries=(
        Delivery("a catalogue and twenty-four days of events", write_first_delivery),
        Delivery("a late day, a rewritten day, a file that is sent twice", write_second_delivery),
    ),
    history=(
        "user 11, who paid for two weeks",
        """\
SELECT userid, first_name, level, valid_from, valid_to, is_current
FROM users_history WHERE userid = 11 ORDER BY valid_from""",
    ),
    look="lake sql 'SELECT level, count(*) FROM songplays GROUP BY level'",
)
