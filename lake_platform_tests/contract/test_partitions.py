"""Which partition a key belongs to."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_platform.contract.dataset import Arrives, FileFormat, PartitionBy, Partitioning
from lake_platform.contract.partitions import (
    Unplaced,
    counts,
    first_key,
    last_complete,
    logical_start,
    ordinal,
    partition_of,
    render_keys,
    stands_in,
)

ISO = {"hour": r"(?P<hour>\d{4}-\d\d-\d\dT\d\d)", "day": r"dt=(?P<day>[^/]*)/", "month": r"(?P<month>\d{4}-\d\d)"}
PARTS = r"(?P<year>\d{4})/(?P<month>\d\d)/(?P<day>\d\d)/"


def arrives(
    by: PartitionBy, pattern: str | None, *, start: str = "2000-01-01", files: list[str] | str | None = None
) -> Arrives:
    return Arrives(
        prefix="customers/",
        partition=Partitioning(by=by, pattern=pattern, start=start),
        format=FileFormat(kind="csv"),
        delivers="events",
        files=files,
    )


@pytest.mark.parametrize(
    ("by", "pattern", "key", "partition"),
    [
        ("hour", ISO["hour"], "customers/2024-01-01T05/a.csv", "2024-01-01T05"),
        ("day", ISO["day"], "customers/dt=2024-02-29/a.csv", "2024-02-29"),
        ("month", ISO["month"], "customers/2024-02.csv", "2024-02"),
        ("day", PARTS, "customers/2018/11/07/events.json", "2018-11-07"),
        ("none", None, "customers/anything/at all.csv", "all"),
        ("day", ISO["day"], "customers/dt=20240229/a.csv", "2024-02-29"),
        ("day", r"y=(?P<year>\d+)/m=(?P<month>\d+)/d=(?P<day>\d+)/", "customers/y=2024/m=2/d=9/a.csv", "2024-02-09"),
        ("month", r"(?P<year>\d{4})_(?P<month>\d\d)", "customers/2024_02.csv", "2024-02"),
        ("hour", PARTS + r"(?P<hour>\d\d)", "customers/2024/02/29/23/a.csv", "2024-02-29T23"),
        ("day", r"(?P<region>\w+)/dt=(?P<day>[^/]*)/", "customers/eu/dt=2024-02-29/a.csv", "2024-02-29"),
    ],
)
def test_the_pattern_finds_the_partition(by: PartitionBy, pattern: str | None, key: str, partition: str) -> None:
    assert partition_of(arrives(by, pattern), key) == partition


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("customers2/dt=2024-01-01/a.csv", "does not begin with 'customers/'"),
        ("customers/2024-01-01/a.csv", "does not match the pattern"),
        ("customers/dt=2024-02-30/a.csv", "'2024-02-30' is no day of the calendar"),
        ("customers/dt=1999-12-31/a.csv", "before start: 2000-01-01"),
        ("customers/dt=2024-2-1/a.csv", "is no day of the calendar"),
        ("customers/dt=2024-02/a.csv", "is no day of the calendar"),
        ("customers/dt=2024-01-01T05/a.csv", "is no day of the calendar"),
        ("customers/dt=\u0662\u0660\u0662\u0664-\u0660\u0661-\u0660\u0661/a.csv", "is no day of the calendar"),
        ("customers/dt=0000-01-01/a.csv", "is no day of the calendar"),
        ("customers/dt=/a.csv", "is no day of the calendar"),
    ],
)
def test_a_key_that_belongs_nowhere_is_told_why(key: str, said: str) -> None:
    place = partition_of(arrives("day", ISO["day"]), key)

    assert isinstance(place, Unplaced)
    assert said in place.reason


def test_start_may_be_more_exact_than_the_partitions() -> None:
    assert partition_of(arrives("month", ISO["month"], start="2024-02-15"), "customers/2024-02.csv") == "2024-02"


@pytest.mark.parametrize(
    ("files", "name", "counted"),
    [
        (None, "a.csv", True),
        (None, ".a.csv.half", False),
        (None, "_SUCCESS", False),
        (None, "_a.csv", True),
        ([".csv", ".csv.gz"], "a.csv.gz", True),
        ([".csv"], "a.csv.crc", False),
        (r"part-\d+\.json", "part-07.json", True),
        (r"part-\d+\.json", "_SUCCESS", False),
    ],
)
def test_files_says_which_names_count(files: list[str] | str | None, name: str, counted: bool) -> None:
    assert counts(arrives("none", None, files=files), f"customers/{name}") is counted


@pytest.mark.parametrize(
    ("partition", "start"),
    [
        ("2024-03-01T05", dt.datetime(2024, 3, 1, 5)),
        ("2024-03-01", dt.datetime(2024, 3, 1)),
        ("2024-03", dt.datetime(2024, 3, 1)),
    ],
)
def test_a_partition_begins_at_its_logical_date(partition: str, start: dt.datetime) -> None:
    assert logical_start(partition) == start


@pytest.mark.parametrize(
    ("by", "one", "next_one"),
    [("hour", "2023-12-31T23", "2024-01-01T00"), ("day", "2024-02-28", "2024-02-29"), ("month", "2023-12", "2024-01")],
)
def test_the_next_partition_is_one_further(by: PartitionBy, one: str, next_one: str) -> None:
    assert ordinal(next_one, by) - ordinal(one, by) == 1


@pytest.mark.parametrize("key", ["2024-13", "2024-02-30", "2024-01-01T24", "2024", "20240101", "all", "2024-1-1", ""])
def test_what_is_no_partition_key_has_no_beginning(key: str) -> None:
    with pytest.raises(ValueError, match="is not the key of a partition"):
        logical_start(key)


@given(st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9000, 1, 1)), st.sampled_from(["hour", "day", "month"]))
def test_keys_sort_and_count_like_the_times_they_stand_for(moment: dt.datetime, by: PartitionBy) -> None:
    length = {"hour": 13, "day": 10, "month": 7, "none": 0}[by]
    key = moment.isoformat()[:length]
    over = {"hour": dt.timedelta(hours=1), "day": dt.timedelta(days=1)}.get(by, dt.timedelta(days=31))
    first = moment.replace(day=1) if by == "month" else moment
    following = (first + over).isoformat()[:length]

    assert partition_of(arrives(by, f"(?P<{by}>.*)", start="0001-01-01"), f"customers/{key}") == key
    assert logical_start(key) <= moment < logical_start(following)
    assert key < following
    assert ordinal(following, by) == ordinal(key, by) + 1


def test_there_is_one_partition_where_there_are_none() -> None:
    assert first_key(arrives("none", None)) == "all"
    with pytest.raises(ValueError, match="not the key of a partition in time"):
        logical_start("all")


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (["2024-02-28", "2024-02-29", "2024-03-01", "2024-03-05"], "2024-02-28..2024-03-01 2024-03-05"),
        (["2023-12", "2024-01", "2024-03"], "2023-12..2024-01 2024-03"),
        (["2024-01-01T05", "2024-01-01T23", "2024-01-02T00"], "2024-01-01T05 2024-01-01T23..2024-01-02T00"),
        (["all"], "all"),
    ],
    ids=["days", "months", "hours", "none"],
)
def test_keys_that_follow_each_other_are_written_as_one_stretch(keys: list[str], text: str) -> None:
    assert render_keys(keys) == text


@settings(deadline=None)
@given(st.sets(st.integers(0, 60), min_size=1))
def test_keys_are_found_again_in_what_was_written(days: set[int]) -> None:
    calendar = [str(dt.date(2024, 1, 1) + dt.timedelta(days=day)) for day in range(61)]
    keys = [calendar[day] for day in sorted(days)]

    assert [key for key in calendar if stands_in(render_keys(keys), key)] == keys


@pytest.mark.parametrize(
    ("by", "moment", "partition"),
    [
        ("day", dt.datetime(2024, 3, 1, 6), "2024-02-29"),
        ("day", dt.datetime(2024, 1, 1), "2023-12-31"),
        ("hour", dt.datetime(2024, 1, 1, 0, 59), "2023-12-31T23"),
        ("month", dt.datetime(2024, 1, 31), "2023-12"),
        ("month", dt.datetime(2024, 12, 1), "2024-11"),
        ("none", dt.datetime(2024, 1, 1), None),
    ],
)
def test_the_logical_date_is_the_last_partition_that_has_ended(
    by: PartitionBy, moment: dt.datetime, partition: str | None
) -> None:
    assert last_complete(by, moment) == partition
