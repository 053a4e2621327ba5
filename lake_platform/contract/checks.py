"""What must fit together between the fields of a contract; each problem names its field."""

import codecs
import re
from collections.abc import Iterator, Sequence

from lake_platform.contract.dataset import Column, DatasetContract, Target
from lake_platform.contract.partitions import FORMATS, PARTS
from lake_platform.contract.types import UnknownTypeError, parse_type

Where = tuple[str | int, ...]
Problem = tuple[Where, str, str]
"""Path below `attributes`, what is wrong, what to do."""

MODES = {
    "changes": ("upsert", "scd2"),
    "snapshot": ("replace", "replace_partition", "upsert", "scd2"),
    "events": ("replace_partition",),
}
RESERVED = ("valid_from", "valid_to", "is_current", "version_key")
TABLE = re.compile(r"([a-z][a-z0-9_]{0,99}\.)?[a-z][a-z0-9_]{0,99}")


def find_problems(contract: DatasetContract) -> Iterator[Problem]:
    """All problems between the fields, in the order of the file."""
    yield from _arrives(contract)
    yield from _columns(("columns",), contract.columns)
    if contract.transform is not None:
        yield from _transform(contract)
    if contract.target is not None:
        yield from _target(contract, contract.target)


def _arrives(contract: DatasetContract) -> Iterator[Problem]:
    arrives = contract.arrives
    if not arrives.prefix.endswith("/") or arrives.prefix.startswith("/") or "//" in arrives.prefix:
        hint = "so that customers/ never takes the files of customers2/"
        yield ("arrives", "prefix"), f"{arrives.prefix!r} must end in / and not begin with it", hint
    yield from _partition(contract)
    form = arrives.format
    try:
        codecs.lookup(form.encoding)
    except LookupError:
        yield ("arrives", "format", "encoding"), f"{form.encoding!r} is no encoding", "such as utf-8, latin-1, utf-16"
    for name in ("delimiter", "quote", "escape", "decimal"):
        if len(getattr(form, name)) != 1:
            yield ("arrives", "format", name), f"{getattr(form, name)!r} is not one character", ""
    if isinstance(arrives.files, str):
        yield from _pattern(("arrives", "files"), arrives.files)


def _partition(contract: DatasetContract) -> Iterator[Problem]:
    partition = contract.arrives.partition
    at: Where = ("arrives", "partition")
    if partition.by == "none":
        if partition.pattern is not None:
            yield (*at, "pattern"), "by: none has no partitions, so there is nothing to find", "leave pattern out"
        return
    if not any(re.fullmatch(form, partition.start) for form in (r"\d{4}-\d\d(-\d\d(T\d\d)?)?",)):
        yield (*at, "start"), f"{partition.start!r} is no date", "write 2024-01-01, 2024-01 or 2024-01-01T05"
    if partition.pattern is None:
        yield (
            (*at, "pattern"),
            f"by: {partition.by} needs a pattern that finds it in the key",
            _groups_hint(partition.by),
        )
        return
    broken = list(_pattern((*at, "pattern"), partition.pattern))
    yield from broken
    groups = set() if broken else set(re.compile(partition.pattern).groupindex)
    if not broken and groups not in ({partition.by}, set(PARTS[partition.by])):
        yield (*at, "pattern"), f"its groups are {sorted(groups) or 'missing'}", _groups_hint(partition.by)


def _groups_hint(by: str) -> str:
    form = dict(FORMATS)[by]  # pyright: ignore[reportArgumentType] none was answered before
    return f"one group (?P<{by}>…) written {form}, or the groups {', '.join(dict(PARTS)[by])}"  # pyright: ignore[reportArgumentType]


def _pattern(at: Where, pattern: str) -> Iterator[Problem]:
    try:
        re.compile(pattern)
    except re.error as error:
        yield at, f"{pattern!r} is no regular expression: {error}", ""


def _columns(at: Where, columns: Sequence[Column]) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for number, column in enumerate(columns):
        here = (*at, number)
        try:
            parse_type(column.type)
        except UnknownTypeError as error:
            yield (*here, "type"), str(error), ""
        if column.name in RESERVED:
            yield (*here, "name"), f"{column.name!r} is a column of the platform's own", "choose another name"
        for name in (column.name, *column.aliases):
            if name.strip().casefold() in seen:
                yield here, f"{name!r} is the name or an alias of {seen[name.strip().casefold()]!r} already", ""
            seen.setdefault(name.strip().casefold(), column.name)


def _transform(contract: DatasetContract) -> Iterator[Problem]:
    transform = contract.transform
    assert transform is not None
    if not re.fullmatch(r"[\w.]+:\w+", transform.run):
        hint = "such as glue_jobs.transforms.customers:standardise"
        yield ("transform", "run"), f"{transform.run!r} is not written module:function", hint
    if transform.rows == "aggregate":
        hint = "use same, filter or expand, or aggregate in SQL"
        yield ("transform", "rows"), "aggregate is not supported in this version", hint
    if transform.inputs:
        yield ("transform", "inputs"), "inputs from other datasets are not supported in this version", "leave it out"
    if transform.produces is not None:
        yield from _columns(("transform", "produces"), transform.produces)


def _target(contract: DatasetContract, target: Target) -> Iterator[Problem]:
    delivers = contract.arrives.delivers
    if not TABLE.fullmatch(target.table):
        yield ("target", "table"), f"{target.table!r} is no table name", "write table or schema.table, in lower case"
    if target.write not in MODES[delivers]:
        hint = f"{delivers} can be written with {', '.join(MODES[delivers])}"
        yield ("target", "write"), f"write: {target.write} does not go with delivers: {delivers}", hint
    if target.write in ("upsert", "scd2"):
        yield from _keyed(contract, target)
    yield from _known_columns(contract, target)
    yield from _deletes(contract, target)


def _keyed(contract: DatasetContract, target: Target) -> Iterator[Problem]:
    if not target.keys:
        yield ("target", "keys"), f"write: {target.write} needs the business keys", "such as keys: [customer_id]"
    required = {column.name for column in contract.columns if column.required}
    for number, key in enumerate(target.keys):
        if key in {column.name for column in contract.columns} - required:
            yield ("target", "keys", number), f"the key {key!r} may be missing", "say required: true at its column"
    snapshot = contract.arrives.delivers == "snapshot"
    at: Where = ("target", "effective_at")
    if target.effective_at is None and not snapshot:
        yield at, f"write: {target.write} needs to know when a row became true", "name a column, or partition"
    if snapshot and target.effective_at not in (None, "partition"):
        yield at, "the rows of a snapshot have no time of their own", "leave it out, or write partition"
    dated = snapshot or target.effective_at == "partition"
    if dated and contract.arrives.partition.by == "none":
        yield at, "by: none has no logical date that rows could be effective at", "name a column, or partition by day"


def _known_columns(contract: DatasetContract, target: Target) -> Iterator[Problem]:
    produced = {column.name: column for column in contract.produced}
    named: list[tuple[Where, str]] = [(("target", "keys", n), key) for n, key in enumerate(target.keys)]
    named += [(("target", "tracked", n), name) for n, name in enumerate(target.tracked or ())]
    if target.effective_at not in (None, "partition"):
        named.append((("target", "effective_at"), target.effective_at))
    for at, name in named:
        if name not in produced:
            yield at, f"there is no column {name!r} in what the dataset produces", f"there are {', '.join(produced)}"
    effective = produced.get(target.effective_at or "")
    if effective is not None and effective.type.lower() not in ("timestamp", "date"):
        yield ("target", "effective_at"), f"{effective.name!r} is {effective.type}, not a timestamp or a date", ""


def _deletes(contract: DatasetContract, target: Target) -> Iterator[Problem]:
    deletes, delivers = target.deletes, contract.arrives.delivers
    if deletes is None:
        return
    if deletes.when is not None and delivers != "changes":
        yield ("target", "deletes", "when"), f"rows of {delivers} delete nothing", "only changes have deletes.when"
    if deletes.absent is not None and delivers != "snapshot":
        yield (
            ("target", "deletes", "absent"),
            f"in {delivers} absence says nothing",
            "only snapshots have deletes.absent",
        )
