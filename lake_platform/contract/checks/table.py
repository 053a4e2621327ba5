"""What the fields of a table made in the warehouse demand of each other."""

from collections.abc import Iterator, Sequence

from lake_platform.contract.checks.target import BESIDE, KEYED, PARTITION, VERSION_COLUMNS, check_table_name
from lake_platform.contract.faults import Location, Problem
from lake_platform.contract.rules.faults import find_rule_faults
from lake_platform.contract.rules.kinds import OF_TABLES
from lake_platform.contract.rules.parse import parse_rule
from lake_platform.contract.table_fields import TableDeclaration
from lake_platform.errors import RuleSyntaxError

_HINT = "docs/table.md lists the rules"


def find_table_problems(contract: TableDeclaration) -> tuple[Problem, ...]:
    """All of them, in the order of the fields."""
    return tuple(_problems(contract))


def _problems(contract: TableDeclaration) -> Iterator[Problem]:
    yield from check_table_name(("table",), contract.table)
    if contract.name.endswith(BESIDE):
        yield Problem(("name",), f"{contract.name!r} ends like a table beside a target", "choose another name")
    yield from _inputs(contract)
    yield from _mode(contract)
    yield from _keys(contract)
    yield from _effective(contract)
    yield from _tracked(contract)
    yield from _columns(contract)
    yield from _rules(contract)


def _inputs(contract: TableDeclaration) -> Iterator[Problem]:
    for number, name in enumerate(contract.from_):
        if name in contract.from_[:number]:
            yield Problem(("from", number), f"{name!r} stands here twice", "remove one of them")
    if contract.partition is not None and contract.partition not in contract.from_:
        hint = f"name one of {', '.join(contract.from_)}"
        yield Problem(("partition",), f"{contract.partition!r} is not in `from`", hint)


def _mode(contract: TableDeclaration) -> Iterator[Problem]:
    if contract.write == "replace" and contract.partition is not None:
        hint = "use replace_partition, or leave out `partition`"
        yield Problem(("write",), "write: replace makes the table as a whole, not by partitions", hint)
    if contract.write == "replace_partition" and contract.partition is None:
        hint = "say `partition: <input>`, or use write: replace"
        yield Problem(("write",), "write: replace_partition needs to know whose partitions", hint)


def _keys(contract: TableDeclaration) -> Iterator[Problem]:
    if contract.write in KEYED and not contract.keys:
        hint = "name the columns that say what a row is about"
        yield Problem(("keys",), f"write: {contract.write} needs keys", hint)
    for number, name in enumerate(contract.keys):
        at: Location = ("keys", number)
        if name in contract.keys[:number]:
            yield Problem(at, f"{name!r} stands here twice", "remove one of them")
        column = next((column for column in contract.columns if column.name == name), None)
        if column is None:
            yield _no_column(at, name, contract)
        elif contract.write in KEYED and not column.required:
            yield Problem(at, f"the key {name!r} is not required", "add required: true to that column")
        elif contract.write in KEYED and column.parsed_type.family == "float":
            message = f"the key {name!r} is floating point, which no two systems compare alike"
            yield Problem(at, message, "use decimal(p,s)")


def _effective(contract: TableDeclaration) -> Iterator[Problem]:
    at, name = ("effective_at",), contract.effective_at
    if name is None:
        if contract.write in KEYED:
            message = f"write: {contract.write} needs to know when a row became true"
            yield Problem(at, message, "name a date or timestamp column, or partition")
        return
    if contract.write not in KEYED:
        yield Problem(at, f"write: {contract.write} knows no time", "remove it, or use write: upsert or scd2")
    if name == PARTITION:
        if contract.partition is None:
            hint = "say `partition: <input>`, or name a date or timestamp column"
            yield Problem(at, "a table that is made as a whole has no logical date", hint)
        return
    column = next((column for column in contract.columns if column.name == name), None)
    if column is None:
        yield _no_column(at, name, contract)
    elif column.parsed_type.family not in ("date", "timestamp"):
        yield Problem(at, f"{name!r} is {column.type}", "an effective time is a date or a timestamp")
    elif not column.required:
        yield Problem(at, f"the effective time {name!r} is not required", "add required: true to that column")


def _tracked(contract: TableDeclaration) -> Iterator[Problem]:
    if contract.tracked is not None and contract.write != "scd2":
        yield Problem(("tracked",), f"write: {contract.write} keeps no versions", "remove it, or use write: scd2")
    names = [column.name for column in contract.columns]
    for number, name in enumerate(contract.tracked or ()):
        at: Location = ("tracked", number)
        if name not in names:
            yield _no_column(at, name, contract)
        elif name in contract.keys or name == contract.effective_at:
            yield Problem(at, f"{name!r} is a key or the effective time: it cannot change", "remove it")


def _columns(contract: TableDeclaration) -> Iterator[Problem]:
    seen: Sequence[str] = [column.name for column in contract.columns]
    for number, name in enumerate(seen):
        at: Location = ("columns", number, "name")
        if name in seen[:number]:
            yield Problem(at, f"the column {name!r} stands here twice", "remove one of them")
        if contract.write == "scd2" and name in VERSION_COLUMNS:
            yield Problem(at, f"write: scd2 makes a column {name!r} itself", "choose another name")


def _rules(contract: TableDeclaration) -> Iterator[Problem]:
    types = {column.name: column.parsed_type for column in contract.columns}
    seen: dict[str, int] = {}
    for number, declared in enumerate(contract.quality):
        at: Location = ("quality", number, "rule")
        try:
            rule = parse_rule(declared.rule, OF_TABLES)
        except RuleSyntaxError as error:
            yield Problem(at, error.fault, error.hint or _HINT)
            continue
        yield from (Problem(at, message, hint or _HINT) for message, hint in find_rule_faults(rule, types, OF_TABLES))
        if str(rule) in seen:
            yield Problem(at, f"the same rule stands in quality.{seen[str(rule)]}", "remove one of the two")
        seen.setdefault(str(rule), number)


def _no_column(at: Location, name: str, contract: TableDeclaration) -> Problem:
    known = ", ".join(column.name for column in contract.columns)
    return Problem(at, f"there is no column {name!r}", f"the columns are {known}")
