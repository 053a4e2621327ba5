"""The tables of a dataset, made from its contract: staging, the target and the tables beside it.

A target carries `_partition`, `_file`, `_file_time`, `_row` and `_token` of each row. An SCD2 dimension carries of these
only `_partition`, the batch that opened the version: the rest would change with every rewritten file although nothing
that it says has changed; it stands in `<table>__events`. `_file_time`, `_token` and the times in the ledger differ
between two backends that were fed the same files; all other columns are equal.

NOT NULL is declared for business keys and for what the platform itself writes, never for `required` columns: deletes and
marker rows have only their keys, and the rows of `required` columns are checked before they get here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lake_platform.contract.dataset import Column, DatasetContract, Target
from lake_platform.contract.types import parse_type
from lake_platform.errors import TargetDeclarationError
from lake_platform.warehouse.names import STAGING_SCHEMA, TableName

PARTITION = "partition"
"""`effective_at: partition`: the logical date of the batch is the effective time of all its rows."""


@dataclass(frozen=True)
class TableColumn:
    """One column of a table, in Redshift's words."""

    name: str
    type: str
    not_null: bool = False


@dataclass(frozen=True)
class TableSpec:
    """A table as it should be. Keys and sort order are Redshift's; they mean nothing to the rows."""

    table: TableName
    columns: tuple[TableColumn, ...]
    sort_key: tuple[str, ...] = ()
    dist_key: str | None = None
    dist_all: bool = False

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


OP = TableColumn("_op", "CHAR(1)", not_null=True)
ORIGIN = (
    TableColumn("_partition", "VARCHAR(32)", not_null=True),
    TableColumn("_file", "VARCHAR(1024)"),
    TableColumn("_file_time", "TIMESTAMP"),
    TableColumn("_row", "BIGINT"),
    TableColumn("_token", "VARCHAR(64)", not_null=True),
)
RANK = ("_file_time", "_file", "_row")
"""What decides between rows of one key and one effective time: the highest counts."""
EFFECTIVE = TableColumn("_effective_at", "TIMESTAMP", not_null=True)
VERSION = (
    TableColumn("valid_from", "TIMESTAMP", not_null=True),
    TableColumn("valid_to", "TIMESTAMP"),
    TableColumn("is_current", "BOOLEAN", not_null=True),
    TableColumn("version_key", "VARCHAR(32)", not_null=True),
)
LEDGER = (
    TableColumn("_partition", "VARCHAR(32)", not_null=True),
    TableColumn("token", "VARCHAR(64)", not_null=True),
    TableColumn("number", "BIGINT", not_null=True),
    TableColumn("as_of", "TIMESTAMP"),
    TableColumn("closes", "BOOLEAN", not_null=True),
    TableColumn("withdrawn", "BOOLEAN", not_null=True),
    TableColumn("rows_in", "BIGINT", not_null=True),
    TableColumn("inserted", "BIGINT"),
    TableColumn("updated", "BIGINT"),
    TableColumn("closed", "BIGINT"),
    TableColumn("deleted", "BIGINT"),
    TableColumn("unchanged", "BIGINT"),
    TableColumn("applied_at", "TIMESTAMP", not_null=True),
)


def staging_table(contract: DatasetContract) -> TableSpec:
    """`staging.stg_<dataset>`: the produced columns, then the meta columns, in the order of the processed files."""
    operation = (OP,) if contract.arrives.delivers in ("changes", "snapshot") else ()
    return TableSpec(
        TableName(STAGING_SCHEMA, f"stg_{contract.name}"),
        (*_columns(contract.produced), *operation, *ORIGIN),
        sort_key=("_partition",),
    )


def target_table(contract: DatasetContract) -> TableSpec:
    """The published table."""
    target = target_of(contract)
    extra = {"scd2": (*VERSION, ORIGIN[0]), "upsert": (EFFECTIVE, *ORIGIN)}.get(target.write, ORIGIN)
    produced = _columns(contract.produced, target.keys)
    taken = {column.name for column in extra} & {column.name for column in produced}
    if taken:
        raise TargetDeclarationError(
            contract.name, f"writes its own columns {', '.join(sorted(taken))}: rename those of `columns` or `produces`"
        )
    by_key = tuple(target.keys)
    sort_key = (*by_key, *(("valid_from",) if target.write == "scd2" else ())) or ("_partition",)
    return TableSpec(target_name(contract), (*produced, *extra), sort_key, by_key[0] if by_key else None)


def target_tables(contract: DatasetContract) -> tuple[TableSpec, ...]:
    """The published table and all tables beside it."""
    target, spec = target_of(contract), target_table(contract)
    ledger = TableSpec(spec.table.beside("ledger"), LEDGER, ("_partition",), dist_all=True)
    return (spec, ledger, *_beside(contract, target, spec))


def _beside(contract: DatasetContract, target: Target, spec: TableSpec) -> tuple[TableSpec, ...]:
    keys = _columns([column for column in contract.produced if column.name in target.keys], target.keys)
    if target.write == "upsert":
        return (
            TableSpec(spec.table.beside("deleted"), (*keys, EFFECTIVE, *ORIGIN), tuple(target.keys), spec.dist_key),
        )
    if target.write == "scd2":
        origin = ORIGIN[:1] if contract.arrives.delivers == "snapshot" else ORIGIN[:4]
        columns = (*_columns(contract.produced, target.keys), OP, EFFECTIVE, *origin)
        return (TableSpec(spec.table.beside("events"), columns, (*target.keys, "_effective_at"), spec.dist_key),)
    return ()


def target_of(contract: DatasetContract) -> Target:
    """The declared target, where what it says goes together.

    Raises:
        TargetDeclarationError: it is missing, or write mode, keys and what is delivered do not fit.
    """
    target, delivers = contract.target, contract.arrives.delivers
    if target is None:
        raise TargetDeclarationError(contract.name, "is not declared")
    if problem := _problem(contract, target, delivers):
        raise TargetDeclarationError(contract.name, problem)
    return target


def _problem(contract: DatasetContract, target: Target, delivers: str) -> str | None:
    modes = {"changes": ("upsert", "scd2"), "events": ("replace_partition",)}.get(delivers)
    if modes and target.write not in modes:
        return f"write: {target.write} does not go with `delivers: {delivers}`; there are: {', '.join(modes)}"
    names = [column.name for column in contract.produced]
    keyed = target.write in ("upsert", "scd2")
    if keyed and not target.keys:
        return f"write: {target.write} needs `keys`"
    effective = [] if target.effective_at in (None, PARTITION) else [target.effective_at]
    if missing := [name for name in (*target.keys, *effective, *(target.tracked or ())) if name not in names]:
        return f"names columns that the dataset does not produce: {', '.join(missing)}"
    if keyed and delivers == "snapshot":
        return _snapshot_problem(target)
    floats = [column.name for column in contract.produced if column.name in target.keys and _family(column) == "float"]
    return (
        f"keys: {', '.join(floats)} are floating point, which no two systems compare alike"
        if keyed and floats
        else None
    )


def _snapshot_problem(target: Target) -> str | None:
    if target.effective_at not in (None, PARTITION):
        return "effective_at of a snapshot is its partition: a row in it has no time of its own"
    if target.write == "upsert" and target.deletes and target.deletes.absent == "close":
        return "write: upsert takes nothing back, so `deletes: {absent: close}` needs `write: replace` or `scd2`"
    return None


def target_name(contract: DatasetContract) -> TableName:
    """Where the target is."""
    return TableName.parse(target_of(contract).table)


def tracked_columns(contract: DatasetContract) -> tuple[str, ...]:
    """The columns of which a change opens a new version: all but keys, effective_at and the columns of deletes."""
    target = target_of(contract)
    if target.tracked is not None:
        return tuple(target.tracked)
    when = re.sub(r"'(?:[^']|'')*'", "", target.deletes.when or "") if target.deletes else ""
    left_out = {*target.keys, target.effective_at, *re.findall(r"\w+", when.lower())}
    return tuple(column.name for column in contract.produced if column.name not in left_out)


def _columns(columns: Sequence[Column], keys: Sequence[str] = ()) -> tuple[TableColumn, ...]:
    return tuple(TableColumn(each.name, parse_type(each.type).redshift, each.name in keys) for each in columns)


def _family(column: Column) -> str:
    return parse_type(column.type).family
