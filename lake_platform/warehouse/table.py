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
from typing import Protocol

from lake_platform.contract.columns import PlainColumn
from lake_platform.contract.strict import Delivers
from lake_platform.contract.target import Target
from lake_platform.contract.types import parse_type
from lake_platform.errors import TargetDeclarationError
from lake_platform.warehouse.names import STAGING_SCHEMA, TableName

MADE = "lake_made"
"""The temporary table in which rows are staged that are made inside the warehouse."""
PARTITION = "partition"
"""`effective_at: partition`: the logical date of the batch is the effective time of all its rows."""


class Declaration(Protocol):
    """What the warehouse asks of a declaration; a dataset's and that of a table made in the warehouse both have it."""

    @property
    def name(self) -> str: ...

    @property
    def staging(self) -> str | None:
        """Its staging table; None where its rows are staged in a temporary one."""
        ...

    @property
    def produced(self) -> Sequence[PlainColumn]: ...

    @property
    def delivers(self) -> Delivers: ...

    @property
    def target(self) -> Target | None: ...


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


def staging_table(contract: Declaration) -> TableSpec:
    """`staging.stg_<dataset>`: the produced columns, then the meta columns, in the order of the processed files."""
    place = TableName(STAGING_SCHEMA, contract.staging) if contract.staging else TableName("", MADE)
    operation = (OP,) if contract.delivers in ("changes", "snapshot") else ()
    return TableSpec(
        place,
        (*_columns(contract.produced), *operation, *ORIGIN),
        sort_key=("_partition",),
    )


def target_table(contract: Declaration) -> TableSpec:
    """The published table."""
    target = target_of(contract)
    extra = {"scd2": (*VERSION, ORIGIN[0]), "upsert": (EFFECTIVE, *ORIGIN)}.get(target.write, ORIGIN)
    produced = _columns(contract.produced, target.keys)
    by_key = tuple(target.keys)
    usual = (*by_key, *(("valid_from",) if target.write == "scd2" else ())) or ("_partition",)
    sort_key = usual if target.sort is None else tuple(target.sort)
    return TableSpec(target_name(contract), (*produced, *extra), sort_key, by_key[0] if by_key else None)


def target_tables(contract: Declaration) -> tuple[TableSpec, ...]:
    """The published table and all tables beside it."""
    target, spec = target_of(contract), target_table(contract)
    ledger = TableSpec(spec.table.beside("ledger"), LEDGER, ("_partition",), dist_all=True)
    return (spec, ledger, *_beside(contract, target, spec))


def _beside(contract: Declaration, target: Target, spec: TableSpec) -> tuple[TableSpec, ...]:
    keys = _columns([column for column in contract.produced if column.name in target.keys], target.keys)
    if target.write == "upsert":
        return (
            TableSpec(spec.table.beside("deleted"), (*keys, EFFECTIVE, *ORIGIN), tuple(target.keys), spec.dist_key),
        )
    if target.write == "scd2":
        origin = ORIGIN[:1] if contract.delivers == "snapshot" else ORIGIN[:4]
        columns = (*_columns(contract.produced, target.keys), OP, EFFECTIVE, *origin)
        return (TableSpec(spec.table.beside("events"), columns, (*target.keys, "_effective_at"), spec.dist_key),)
    return ()


def target_of(contract: Declaration) -> Target:
    """The declared target; that its fields go together, the contract has checked.

    Raises:
        TargetDeclarationError: there is none.
    """
    if contract.target is None:
        raise TargetDeclarationError(contract.name, "is not declared")
    return contract.target


def target_name(contract: Declaration) -> TableName:
    """Where the target is."""
    return TableName.parse(target_of(contract).table)


def tracked_columns(contract: Declaration) -> tuple[str, ...]:
    """The columns of which a change opens a new version: all but keys, effective_at and the columns of deletes."""
    target = target_of(contract)
    if target.tracked is not None:
        return tuple(target.tracked)
    when = re.sub(r"'(?:[^']|'')*'", "", target.deletes.when or "") if target.deletes else ""
    left_out = {*target.keys, target.effective_at, *re.findall(r"\w+", when.lower())}
    return tuple(column.name for column in contract.produced if column.name not in left_out)


def _columns(columns: Sequence[PlainColumn], keys: Sequence[str] = ()) -> tuple[TableColumn, ...]:
    return tuple(TableColumn(each.name, parse_type(each.type).redshift, each.name in keys) for each in columns)
