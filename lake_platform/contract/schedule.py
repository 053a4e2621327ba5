"""Cron, as far as a schedule may be written in it: five fields, in UTC."""

import re
from typing import Annotated

from pydantic import AfterValidator

_FIELDS = (
    ("minute", 0, 59, ""),
    ("hour", 0, 23, ""),
    ("day of the month", 1, 31, ""),
    ("month", 1, 12, "jan feb mar apr may jun jul aug sep oct nov dec"),
    ("day of the week", 0, 7, "sun mon tue wed thu fri sat"),
)
"""Name, lowest, highest, and the words that stand for the numbers from the lowest on."""
_SHORT = ("@hourly", "@daily", "@weekly", "@monthly")


def _cron(text: str) -> str:
    """Raises `ValueError` with the field that cannot be read."""
    if text in _SHORT:
        return text
    parts = text.split()
    if len(parts) != len(_FIELDS):
        raise ValueError(f'{text!r} is no cron: write minute hour day month weekday, such as "0 6 * * *"')
    for part, (name, low, high, words) in zip(parts, _FIELDS, strict=True):
        if not all(_fits(item, low, high, words.split()) for item in part.lower().split(",")):
            raise ValueError(f"{part!r} is no {name} of a cron: numbers from {low} to {high}, *, ranges, lists, steps")
    return text


def _fits(item: str, low: int, high: int, words: list[str]) -> bool:
    match = re.fullmatch(r"(\*|\w+(?:-\w+)?)(?:/([1-9][0-9]{0,2}))?", item)
    if match is None:
        return False
    if match[1] == "*":
        return True
    ends = [low + words.index(end) if end in words else _number(end) for end in match[1].split("-")]
    return all(low <= end <= high for end in ends) and ends[0] <= ends[-1] and (match[2] is None or len(ends) > 1)


def _number(text: str) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,2}", text) else -1


Cron = Annotated[str, AfterValidator(_cron)]
"""A time to run at: `0 6 * * *`, `@daily`."""
