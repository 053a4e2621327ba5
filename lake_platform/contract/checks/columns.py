"""Names, aliases, formats and personal data of columns."""

import re
from collections.abc import Iterator, Sequence

from lake_platform.contract.columns import Column
from lake_platform.contract.draft import Draft, DraftColumn
from lake_platform.contract.faults import Location, Problem

MAX_COLUMNS = 1580
"""Redshift takes 1600 columns; the platform adds its own."""
HASH_BYTES = 64
_EPOCHS = ("epoch_s", "epoch_ms", "epoch_us")
_LETTERS = "GyMLdEaHhKkmsSVzOXxZDQqF"
"""Of Java's patterns, those that Spark's to_timestamp reads."""


def check_columns(draft: Draft) -> Iterator[Problem]:
    """What is wrong with `columns`, and with `transform.produces` where it stands."""
    kind = draft.arrives.format.kind if draft.arrives.format else None
    yield from _names(draft.columns or ())
    yield from _aliases(draft.columns or ())
    for each in draft.columns or ():
        if each.column is not None:
            yield from _reading(each.at, each.column, kind)
    if draft.produced is not draft.columns:
        yield from _names(draft.produced or ())
        yield from _produced(draft)
    for each in draft.produced or ():
        yield from _personal(each)


def _names(columns: Sequence[DraftColumn]) -> Iterator[Problem]:
    seen: dict[str, Location] = {}
    for each in columns:
        if each.name in seen:
            yield Problem((*each.at, "name"), f"the column {each.name!r} stands here twice", "remove one of them")
        seen.setdefault(each.name, each.at)
    if len(columns) > MAX_COLUMNS:
        yield Problem(columns[0].at[:-1], f"{len(columns)} columns are more than {MAX_COLUMNS}")


def _aliases(columns: Sequence[DraftColumn]) -> Iterator[Problem]:
    """Headers match without regard to case and outer spaces, so aliases must differ in more."""
    owner = {_folded(each.name): each.name for each in columns}
    for each in columns:
        for number, alias in enumerate(each.column.aliases if each.column else ()):
            at, folded = (*each.at, "aliases", number), _folded(alias)
            if not folded:
                yield Problem(at, "an alias is empty")
            elif owner.setdefault(folded, each.name) != each.name:
                yield Problem(
                    at, f"{alias!r} is a name of column {owner[folded]!r} as well", "a header could mean both"
                )


def _folded(name: str) -> str:
    return name.strip().casefold()


def _reading(at: Location, column: Column, kind: str | None) -> Iterator[Problem]:
    if column.path is not None and kind not in ("json", None):
        yield Problem((*at, "path"), f"a path leads into JSON, the format is {kind}", "remove it, or use `aliases`")
    if column.path is not None and not re.fullmatch(r"[^.\s]+(\.[^.\s]+)*", column.path):
        yield Problem((*at, "path"), f"{column.path!r} is no path", "write names with dots: customer.address.city")
    if column.formats and column.parsed_type.family not in ("date", "timestamp"):
        yield Problem(
            (*at, "formats"), f"formats are for dates and timestamps, {column.name!r} is {column.type}", "remove them"
        )
    for number, pattern in enumerate(column.formats):
        if fault := _pattern_fault(pattern, column):
            yield Problem((*at, "formats", number), f"{pattern!r} {fault}", "write it as yyyy-MM-dd'T'HH:mm:ssX")


def _pattern_fault(pattern: str, column: Column) -> str | None:
    if pattern in _EPOCHS:
        return None if column.parsed_type.family == "timestamp" else "makes a timestamp, the column is a date"
    if "%" in pattern:
        return "is a pattern of Python, not of Java"
    if pattern.count("'") % 2:
        return "opens a quote that it does not close"
    letters = set(re.sub(r"'[^']*'", "", pattern)) & set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    if wrong := sorted(letters - set(_LETTERS)):
        return f"has {', '.join(wrong)}, which Spark does not read (years are y, days d)"
    return None if letters & set("yDdMHhms") else "says neither date nor time"


def _produced(draft: Draft) -> Iterator[Problem]:
    read = {each.name: each.column for each in draft.columns or ()}
    for each in draft.produced or ():
        if each.column is None:
            continue
        for name in ("aliases", "path", "formats"):
            if getattr(each.column, name):
                yield Problem(
                    (*each.at, name), f"{name} say how files are read; a produced column is made", "remove them"
                )
        source = read.get(each.name)
        if source is not None and source.pii and not each.column.pii:
            message = f"{each.name!r} is personal data in `columns` and would be published in clear"
            yield Problem(
                (*each.at, "pii"), message, "add pii: hash here as well, or rename what is no longer personal"
            )


def _personal(each: DraftColumn) -> Iterator[Problem]:
    if each.column is None or each.column.pii is None:
        return
    kind = each.column.parsed_type
    if kind.family != "string" or (kind.max_bytes or 0) < HASH_BYTES:
        message = f"a hash has {HASH_BYTES} characters, {each.name!r} is {each.column.type}"
        yield Problem((*each.at, "type"), message, f"make it varchar({HASH_BYTES}) or longer")
