"""From what the values are to the columns of a contract: names, types, formats, and the spellings of NULL."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from lake_platform.contract.types import MAX_VARCHAR
from lake_platform.discovery.columns import ColumnScan, shape_of
from lake_platform.discovery.kinds import DAY_OR_MONTH, NAMED, two_first_pattern
from lake_platform.discovery.places import shown
from lake_platform.discovery.scan import Scan

ENOUGH = 20
"""Fewer records than this say nothing about those to come."""
_SIZES = (4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, MAX_VARCHAR)
_SURE_NULLS = frozenset({"null", "NULL", "Null", "\\N", "#N/A", "nan", "NaN", "NAN", "n/a", "N/A"})
_NUMBERS = ("integer", "number", "float")
_PAIRS = ({"true", "false"}, {"yes", "no"}, {"t", "f"}, {"y", "n"})
_PERSONAL = re.compile(r"e.?mail|phone|mobile|passport|ssn|iban|birth|first.?name|last.?name|surname|street|address")


@dataclass
class ColumnFound:
    """One column of the contract, and what speaks for it."""

    name: str
    source: str
    type: str
    scan: ColumnScan
    alias: str | None = None
    path: str | None = None
    formats: tuple[str, ...] = ()
    required: bool = False
    notes: list[str] = field(default_factory=list[str])


@dataclass
class Schema:
    """Columns, and what is a matter of all of them."""

    columns: list[ColumnFound]
    nulls: tuple[str, ...]
    decimal: str
    thousands: str | None
    key: str | None
    notes: list[str]


def find_schema(scan: Scan, kind: str) -> Schema:
    """What all values of all columns are."""
    scans = list(scan.columns.values())
    decimal, thousands, notes = _marks(scans)
    nulls, told = _nulls(scans, kind, decimal=decimal, thousands=thousands)
    columns = [_column(each, scan, kind, nulls=nulls, decimal=decimal, thousands=thousands) for each in scans]
    columns = [column for column in columns if column is not None]
    _name(columns, kind)
    key = _key(columns, scan)
    return Schema(columns, nulls, decimal, thousands, key, [*notes, *told])


def is_typed(scan: ColumnScan, *, decimal: str, thousands: str | None) -> bool:
    """Whether all values are something besides text under these marks, spellings of NULL left out."""
    return _type(scan, decimal=decimal, thousands=thousands)[0] is not None


def _marks(scans: Sequence[ColumnScan]) -> tuple[str, str | None, list[str]]:
    """The decimal mark and the one between groups of digits: they hold for all columns."""
    comma = [
        each
        for each in scans
        if "number with decimal comma" in each.fits and not {*_NUMBERS, "grouped number"} & set(each.fits)
    ]
    grouped = [each for each in scans if "grouped number" in each.fits and not set(_NUMBERS) & set(each.fits)]
    sure = [each for each in grouped if "number with decimal comma" not in each.fits]
    if comma and not sure:
        points = any(each.grouped_fraction for each in comma)
        return ",", "." if points else None, [f"decimal comma: {comma[0].example}"]
    if sure:
        return ".", ",", [f"thousands: {sure[0].ended.get('number', sure[0].example)}"]
    return ".", None, []


def _nulls(
    scans: Sequence[ColumnScan], kind: str, *, decimal: str, thousands: str | None
) -> tuple[tuple[str, ...], list[str]]:
    """A spelling means NULL where it stands in a column of numbers or dates, and is no value of a column of text."""
    typed = [each for each in scans if each.nullish and is_typed(each, decimal=decimal, thousands=thousands)]
    texts = [each for each in scans if not is_typed(each, decimal=decimal, thousands=thousands)]
    nulls, notes = [""], list[str]()
    for each in typed:
        for spelling, (_, place) in each.nullish.items():
            value = next((text for text in texts if spelling not in _SURE_NULLS and _is_value(text, spelling)), None)
            if value is not None:
                notes.append(
                    f"{spelling!r} stays a value: it stands among the texts of {value.name!r} ({value.nullish[spelling][1]})"
                )
            elif spelling not in nulls:
                nulls.append(spelling)
                notes.append(f"{spelling!r} is NULL: {place}, where {each.name!r} has {each.example}")
    for each in texts:
        for spelling, (count, place) in each.nullish.items():
            if spelling not in nulls:
                notes.append(f"{spelling!r} stays a value of {each.name!r}: {count} time(s), first {place}")
    return tuple(nulls), notes


def _is_value(scan: ColumnScan, spelling: str) -> bool:
    return spelling in scan.nullish and (scan.shapeless or shape_of(spelling) in scan.shapes)


def _column(
    each: ColumnScan, scan: Scan, kind: str, *, nulls: Sequence[str], decimal: str, thousands: str | None
) -> ColumnFound | None:
    if kind == "parquet":
        return _parquet_column(each, scan.types[each.name])
    name = each.name
    found = ColumnFound("", name, "", each)
    if kind == "json" and any(other.startswith(f"{name}.") for other in scan.paths if other != name):
        # Sometimes an object, sometimes not: its parts are columns; what else stands there is text of any length.
        found.type, found.notes = f"varchar({MAX_VARCHAR})", ["an object in some records and not in others"]
    elif name in scan.whole:
        found.type, found.notes = f"varchar({_size(each)})", ["a list or an object, as JSON text"]
    else:
        unread = [spelling for spelling in each.nullish if spelling not in nulls]
        type_, formats, notes = _type(each, decimal=decimal, thousands=thousands)
        if type_ is not None and unread:
            type_, notes = None, [f"text, for {shown(unread[0])} is a value elsewhere"]
        if type_ is None:
            type_, formats = f"varchar({_size(each)})", ()
        found.type, found.formats, found.notes = type_, formats, notes
    return found


def _type(each: ColumnScan, *, decimal: str, thousands: str | None) -> tuple[str | None, tuple[str, ...], list[str]]:
    """Type, formats and notes; no type where it is text."""
    fits, name = set(each.fits), each.name.lower()
    if each.example is None:
        return None, (), ["no value in any record: the type is a guess"] if not each.nullish else []
    if "boolean" in fits:
        pair = next((pair for pair in _PAIRS if each.words <= pair), None)
        sure = pair is not None and (pair is _PAIRS[0] or each.words == pair)
        return (
            ("boolean", (), []) if sure else (None, (), [f"{'/'.join(sorted(each.words))}: boolean if it is meant so"])
        )
    if "date yyyyMMdd" in fits and re.search(r"date|day|dt", name):
        return "date", ("yyyyMMdd",), [f"8 digits, all days of the calendar: {each.example}"]
    for fitting, epoch in (("seconds since 1970", "epoch_s"), ("milliseconds since 1970", "epoch_ms")):
        if fitting in fits and re.search(r"time|ts$|_at$|stamp|epoch|registration", name):
            return "timestamp", (epoch,), [f"{fitting}, by its name: {each.example}"]
    if number := _number(each, fits, decimal=decimal, thousands=thousands):
        return number[0], (), number[1]
    return _date(each, fits)


def _number(each: ColumnScan, fits: set[str], *, decimal: str, thousands: str | None) -> tuple[str, list[str]] | None:
    kinds = [kind for kind in _NUMBERS if kind in fits]
    if decimal == "," and "integer" not in fits:
        kinds = ["number"] if "number with decimal comma" in fits and (thousands or not each.grouped_fraction) else []
        if "number" in fits:
            kinds = []
    elif not kinds and thousands == "," and "grouped number" in fits:
        kinds = ["number"]
    if not kinds:
        return None
    why = [
        f"no {kind}: {each.ended[kind]}" for kind in ("integer", "number") if kind in each.ended and kind not in kinds
    ][:1]
    if kinds[0] == "float" or each.fraction_digits > 12:
        return "double precision", why
    if each.fraction_digits == 0:
        digits = each.integer_digits
        return ("integer" if digits <= 8 else "bigint" if digits <= 18 else f"decimal({min(38, digits + 2)},0)"), why[
            1:
        ]
    precision = max(18, each.integer_digits + each.fraction_digits + 2)
    return (f"decimal({precision},{each.fraction_digits})" if precision <= 38 else "double precision"), why


def _date(each: ColumnScan, fits: set[str]) -> tuple[str | None, tuple[str, ...], list[str]]:
    if "ISO date" in fits:
        return "date", (), []
    if "ISO timestamp" in fits:
        return "timestamp", (), [f"no date alone: {each.ended['ISO date']}"] if "ISO date" in each.ended else []
    if "date yyyy/MM/dd" in fits:
        return "date", ("yyyy/MM/dd",), []
    if NAMED in fits:
        return "date", tuple(sorted(each.dates)), []
    both = DAY_OR_MONTH & fits
    if len(both) == 2:
        return (
            None,
            (),
            [
                f"day and month cannot be told apart: {each.example}; make it a date with formats: [d/M/yyyy] or [M/d/yyyy]"
            ],
        )
    if both:
        day_first = "date, day first" in both
        other = next(iter(DAY_OR_MONTH - both))
        patterns = tuple(sorted({two_first_pattern(value, day_first=day_first) for value in each.dates.values()}))
        timed = any("HH" in pattern for pattern in patterns)
        return (
            ("timestamp" if timed else "date"),
            patterns,
            [f"{'day' if day_first else 'month'} first: {each.ended[other]}"],
        )
    return None, (), _why_text(each)


def _why_text(each: ColumnScan) -> list[str]:
    """Evidence where a column was something else until one value."""
    if each.example is None:
        return []
    first = (each.example.file, each.example.record)
    for kind in ("number", "ISO date", "ISO timestamp", "date, day first", "date, month first"):
        place = each.ended.get(kind)
        if place is not None and (place.file, place.record) != first:
            return [f"text, for not all is {kind}: {place}"]
    if re.fullmatch(r"0[0-9]+", each.example.value):
        return [f"text, for leading zeros would be lost: {each.example}"]
    return []


def _size(each: ColumnScan) -> int:
    """Bytes, with room for half as much again."""
    wanted = each.max_bytes * 3 // 2 or 256
    return next((size for size in _SIZES if size >= wanted), MAX_VARCHAR)


def _parquet_column(each: ColumnScan, arrow: str) -> ColumnFound | None:
    """The file's own type; a list or a struct cannot be read."""
    plain = {
        "int8": "smallint",
        "int16": "smallint",
        "int32": "integer",
        "int64": "bigint",
        "uint8": "smallint",
        "uint16": "integer",
        "uint32": "bigint",
        "uint64": "decimal(20,0)",
        "float": "real",
        "double": "double precision",
        "bool": "boolean",
    }
    found = ColumnFound("", each.name, plain.get(arrow, ""), each, notes=[arrow])
    if match := re.fullmatch(r"decimal\d+\((\d+), (\d+)\)", arrow):
        found.type = f"decimal({match[1]},{match[2]})"
    elif arrow.startswith("date"):
        found.type = "date"
    elif arrow.startswith("timestamp"):
        found.type = "timestamp"
    elif arrow in ("string", "large_string", "null") or arrow.startswith(
        ("binary", "large_binary", "dictionary<values=string")
    ):
        found.type = f"varchar({_size(each)})"
    return found if found.type else None


def _name(columns: Sequence[ColumnFound], kind: str) -> None:
    """Names in lower case, once each; where a file's name would not be found by it, an alias or a path."""
    folded = [column.source.strip().casefold() for column in columns]
    taken = set[str]()
    for at, column in enumerate(columns, start=1):
        name = base = identifier(column.source, at)
        number = 2
        # A name that another column has in the files is that column's.
        while name in taken or (name in folded and name != folded[at - 1]):
            name, number = f"{base}_{number}", number + 1
        taken.add(name)
        column.name = name
        nested = kind == "json" and "." in column.source and not column.source.startswith(".")
        if nested or (kind == "json" and folded.count(column.source.strip().casefold()) > 1):
            column.path = column.source
        elif column.source.strip().casefold() != name:
            column.alias = column.source


def identifier(source: str, at: int) -> str:
    """A name that the contract takes: OrderID becomes order_id."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z]|[A-Z]{2,}(?![a-z]))|(?<=[A-Z])(?=[A-Z][a-z])", "_", source.strip())
    name = re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")[:90]
    return name if name[:1].isalpha() else f"column_{name or at}"


def _key(columns: Sequence[ColumnFound], scan: Scan) -> str | None:
    """The first column that is named like a key, and is there and unique in all of enough records."""
    rows = scan.rows - scan.faulty
    able = [column for column in columns if column.scan.unique and column.scan.completeness == 1.0]
    able = [column for column in able if _can_be_key(column)]
    for column in able if rows > 1 else ():
        column.notes.append(f"unique in all {rows} records")
    named = [column for column in able if re.search(r"(^|_)(id|key|code|no|number|uuid)$", column.name)]
    if not named or rows < ENOUGH:
        return None
    named[0].required = True
    return named[0].name


def _can_be_key(column: ColumnFound) -> bool:
    if column.scan.nullish and not column.type.startswith("varchar"):
        return False
    return column.type.startswith(("integer", "bigint", "varchar", "decimal(20")) and column.scan.max_bytes <= 64


def is_personal(column: ColumnFound) -> bool:
    """Whether a column looks like personal data: half of its values are e-mail addresses, or its name says so."""
    mails = column.scan.present > 0 and column.scan.email * 2 > column.scan.present
    return mails or _PERSONAL.search(column.name) is not None
