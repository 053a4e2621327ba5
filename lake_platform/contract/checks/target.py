"""Write mode against what is delivered, and the columns that a target names."""

import re
from collections.abc import Iterator, Mapping, Sequence

from lake_platform.contract.draft import Draft, DraftArrives, DraftColumn
from lake_platform.contract.faults import Location, Problem
from lake_platform.contract.strict import Delivers, WriteMode
from lake_platform.contract.target import Target

WRITES: Mapping[Delivers, tuple[WriteMode, ...]] = {
    "changes": ("upsert", "scd2"),
    "snapshot": ("replace", "replace_partition", "upsert", "scd2"),
    "events": ("replace_partition",),
}
VERSION_COLUMNS = ("valid_from", "valid_to", "is_current", "version_key")
BESIDE = ("__ledger", "__events", "__deleted")
"""What the names of the tables beside a target end in."""
PARTITION_COLUMN = "_partition"
RANK_COLUMNS = ("_file", "_file_time", "_row")
"""Where a row comes from: columns of staging and of targets that a table made from them may read."""
PARTITION = "partition"
KEYED = ("upsert", "scd2")


def check_target(draft: Draft) -> Iterator[Problem]:
    """What is wrong with `target`, and with the names of columns beside it."""
    target = draft.target
    if target is None:
        return
    yield from check_table_name(("target", "table"), target.table)
    if draft.arrives.delivers is not None:
        yield from _mode(target, draft.arrives.delivers)
        yield from _deletes(target, draft.arrives.delivers)
    if draft.produced is not None and draft.columns is not None:
        yield from _keys(target, draft.columns, draft.produced)
        yield from _effective(target, draft.arrives, draft.produced)
        yield from _tracked(target, draft.produced)
        yield from _sort(target, draft.produced)
        yield from _reserved(target, draft.produced)


def check_table_name(at: Location, table: str) -> Iterator[Problem]:
    """What is wrong with the name of a published table."""
    if not re.fullmatch(r"([a-z_][a-z0-9_]{0,99}\.)?[a-z_][a-z0-9_]{0,99}", table):
        yield Problem(at, f"{table!r} is no table", "write table or schema.table, in lower-case letters, digits and _")
    if table.endswith(BESIDE):
        yield Problem(at, f"{table!r} ends like a table that the platform keeps beside a target", "choose another name")
    if table.startswith(("lake.", "staging.", "pg_")):
        # In the catalog a schema is a database, and the tables of files are in the database `lake`.
        yield Problem(at, f"{table!r} lies where it may not", "the schemas lake, staging and pg_… are not for targets")


def _mode(target: Target, delivers: Delivers) -> Iterator[Problem]:
    at, allowed = ("target", "write"), WRITES[delivers]
    if target.write not in allowed:
        hint = f"use {' or '.join(allowed)}, or change arrives.delivers"
        yield Problem(at, f"write: {target.write} does not go with delivers: {delivers}", hint)


def _keys(target: Target, columns: Sequence[DraftColumn], produced: Sequence[DraftColumn]) -> Iterator[Problem]:
    """Bad rows are told by their key before the transform, so a keyed target needs it in the files, too."""
    at, keyed = ("target", "keys"), target.write in KEYED
    if keyed and not target.keys:
        yield Problem(at, f"write: {target.write} needs keys", "name the columns that say what a row is about")
    places = {"columns": columns} if keyed or produced is columns else {}
    places |= {} if produced is columns else {"transform.produces": produced}
    for number, key in enumerate(target.keys):
        here: Location = (*at, number)
        if key in target.keys[:number]:
            yield Problem(here, f"{key!r} stands here twice", "remove one of them")
        for place, there in places.items():
            yield from _key(here, key, there, place=place, keyed=keyed)


def _key(at: Location, key: str, columns: Sequence[DraftColumn], *, place: str, keyed: bool) -> Iterator[Problem]:
    found = next((each for each in columns if each.name == key), None)
    if found is None:
        names = ", ".join(each.name for each in columns)
        yield Problem(at, f"there is no column {key!r} in `{place}`", f"the columns are {names}")
    elif found.column and keyed and place == "columns" and not found.column.required:
        yield Problem(at, f"the key {key!r} is not required", "add required: true to that column")
    elif found.column and keyed and found.column.parsed_type.family == "float":
        yield Problem(at, f"the key {key!r} is floating point, which no two systems compare alike", "use decimal(p,s)")


def _effective(target: Target, arrives: DraftArrives, produced: Sequence[DraftColumn]) -> Iterator[Problem]:
    at, name = ("target", "effective_at"), target.effective_at
    keyed, snapshot = target.write in KEYED, arrives.delivers == "snapshot"
    undated = arrives.partition is not None and arrives.partition.by == "none"
    if undated and (name == PARTITION or (keyed and snapshot)):
        hint = "partition by hour, day or month" if snapshot else "name a date or timestamp column"
        yield Problem(at, "by: none has no logical date that rows could be effective at", hint)
        return
    if name is None and keyed and arrives.delivers == "changes":
        hint = "name a date or timestamp column, or partition"
        yield Problem(at, f"write: {target.write} needs to know when a row became true", hint)
    if name in (None, PARTITION):
        return
    if snapshot:
        yield Problem(at, "a row of a snapshot has no time of its own", "use effective_at: partition")
        return
    found = next((each for each in produced if each.name == name), None)
    if found is None:
        names = ", ".join(each.name for each in produced)
        yield Problem(at, f"there is no column {name!r} after the transform", f"use partition, or one of {names}")
    elif found.column and found.column.parsed_type.family not in ("date", "timestamp"):
        yield Problem(at, f"{name!r} is {found.column.type}", "an effective time is a date or a timestamp")


def _tracked(target: Target, produced: Sequence[DraftColumn]) -> Iterator[Problem]:
    at = ("target", "tracked")
    if target.tracked is not None and target.write != "scd2":
        yield Problem(at, f"write: {target.write} keeps no versions", "remove it, or use write: scd2")
    names = [each.name for each in produced]
    for number, name in enumerate(target.tracked or ()):
        if name not in names:
            message = f"there is no column {name!r} after the transform"
            yield Problem((*at, number), message, f"the columns are {', '.join(names)}")
        elif name in target.keys or name == target.effective_at:
            yield Problem((*at, number), f"{name!r} is a key or the effective time: it cannot change", "remove it")


def _sort(target: Target, produced: Sequence[DraftColumn]) -> Iterator[Problem]:
    names = [each.name for each in produced]
    if target.sort is not None and not target.sort:
        yield Problem(("target", "sort"), "the sort key has no column", "leave it out for the usual one")
    for number, name in enumerate(target.sort or ()):
        if name in (target.sort or ())[:number]:
            yield Problem(("target", "sort", number), f"{name!r} stands here twice", "remove one of them")
        if name not in names:
            message = f"there is no column {name!r} after the transform"
            yield Problem(("target", "sort", number), message, f"the columns are {', '.join(names)}")


def _deletes(target: Target, delivers: Delivers) -> Iterator[Problem]:
    at, deletes = ("target", "deletes"), target.deletes
    if deletes is None:
        return
    if delivers == "events":
        yield Problem(at, "events are facts and are never deleted", "remove it, or change arrives.delivers")
        return
    if deletes.when is not None and delivers != "changes":
        yield Problem((*at, "when"), f"`when` is for delivers: changes, not {delivers}", "use deletes: {absent: close}")
    if deletes.absent is not None and delivers != "snapshot":
        yield Problem(
            (*at, "absent"), f"`absent` is for delivers: snapshot, not {delivers}", "use deletes: {when: \"op = 'D'\"}"
        )
    if deletes.empty == "allow" and delivers != "snapshot":
        yield Problem((*at, "empty"), f"`empty` is for delivers: snapshot, not {delivers}", "remove it")
    if deletes.absent == "close" and target.write == "upsert":
        yield Problem((*at, "absent"), "write: upsert takes nothing back", "use write: replace or scd2")
    if delivers == "changes" and deletes.when is None and deletes.absent is None:
        yield Problem(at, "it says nothing", "say which rows delete their key: {when: \"op = 'D'\"}")


def _reserved(target: Target, produced: Sequence[DraftColumn]) -> Iterator[Problem]:
    for each in produced:
        if target.write == "scd2" and each.name in VERSION_COLUMNS:
            message = f"write: scd2 makes a column {each.name!r} itself"
            yield Problem(
                (*each.at, "name"), message, "rename it: another name with the file's as alias, or a transform"
            )
