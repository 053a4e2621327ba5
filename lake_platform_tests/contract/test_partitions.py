"""Which partition a key belongs to."""

import datetime as dt

import pytest

from lake_platform.contract.dataset import Arrives, FileFormat, PartitionBy, Partitioning
from lake_platform.contract.partitions import Unplaced, counts, logical_start, ordinal, partition_of

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
