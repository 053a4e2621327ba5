"""What a text could be besides text. Each kind is tested on all values; the first one that does not fit ends it.

The kinds are those that the `validate` job reads: a value that fits a kind here is cast there.
"""

import datetime as dt
import re
from collections.abc import Callable

NULLISH = frozenset(
    {"null", "NULL", "Null", "none", "None", "NONE", "nil", "na", "NA", "n/a", "N/A", "#N/A", "nan", "NaN", "NAN"}
    | {"\\N", "-", "--", "?", "."}
)
"""Spellings that may mean NULL; whether they do is decided by the other values of the column."""

_DIGITS = "(?:0|[1-9][0-9]*)"
_INTEGER = re.compile(rf"[+-]?{_DIGITS}")
_NUMBER = re.compile(rf"[+-]?(?:{_DIGITS}(?:\.[0-9]*)?|\.[0-9]+)")
_FLOAT = re.compile(rf"[+-]?(?:{_DIGITS}(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_GROUPED = re.compile(rf"[+-]?(?:{_DIGITS}|[1-9][0-9]{{0,2}}(?:,[0-9]{{3}})+)(?:\.[0-9]*)?")
_COMMA = re.compile(rf"[+-]?(?:{_DIGITS}|[1-9][0-9]{{0,2}}(?:\.[0-9]{{3}})+)(?:,[0-9]*)?")
_BOOLEANS = (("true", "false"), ("yes", "no"), ("t", "f"), ("y", "n"))
_ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_CLOCK = r"([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]{1,6})?)?"
_ISO_TIME = re.compile(
    rf"([0-9]{{4}})-([0-9]{{2}})-([0-9]{{2}})(?:[T ]{_CLOCK}(?: ?(?:Z|UTC|[+-][0-9]{{2}}(?::?[0-9]{{2}})?))?)?"
)
_SLASHED = re.compile(r"([0-9]{4})/([0-9]{2})/([0-9]{2})")
_TWO_FIRST = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4})(?: ([0-9]{2}:[0-9]{2}(?::[0-9]{2})?))?")
_NAMED = re.compile(r"([0-9]{1,2})([ -])([A-Z][a-z]{2})\2([0-9]{4})")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_COMPACT = re.compile(r"((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})")
_EPOCH_S, _EPOCH_MS = re.compile(r"[0-9]{9,10}"), re.compile(r"[0-9]{12,13}")


def is_boolean(value: str) -> bool:
    return any(value.lower() in pair for pair in _BOOLEANS)


def is_iso_date(value: str) -> bool:
    return (match := _ISO_DATE.fullmatch(value)) is not None and _is_day(*match.groups())


def is_iso_time(value: str) -> bool:
    match = _ISO_TIME.fullmatch(value)
    return match is not None and _is_day(*match.groups()[:3]) and _is_clock(*match.groups()[3:])


def is_slashed_date(value: str) -> bool:
    return (match := _SLASHED.fullmatch(value)) is not None and _is_day(*match.groups())


def is_compact_date(value: str) -> bool:
    return (match := _COMPACT.fullmatch(value)) is not None and _is_day(*match.groups())


def is_named_date(value: str) -> bool:
    match = _NAMED.fullmatch(value)
    return match is not None and match[3] in _MONTHS and _is_day(match[4], str(_MONTHS.index(match[3]) + 1), match[1])


def is_day_first(value: str) -> bool:
    match = _TWO_FIRST.fullmatch(value)
    return match is not None and _is_day(match[4], match[3], match[1]) and _is_time(match[5])


def is_month_first(value: str) -> bool:
    match = _TWO_FIRST.fullmatch(value)
    return match is not None and _is_day(match[4], match[1], match[3]) and _is_time(match[5])


def two_first_pattern(value: str, *, day_first: bool) -> str:
    """The pattern, in Java's letters, of a date that begins with day and month; single letters also read two digits."""
    match = _TWO_FIRST.fullmatch(value)
    if match is None:
        raise ValueError(value)
    first, second = ("d", "M") if day_first else ("M", "d")
    clock = "" if match[5] is None else " HH:mm:ss" if match[5].count(":") == 2 else " HH:mm"
    return f"{first}{match[2]}{second}{match[2]}yyyy{clock}"


def named_pattern(value: str) -> str:
    """The same of a date with the name of its month."""
    return "d MMM yyyy" if " " in value else "d-MMM-yyyy"


KINDS: dict[str, Callable[[str], object]] = {
    "boolean": is_boolean,
    "integer": _INTEGER.fullmatch,
    "number": _NUMBER.fullmatch,
    "float": _FLOAT.fullmatch,
    "grouped number": _GROUPED.fullmatch,
    "number with decimal comma": _COMMA.fullmatch,
    "ISO date": is_iso_date,
    "ISO timestamp": is_iso_time,
    "date yyyy/MM/dd": is_slashed_date,
    "date yyyyMMdd": is_compact_date,
    "date with the month's name": is_named_date,
    "date, day first": is_day_first,
    "date, month first": is_month_first,
    "seconds since 1970": _EPOCH_S.fullmatch,
    "milliseconds since 1970": _EPOCH_MS.fullmatch,
}
"""Name of a kind and its test."""
NUMBERS = frozenset({"integer", "number", "float", "grouped number", "number with decimal comma"})
DAY_OR_MONTH = frozenset({"date, day first", "date, month first"})
NAMED = "date with the month's name"


def _is_day(year: str, month: str, day: str) -> bool:
    try:
        dt.date(int(year), int(month), int(day))
    except ValueError:
        return False
    return True


def _is_clock(hour: str | None, minute: str | None, second: str | None) -> bool:
    return int(hour or 0) < 24 and int(minute or 0) < 60 and int(second or 0) < 60


def _is_time(clock: str | None) -> bool:
    return clock is None or _is_clock(*[*clock.split(":"), "0"][:3])
