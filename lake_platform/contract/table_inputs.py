"""What a table made in the warehouse reads: the names in `from`, found among the datasets and tables of a folder."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from lake_platform.contract.arrives import Partitioning
from lake_platform.contract.checks.target import PARTITION_COLUMN, RANK_COLUMNS, VERSION_COLUMNS
from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.faults import Problem, closest
from lake_platform.contract.table import TableContract
from lake_platform.contract.target import DEFAULT_SCHEMA, STAGING_SCHEMA

STAGED = "stg_"
"""What the name of a dataset's staging rows begins with."""
Kind = Literal["staging", "target", "table"]


@dataclass(frozen=True, kw_only=True)
class Input:
    """One name in `from`.

    Attributes:
        kind: the staging rows of a dataset, its target, or another table made in the warehouse.
        owner: the dataset, or the table's `group.name`.
        schema, table: where its rows are.
        columns: those that a SELECT may name.
        partitioning: how its rows are parted, where they carry their partition in `_partition`.
    """

    name: str
    kind: Kind
    owner: str
    schema: str
    table: str
    columns: tuple[str, ...]
    partitioning: Partitioning | None


@dataclass(frozen=True, kw_only=True)
class BoundTable:
    """A table with what it reads: the SELECT's text, its inputs, and the partitions that it is made by.

    Attributes:
        partitioning: that of the input that `partition` names; None where the table is made as a whole.
    """

    contract: TableContract
    inputs: tuple[Input, ...]
    sql: str
    partitioning: Partitioning | None

    @property
    def parted(self) -> Input | None:
        """The input by whose partitions the table is made."""
        return next((found for found in self.inputs if found.name == self.contract.partition), None)


@dataclass(frozen=True, kw_only=True)
class Declared:
    """All that `from` may name: datasets and tables by their names."""

    datasets: Mapping[str, DatasetContract]
    tables: Mapping[str, TableContract]

    @property
    def names(self) -> list[str]:
        """Every name that can be read."""
        datasets = self.datasets.values()
        staged = [STAGED + one.name for one in datasets if one.delivers == "events" and "staging" in one.layers]
        return [*staged, *(one.name for one in datasets if one.target), *self.tables]


def find_input(name: str, declared: Declared) -> Input | Problem:
    """The input of one name, or why there is none; the problem stands at no place yet."""
    dataset = declared.datasets.get(name.removeprefix(STAGED)) if name.startswith(STAGED) else None
    if dataset is not None:
        return _staging(name, dataset)
    owner, table = declared.datasets.get(name), declared.tables.get(name)
    if owner is not None and owner.target and table is not None:
        return Problem((), f"{name!r} is a dataset's target and a table", "rename the table")
    if table is not None:
        return _table(table, declared)
    if owner is None:
        return Problem((), f"there is no dataset and no table {name!r}", closest(name, declared.names))
    if owner.target is None:
        return Problem((), f"the dataset {name!r} has no target", f"read its staging rows: {STAGED}{name}")
    return _target(owner)


def in_order(tables: Sequence[TableContract]) -> tuple[list[TableContract], list[list[str]]]:
    """The tables with those first that others read, and the circles that are left.

    Returns:
        Tables that are in no circle and read none; the names along each circle.
    """
    left = {table.name: table for table in tables}
    ordered: list[TableContract] = []
    while ready := [table for table in left.values() if not (set(table.from_) - {table.name}) & left.keys()]:
        ready = [table for table in ready if table.name not in table.from_]
        if not ready:
            break
        ordered += sorted(ready, key=lambda table: table.key)
        left = {name: table for name, table in left.items() if table not in ready}
    return ordered, list(_circles(left))


def _circles(left: Mapping[str, TableContract]) -> Iterator[list[str]]:
    seen: set[str] = set()
    for start in sorted(left):
        path, at = list[str](), start
        while at in left and at not in path and at not in seen:
            path.append(at)
            at = next((read for read in left[at].from_ if read in left), "")
        if at in path:
            yield [*path[path.index(at) :], at]
        seen.update(path)


def _staging(name: str, dataset: DatasetContract) -> Input | Problem:
    if dataset.delivers != "events":
        message = (
            f"staging of {dataset.name!r} keeps the rows of its last run only, since it delivers {dataset.delivers}"
        )
        return Problem((), message, f"read its target: {dataset.name}" if dataset.target else "give it a target")
    if "staging" not in dataset.layers:
        return Problem((), f"{dataset.name!r} ends before staging", "say last_layer: staging there")
    return Input(
        name=name,
        kind="staging",
        owner=dataset.name,
        schema=STAGING_SCHEMA,
        table=dataset.staging,
        columns=(*_names(dataset), PARTITION_COLUMN, *RANK_COLUMNS),
        partitioning=dataset.arrives.partition,
    )


def _target(dataset: DatasetContract) -> Input:
    assert dataset.target is not None
    parted = dataset.target.write == "replace_partition"
    return Input(
        name=dataset.name,
        kind="target",
        owner=dataset.name,
        **_place(dataset.target.table),
        columns=(*_names(dataset), *_beside(dataset.target.write)),
        partitioning=dataset.arrives.partition if parted else None,
    )


def _table(table: TableContract, declared: Declared) -> Input:
    return Input(
        name=table.name,
        kind="table",
        owner=table.key,
        **_place(table.table),
        columns=(*_names(table), *_beside(table.write)),
        partitioning=partitioning_of(table, declared) if table.write == "replace_partition" else None,
    )


def partitioning_of(table: TableContract, declared: Declared, seen: tuple[str, ...] = ()) -> Partitioning | None:
    """How a table is parted: as the input that it is made by, which may be a table made by another one."""
    name = table.partition
    if name is None or table.name in seen:
        return None
    if name in declared.tables:
        inner = declared.tables[name]
        parted = inner.write == "replace_partition"
        return partitioning_of(inner, declared, (*seen, table.name)) if parted else None
    found = find_input(name, declared)
    return found.partitioning if isinstance(found, Input) else None


def _names(contract: DatasetContract | TableContract) -> tuple[str, ...]:
    return tuple(column.name for column in contract.produced)


def _beside(write: str) -> tuple[str, ...]:
    return (*VERSION_COLUMNS, PARTITION_COLUMN) if write == "scd2" else (PARTITION_COLUMN, *RANK_COLUMNS)


def _place(text: str) -> dict[str, str]:
    schema, _, name = text.rpartition(".")
    return {"schema": schema or DEFAULT_SCHEMA, "table": name}
