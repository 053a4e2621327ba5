"""Tables are functions of what is staged: random days, staged in any order and again, and runs killed at any operation.

14 examples of a fact and a history over the same events, against the same rows counted in Python.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lake_platform.lake.refusals import reset_attempts
from lake_platform.warehouse.redshift import RedshiftResource
from lake_platform_tests.warehouse.making import PLAYS_SQL, Made, making, plays
from lake_platform_tests.warehouse.test_made_history import KEYED, SQL

pytestmark = pytest.mark.warehouse

DAYS = ("2024-01-01", "2024-01-02", "2024-01-03")
HISTORY = {**KEYED, "quality": []}
Said = tuple[int, str, str]
"""User, level, song."""


@dataclass(frozen=True)
class Step:
    """Rows of a day, or the titles of the songs where `day` is None; then a run, killed at an operation or not."""

    day: str | None
    said: Sequence[Said]
    songs: Sequence[str]
    killed_at: int | None


@dataclass
class Truth:
    """What is staged, and what the tables must say of it."""

    days: dict[str, Sequence[Said]] = field(default_factory=dict[str, Sequence[Said]])
    songs: Sequence[str] = ()

    def plays(self) -> list[tuple[object, ...]]:
        rows = [
            (user, f"S{song}" if song in self.songs else None, day)
            for day, said in self.days.items()
            for user, _, song in said
        ]
        return sorted(rows, key=repr)

    def versions(self) -> list[tuple[object, ...]]:
        """User, level, from, whether it is the last."""
        found: list[list[object]] = []
        last: dict[int, list[object]] = {}
        for day in sorted(self.days):
            for at, (user, level, _) in enumerate(self.days[day]):
                if user in last and last[user][1] == level:
                    continue
                if user in last:
                    last[user][3] = False
                last[user] = [user, level, moment(day, at), True]
                found.append(last[user])
        return sorted((tuple(version) for version in found), key=repr)


def moment(day: str, at: int) -> str:
    return f"{day} 00:00:{at:02d}"


STEPS = st.lists(
    st.builds(
        Step,
        day=st.sampled_from((*DAYS, *DAYS, None)),
        said=st.lists(
            st.tuples(st.integers(1, 2), st.sampled_from(("free", "paid")), st.sampled_from("AB")), max_size=3
        ),
        songs=st.lists(st.sampled_from("AB"), max_size=2, unique=True),
        killed_at=st.none() | st.integers(0, 40),
    ),
    min_size=2,
    max_size=5,
)


@settings(
    max_examples=14,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_tables_are_what_is_staged_whatever_came_first_and_whoever_died(
    redshift: RedshiftResource, steps: list[Step]
) -> None:
    truth = Truth()
    music = making(redshift, (plays(quality=[]), PLAYS_SQL), (HISTORY, SQL))
    try:
        music.stage("songs", "all")
        for step in steps:
            _stage(music, truth, step)
            for name in ("plays", "users"):
                if step.killed_at is not None:
                    music.make_and_die(step.killed_at, name=name)
        for name in ("plays", "users"):
            _finish(music, name)
            assert music.pending(name).partitions == {}

        assert music.rows("userid, songid, _partition") == truth.plays()
        told = music.rows("userid, level, valid_from, is_current", "users")
        assert (
            sorted(((u, level, str(start), current) for u, level, start, current in told), key=repr) == truth.versions()
        )
    finally:
        music.drop()


def _stage(music: Made, truth: Truth, step: Step) -> None:
    if step.day is None:
        truth.songs = step.songs
        music.stage("songs", "all", *((f"S{song}", song, Decimal(1)) for song in step.songs))
        return
    truth.days[step.day] = step.said
    rows = [(moment(step.day, at), user, level, song, Decimal(1)) for at, (user, level, song) in enumerate(step.said)]
    music.stage("events", step.day, *rows)


def _finish(music: Made, name: str) -> None:
    """A last run. What was killed too often is left alone by the sensor; a person would say `lake retry`."""
    for partition in music.pending(name).held:
        reset_attempts(music.lake.lake, music.tables[name].contract.key, partition)
    music.make(name=name)
