"""What an aggregate has to declare, so that its totals can be compared with those of the rows it is made of."""

from collections.abc import Iterator, Mapping

from lake_platform.contract.draft import Draft, DraftColumn
from lake_platform.contract.faults import Location, Problem
from lake_platform.contract.target import Transform

_EXACT = ("integer", "decimal")
_AT: Location = ("transform",)


def check_aggregate(draft: Draft, transform: Transform) -> Iterator[Problem]:
    """What is wrong with `rows: aggregate`, or with its fields where rows stay rows."""
    if transform.rows != "aggregate":
        for name in ("count", "sums"):
            if getattr(transform, name):
                message = f"`{name}` is for rows: aggregate, not {transform.rows}"
                yield Problem((*_AT, name), message, "remove it, or change transform.rows")
        return
    yield from _scope(draft)
    if transform.produces is None:
        yield Problem((*_AT, "rows"), "an aggregate makes other columns than it reads", "declare them in `produces`")
    elif draft.columns is not None and draft.produced is not None:
        read, made = {each.name: each for each in draft.columns}, {each.name: each for each in draft.produced}
        yield from _count(transform, made)
        yield from _sums(transform, read, made)


def _scope(draft: Draft) -> Iterator[Problem]:
    """An aggregate of one partition would hold that partition's share of a group and look like all of it."""
    partition, delivers = draft.arrives.partition, draft.arrives.delivers
    if partition is not None and partition.by != "none":
        message = f"an aggregate covers all accepted files, by: {partition.by} would cut it into shares"
        hint = "use partition: {by: none}; totals of each partition are for a lake_platform.WarehouseTable"
        yield Problem((*_AT, "rows"), message, hint)
    if delivers not in (None, "events"):
        message = f"an aggregate has no row to delete or to replace, which delivers: {delivers} asks for"
        yield Problem((*_AT, "rows"), message, "use delivers: events")


def _count(transform: Transform, made: Mapping[str, DraftColumn]) -> Iterator[Problem]:
    at = (*_AT, "count")
    if transform.count is None:
        hint = "name the produced column that says how many rows each was made of"
        yield Problem((*_AT, "rows"), "an aggregate without `count` cannot show that no row was lost", hint)
        return
    yield from _exact(at, transform.count, made, place="transform.produces")


def _sums(transform: Transform, read: Mapping[str, DraftColumn], made: Mapping[str, DraftColumn]) -> Iterator[Problem]:
    seen = {transform.count: "count"}
    for source, total in transform.sums.items():
        at = (*_AT, "sums", source)
        yield from _exact(at, source, read, place="columns")
        yield from _exact(at, total, made, place="transform.produces")
        if total in seen:
            yield Problem(at, f"{total!r} holds the total of {seen[total]!r} already", "give each a column of its own")
        seen.setdefault(total, source)
        yield from _scale(at, read.get(source), made.get(total))


def _exact(at: Location, name: str, columns: Mapping[str, DraftColumn], *, place: str) -> Iterator[Problem]:
    found = columns.get(name)
    if found is None:
        yield Problem(at, f"there is no column {name!r} in `{place}`", f"the columns are {', '.join(columns)}")
    elif found.column is not None and found.column.parsed_type.family not in _EXACT:
        message = f"{name!r} is {found.column.type}, whose total is not exact"
        yield Problem(at, message, "use decimal(p,s) or an integer type")


def _scale(at: Location, source: DraftColumn | None, total: DraftColumn | None) -> Iterator[Problem]:
    if source is None or total is None or source.column is None or total.column is None:
        return
    needed, given = source.column.parsed_type.scale, total.column.parsed_type.scale
    if given < needed:
        message = f"{total.name!r} is {total.column.type}, {source.name!r} has {needed} decimals"
        yield Problem(at, message, f"give it a scale of {needed}")
