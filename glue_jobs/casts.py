"""Text to typed values, strictly: what does not fit is NULL here and becomes the reason `cast:<column>`.

Nothing is rounded, cut or guessed: '12abc' and '12.0' are no integers, 1.005 is no decimal(18,2), 2023-02-30 is no
date, 300 characters are no varchar(200) (Redshift counts bytes), NaN is no number (say `nulls: ["NaN"]`).
Spaces around anything but text are ignored. A timestamp without an offset is UTC.
"""

import re
from collections.abc import Callable, Sequence

from glue_jobs import sql
from glue_jobs.errors import UnknownTypeError
from glue_jobs.formats import TextFormat
from glue_jobs.protocol import ColumnSpec

_EPOCH = {"epoch_s": 0, "epoch_ms": 3, "epoch_us": 6}
"""Formats that Spark has no pattern for: the decimal digits after the second."""

_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6}0*)?)?"
_OFFSET = r" ?(?:Z|UTC|[+-][0-9]{2}(?::?[0-9]{2})?)"
_TIMESTAMP = rf"^{_DATE}(?:[T ]{_CLOCK}(?:{_OFFSET})?)?$"
_FLOAT = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"
_TRUE = ("true", "t", "yes", "y", "1")
_FALSE = ("false", "f", "no", "n", "0")


def null_text(raw: str, form: TextFormat, *, is_text: bool) -> str:
    """The text that counts: spaces around other types removed, the format's spellings of NULL made NULL."""
    trimmed = raw if is_text else f"trim(BOTH ' \\t\\r\\n' FROM {raw})"
    if not form.nulls:
        return trimmed
    spelled = ", ".join(sql.text(null) for null in form.nulls)
    return f"if({trimmed} IN ({spelled}), NULL, {trimmed})"


def cast_text(column: ColumnSpec, text: str, form: TextFormat) -> str:
    """Spark SQL for the typed value of a text; NULL where the text is NULL or does not fit.

    Raises:
        UnknownTypeError: there is no cast for the column's type.
    """
    base = re.sub(r"\(.*", "", column.type.lower()).strip()
    casts: dict[str, Callable[[ColumnSpec, str, TextFormat], str]] = {
        "string": _string,
        "varchar": _string,
        "char": _string,
        "smallint": _integer,
        "int": _integer,
        "integer": _integer,
        "bigint": _integer,
        "decimal": _decimal,
        "float": _float,
        "real": _float,
        "double": _float,
        "boolean": _boolean,
        "date": _date,
        "timestamp": _timestamp,
    }
    if base not in casts:
        raise UnknownTypeError(column.name, column.type)
    return casts[base](column, text, form)


def is_text(column: ColumnSpec) -> bool:
    return column.type.lower().startswith(("string", "varchar", "char"))


def spark_type(column: ColumnSpec) -> str:
    """The type in the DataFrame: lengths of texts are checked, not carried."""
    return "string" if is_text(column) else column.type


def fits_text(column: ColumnSpec, value: str) -> str:
    """Whether a text fits its column; the warehouse takes no NUL character."""
    limit = f" AND octet_length({value}) <= {column.max_bytes}" if column.max_bytes else ""
    return f"instr({value}, '\\0') = 0{limit}"


def _string(column: ColumnSpec, text: str, form: TextFormat) -> str:
    return f"if({fits_text(column, text)}, {text}, NULL)"


def _integer(column: ColumnSpec, text: str, form: TextFormat) -> str:
    whole, number = _number_patterns(form, fraction=False)
    return f"if({text} RLIKE {sql.text(whole)}, try_cast({number(text)} AS {column.type}), NULL)"


def _decimal(column: ColumnSpec, text: str, form: TextFormat) -> str:
    precision, scale = _decimal_size(column)
    whole, number = _number_patterns(form, fraction=True)
    plain = number(text)
    needed = sql.text(rf"^[+-]?0*[0-9]{{0,{precision - scale}}}(?:\.[0-9]{{0,{scale}}}0*)?$")
    fits = f"{text} RLIKE {sql.text(whole)} AND {plain} RLIKE {needed}"
    return f"if({fits}, try_cast({plain} AS decimal({precision},{scale})), NULL)"


def _float(column: ColumnSpec, text: str, form: TextFormat) -> str:
    _, number = _number_patterns(form, fraction=True)
    plain = number(text)
    value = f"try_cast({plain} AS {column.type})"
    finite = f"abs({value}) < try_cast('Infinity' AS {column.type})"
    spelled = f"{text} RLIKE {sql.text(_float_pattern(form))} AND {plain} RLIKE {sql.text(_FLOAT)}"
    return f"if({spelled} AND {finite}, {value}, NULL)"


def _boolean(column: ColumnSpec, text: str, form: TextFormat) -> str:
    true, false = (", ".join(map(sql.text, words)) for words in (_TRUE, _FALSE))
    return f"CASE WHEN lower({text}) IN ({true}) THEN true WHEN lower({text}) IN ({false}) THEN false END"


def _date(column: ColumnSpec, text: str, form: TextFormat) -> str:
    values = [f"to_date({text}, {sql.text(pattern)})" for pattern in column.formats]
    if not values:
        values = [f"if({text} RLIKE {sql.text(f'^{_DATE}$')}, try_cast({text} AS date), NULL)"]
    return _within(values, "date'0001-01-01'", "date'9999-12-31'")


def _timestamp(column: ColumnSpec, text: str, form: TextFormat) -> str:
    values = [_timestamp_by(text, pattern) for pattern in column.formats]
    if not values:
        values = [f"if({text} RLIKE {sql.text(_TIMESTAMP)}, try_cast({text} AS timestamp), NULL)"]
    return _within(values, "timestamp'0001-01-01 00:00:00'", "timestamp'9999-12-31 23:59:59.999999'")


def _timestamp_by(text: str, pattern: str) -> str:
    if pattern not in _EPOCH:
        return f"to_timestamp({text}, {sql.text(pattern)})"
    scale = 10 ** (6 - _EPOCH[pattern])
    return f"if({text} RLIKE '^-?[0-9]{{1,17}}$', timestamp_micros(try_multiply(try_cast({text} AS bigint), {scale}L)), NULL)"


def _within(values: Sequence[str], first: str, last: str) -> str:
    value = values[0] if len(values) == 1 else f"coalesce({', '.join(values)})"
    return f"if({value} BETWEEN {first} AND {last}, {value}, NULL)"


def _decimal_size(column: ColumnSpec) -> tuple[int, int]:
    found = re.fullmatch(r"decimal\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)", column.type.lower())
    if found is None:
        raise UnknownTypeError(column.name, column.type)
    return int(found[1]), int(found[2] or 0)


def _number_patterns(form: TextFormat, *, fraction: bool) -> tuple[str, Callable[[str], str]]:
    """The pattern of a plain number as the file spells it, and what turns it into Spark's spelling."""
    mark, group = re.escape(form.decimal), re.escape(form.thousands) if form.thousands else None
    whole = "[0-9]+" if group is None else f"(?:[0-9]+|[0-9]{{1,3}}(?:{group}[0-9]{{3}})+)"
    pattern = rf"^[+-]?(?:{whole}(?:{mark}[0-9]*)?|{mark}[0-9]+)$" if fraction else f"^[+-]?{whole}$"

    def number(text: str) -> str:
        plain = text if form.thousands is None else f"replace({text}, {sql.text(form.thousands)}, '')"
        return plain if form.decimal == "." else f"replace({plain}, {sql.text(form.decimal)}, '.')"

    return pattern, number


def _float_pattern(form: TextFormat) -> str:
    """Thousands marks stand before three digits only."""
    mark = re.escape(form.decimal)
    grouped = rf"|[0-9]{{1,3}}(?:{re.escape(form.thousands)}[0-9]{{3}})+" if form.thousands else ""
    return rf"^[+-]?(?:[0-9]*{grouped})(?:{mark}[0-9]*)?(?:[eE][+-]?[0-9]+)?$"
