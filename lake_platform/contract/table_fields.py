"""The fields of a table that is made inside the warehouse from others."""

from typing import Literal

from pydantic import ConfigDict, Field

from lake_platform.contract.columns import PlainColumn
from lake_platform.contract.schedule import Cron
from lake_platform.contract.strict import Grouped, Strict, WriteMode


class TableRule(Strict):
    """One DQDL rule about a table, and what happens where it does not hold."""

    rule: str
    """The rule in DQDL: `IsUnique "playid"`, `RowCount > 0`. It is compiled to SQL and runs before COMMIT."""
    otherwise: Literal["block", "warn"]
    """`block` rolls back, the last good table stays; `warn` tells."""


class TableDeclaration(Grouped):
    """The fields of a table, each by itself; `TableContract` is one whose fields agree."""

    model_config = ConfigDict(populate_by_name=True)

    description: str
    """What one row is, and what it is made from."""
    owners: list[str] = Field(default_factory=list[str])
    """Dagster owners: `team:crm` or an e-mail address."""
    table: str
    """`table` (schema `analytics`) or `schema.table`."""
    from_: list[str] = Field(alias="from", min_length=1)
    """What the SELECT reads: `stg_<dataset>`, a dataset with a target, or another table made in the warehouse."""
    select: str
    """A file beside the declaration with one SELECT."""
    partition: str | None = None
    """The input by whose partitions the table is made; the SELECT yields its `_partition`. Default: made as a whole."""
    write: WriteMode
    """`replace` (whole), `replace_partition`, `upsert` (the latest row of each key) or `scd2` (all versions)."""
    keys: list[str] = Field(default_factory=list[str])
    """The business key, for `upsert` and `scd2`."""
    effective_at: str | None = None
    """When a row became true: a date or timestamp column, or `partition`, the logical date; `upsert` and `scd2`."""
    tracked: list[str] | None = None
    """scd2: columns whose change makes a new version; default: all but keys and effective_at. The others are
    overwritten in place."""
    columns: list[PlainColumn] = Field(min_length=1)
    """The columns that the SELECT yields, in DDL order."""
    quality: list[TableRule] = Field(default_factory=list[TableRule])
    """Rules that run before COMMIT."""
    schedule: Cron | None = None
    """When runs are asked for, as cron in UTC, instead of as soon as an input has published."""
