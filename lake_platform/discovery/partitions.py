"""Which partition the keys of the files speak of."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lake_platform.contract.dataset import Arrives, FileFormat, PartitionBy, Partitioning
from lake_platform.contract.partitions import Unplaced, partition_of

_DAY = r"\d{4}-\d{2}-\d{2}"
_YMD = r"(?P<year>\d{4})/(?P<month>\d{2})/(?P<day>\d{2})/"
_HIVE = r"year=(?P<year>\d{4})/month=(?P<month>\d{1,2})/"
PATTERNS: tuple[tuple[PartitionBy, str], ...] = (
    ("hour", _HIVE + r"day=(?P<day>\d{1,2})/hour=(?P<hour>\d{1,2})/"),
    ("hour", r"=(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})/[a-z]+=(?P<hour>\d{2})/"),
    ("hour", _YMD + r"(?P<hour>\d{2})/"),
    ("hour", r"(?P<hour>\d{4}-\d{2}-\d{2}T\d{2})"),
    ("hour", r"(?<!\d)(?P<hour>(?:19|20)\d{6}T?\d{2})(?!\d)"),
    ("day", _HIVE + r"day=(?P<day>\d{1,2})/"),
    ("day", rf"([A-Za-z_]+)=(?P<day>{_DAY})/"),
    ("day", rf"(?<!\d)(?P<day>{_DAY})(?!\d)"),
    ("day", _YMD),
    ("day", r"(?<!\d)(?P<day>(?:19|20)\d{6})(?!\d)"),
    ("month", _HIVE.removesuffix("/") + "/"),
    ("month", r"([A-Za-z_]+)=(?P<month>\d{4}-\d{2})/"),
    ("month", r"(?<!\d)(?P<month>\d{4}-\d{2})(?![\d-])"),
    ("month", r"(?P<year>\d{4})/(?P<month>\d{2})/"),
)
"""From the most exact to the least; the first one under which every key has a date of the calendar counts."""


@dataclass(frozen=True)
class PartitionFound:
    """What stands under `arrives.partition`; `by` is none where the keys say nothing."""

    by: PartitionBy
    pattern: str | None
    start: str | None
    evidence: str


def find_partition(keys: Sequence[str], *, of: str = "file(s)") -> PartitionFound:
    """What all of the keys say.

    Args:
        keys: below the prefix.
        of: what they are the keys of, for the evidence.
    """
    best = ""
    for by, pattern in PATTERNS:
        named = _with_folder_name(pattern, keys)
        arrives = Arrives.model_validate(
            {
                "prefix": "x/",
                "partition": Partitioning.model_validate({"by": by, "pattern": named, "start": "1900-01-01"}),
                "format": FileFormat(kind="csv"),
                "delivers": "events",
            }
        )
        places = [partition_of(arrives, f"x/{key}") for key in keys]
        good = [place for place in places if not isinstance(place, Unplaced)]
        if len(good) == len(keys):
            told = f"{len(set(good))} {by}(s), {min(good)} to {max(good)}, in the keys of all {len(keys)} {of}"
            return PartitionFound(by, named, min(good), told)
        if good and not best:
            odd = next(key for key, place in zip(keys, places, strict=True) if isinstance(place, Unplaced))
            best = f"{len(good)} of {len(keys)} keys name a {by}, but not {odd!r}: every file is in one partition"
    return PartitionFound("none", None, None, best or "no key names a date: every file is in one partition")


def _with_folder_name(pattern: str, keys: Sequence[str]) -> str:
    """`dt=` where all keys say so, and not any word."""
    generic = "([A-Za-z_]+)="
    if not pattern.startswith(generic):
        return pattern
    found = {match[1] for key in keys if (match := re.search(pattern, key))}
    return pattern.replace(generic, f"{found.pop()}=") if len(found) == 1 else pattern.replace(generic, "[A-Za-z_]+=")
