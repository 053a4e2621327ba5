"""What was found in columns, as a table for people, as Markdown for an asset page, and as plain values for JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

from tabulate import tabulate

from lake_platform.discovery.columns import ColumnScan
from lake_platform.discovery.places import shown
from lake_platform.discovery.scan import Scan

TOP = 5
HEADERS = ("column", "type", "complete", "distinct", "range", "looks like", "most frequent")


def column_rows(scan: Scan, types: Mapping[str, str], nulls: Sequence[str]) -> list[tuple[str, ...]]:
    """One row of text a column, in the order of `HEADERS`."""
    return [
        (
            each.name,
            types.get(each.name, ""),
            f"{_complete(each, nulls):.1%}",
            f"over {len(each.values)}" if each.many else f"{len(each.values)}{' (unique)' if each.unique else ''}",
            _range(each),
            ", ".join(_shape(shape) for shape, _ in each.shapes.most_common(2)),
            ", ".join(f"{shown(value)} {count}" for value, count in _top(each, 3)),
        )
        for each in scan.columns.values()
    ]


def render_table(scan: Scan, types: Mapping[str, str], nulls: Sequence[str]) -> str:
    """For a terminal."""
    return tabulate(column_rows(scan, types, nulls), headers=HEADERS, disable_numparse=True)


def render_markdown(scan: Scan, types: Mapping[str, str], nulls: Sequence[str]) -> str:
    """For an asset page."""
    rows = [HEADERS, ("---",) * len(HEADERS), *column_rows(scan, types, nulls)]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in rows
    )


def profile_document(scan: Scan, types: Mapping[str, str], nulls: Sequence[str]) -> dict[str, Any]:
    """For programs: files, records, faults, and the figures of each column."""
    return {
        "files": dict(scan.records),
        "records": scan.rows,
        "malformed": {"count": scan.faulty, "first": list(scan.faults)},
        "columns": [_figures(each, types.get(each.name), nulls) for each in scan.columns.values()],
    }


def _figures(each: ColumnScan, type_: str | None, nulls: Sequence[str]) -> dict[str, Any]:
    return {
        "name": each.name,
        "type": type_,
        "completeness": round(_complete(each, nulls), 6),
        "distinct": len(each.values),
        "distinct_is_exact": not each.many,
        "unique": each.unique,
        "smallest": each.smallest if _ordered(each) else None,
        "largest": each.largest if _ordered(each) else None,
        "longest_bytes": each.max_bytes,
        "patterns": {_shape(shape): count for shape, count in each.shapes.most_common(TOP)},
        "top": dict(_top(each, TOP)),
        "may_mean_null": {text: count for text, (count, _) in each.nullish.items()},
    }


def _complete(each: ColumnScan, nulls: Sequence[str]) -> float:
    missing = each.empty + sum(count for text, (count, _) in each.nullish.items() if text in nulls)
    return (each.rows - missing) / each.rows if each.rows else 1.0


def _range(each: ColumnScan) -> str:
    if _ordered(each) and each.smallest is not None:
        return f"{each.smallest} to {each.largest}"
    return f"up to {each.max_bytes} bytes" if each.present else ""


def _ordered(each: ColumnScan) -> bool:
    """Whether all values are numbers or ISO dates, so that the ends mean something."""
    return each.low is not None or bool({"ISO date", "ISO timestamp"} & set(each.fits))


def _top(each: ColumnScan, number: int) -> list[tuple[str, int]]:
    """The most frequent values; none where each comes once, or where not all were counted."""
    return [] if each.many or each.unique else each.values.most_common(number)


def _shape(shape: str) -> str:
    """`Aaaaaaa 99` is shown as `Aa+ 9+`."""
    told = ""
    for at, sign in enumerate(shape):
        if at == 0 or sign != shape[at - 1] or sign not in "9Aa":
            told += sign
        elif not told.endswith("+"):
            told += "+"
    return told
