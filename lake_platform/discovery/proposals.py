"""DQDL rules that all records of a sample keep, each with the evidence."""

from collections.abc import Iterator
from dataclasses import dataclass

from lake_platform.discovery.columns import ColumnScan
from lake_platform.discovery.schema import ENOUGH, ColumnFound, Schema

MAX_LISTED = 12
_OFTEN = 5


@dataclass(frozen=True)
class Proposal:
    """One entry of `quality`."""

    rule: str
    otherwise: str
    evidence: str


def propose_rules(schema: Schema) -> Iterator[Proposal]:
    """Rules of the key quarantine; what is only likely warns."""
    yield Proposal("RowCount > 0", "warn", "an empty partition is mostly a fault")
    for column in schema.columns:
        if column.name == schema.key:
            rows = column.scan.rows
            yield Proposal(f'IsUnique "{column.name}"', "quarantine", f"{rows} values in {rows} records, none twice")
        elif column.scan.present >= ENOUGH:
            yield from _completeness(column, schema)
            yield from _values(column)


def _completeness(column: ColumnFound, schema: Schema) -> Iterator[Proposal]:
    scan = column.scan
    missing = scan.empty + sum(count for text, (count, _) in scan.nullish.items() if text in schema.nulls)
    share = (scan.rows - missing) / scan.rows
    told = f"{scan.rows - missing} of {scan.rows} records have a value"
    if share == 1.0:
        yield Proposal(f'IsComplete "{column.name}"', "warn", told)
    elif share > 0.5:
        yield Proposal(f'Completeness "{column.name}" > {int(share * 100) / 100 - 0.01:.2f}', "warn", told)


def _values(column: ColumnFound) -> Iterator[Proposal]:
    scan = column.scan
    complete = not scan.empty and not scan.nullish
    if column.type.startswith("varchar") and not scan.many and len(scan.values) <= MAX_LISTED and _listable(scan):
        listed = ", ".join(_quoted(text) for text in sorted(scan.values)) + ("" if complete else ", NULL")
        least = min(scan.values.values())
        yield Proposal(
            f'ColumnValues "{column.name}" in [{listed}]',
            "warn",
            f"{len(scan.values)} values, each {least} times at least",
        )
    elif column.type.startswith("varchar") and complete and (pattern := _pattern(scan)):
        yield Proposal(
            f'ColumnValues "{column.name}" matches "{pattern}"',
            "warn",
            f"all {scan.present} values look like {scan.example.value if scan.example else ''!r}",
        )
    elif (
        column.type.startswith(("integer", "bigint", "decimal", "double"))
        and complete
        and scan.low is not None
        and scan.low >= 0
    ):
        yield Proposal(f'ColumnValues "{column.name}" >= 0', "warn", f"from {scan.smallest} to {scan.largest}")


def _listable(scan: ColumnScan) -> bool:
    return (
        len(scan.values) > 1
        and min(scan.values.values()) >= _OFTEN
        and all(text.isprintable() and len(text) <= 40 for text in scan.values)
    )


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _pattern(scan: ColumnScan) -> str | None:
    """A regular expression where all values are of one shape of letters, digits and - _ /."""
    if scan.shapeless or len(scan.shapes) != 1:
        return None
    shape = next(iter(scan.shapes))
    if not 0 < len(shape) <= 40 or not set(shape) <= set("9Aa-_/"):
        return None
    pattern, at = "", 0
    while at < len(shape):
        end = at
        while end < len(shape) and shape[end] == shape[at]:
            end += 1
        sign = {"9": "[0-9]", "A": "[A-Z]", "a": "[a-z]"}.get(shape[at], shape[at])
        pattern += sign + (f"{{{end - at}}}" if end - at > 1 else "")
        at = end
    return pattern
