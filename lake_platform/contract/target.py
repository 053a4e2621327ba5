"""What is done to valid rows: the transform, and the table that is published."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from lake_platform.contract.columns import Column
from lake_platform.contract.quality import QualityRule
from lake_platform.contract.strict import Identifier, Strict, WriteMode


class TransformInput(Strict):
    """Another dataset, whose published rows a transform takes."""

    dataset: Identifier
    """The dataset: of a snapshot its newest partition is read, of events all partitions."""
    refresh: Literal["backfill", "always"] = "backfill"
    """What a newer version of it does to partitions that are published already: `backfill` re-runs none, `always` all."""


def _spelled_out(value: Any) -> Any:
    """`airports` means `{dataset: airports}`."""
    return {"dataset": value} if isinstance(value, str) else value


Input = Annotated[TransformInput, BeforeValidator(_spelled_out, json_schema_input_type=TransformInput | str)]

DEFAULT_SCHEMA = "analytics"
"""Where targets are that name no schema."""
STAGING_SCHEMA = "staging"


class Transform(Strict):
    """A pure function of DataFrames, run by the `process` job."""

    run: str
    """`package.module:function`, called with the rows and with each input as a DataFrame."""
    inputs: dict[str, Input] = Field(default_factory=dict[str, TransformInput])
    """Other datasets that the function takes, by the names of its parameters: a dataset's name, or a mapping."""
    produces: list[Column] | None = None
    """The columns after it, in DDL order; default: `columns`."""
    rows: Literal["same", "filter", "expand", "aggregate"]
    """What it does to rows: `same` keeps each, `filter` returns those kept and those dropped with a reason, `expand`
    may repeat rows, `aggregate` puts all rows of `partition: {by: none}` together."""
    quality: list[QualityRule] = Field(default_factory=list[QualityRule])
    """Row rules about the produced rows: how many break one is told, and nothing else (`otherwise: warn`)."""
    count: str | None = None
    """`rows: aggregate`: the produced column that says how many rows each was made of."""
    sums: dict[str, str] = Field(default_factory=dict[str, str])
    """`rows: aggregate`: column of `columns` to the produced column that holds its sum. Both sides are compared,
    exactly, before anything is published."""


class Deletes(Strict):
    """What takes a key out of the target."""

    when: str | None = None
    """`delivers: changes`: a condition on the row that says that its key is deleted: "op = 'D'"."""
    absent: Literal["close", "keep"] | None = None
    """`delivers: snapshot`: what it means for a key that it is not in the snapshot."""
    empty: Literal["allow", "refuse"] = "refuse"
    """`delivers: snapshot`: whether a snapshot without rows is believed."""


class Target(Strict):
    """The published table and how rows are written into it."""

    table: str
    """`table` or `schema.table`; default schema `analytics`."""
    write: WriteMode
    """`replace`, `replace_partition`, `upsert` (the latest row of each key) or `scd2` (all versions of each key)."""
    keys: list[str] = Field(default_factory=list[str])
    """The business key: what a row is about."""
    effective_at: str | None = None
    """When a fact became true: a date or timestamp column, or `partition`, the logical date. A snapshot is always
    effective at its partition."""
    tracked: list[str] | None = None
    """scd2: columns whose change makes a new version; default: all but keys, effective_at and the columns of
    `deletes.when`. The others are overwritten in place."""
    sort: list[str] | None = None
    """The sort key of the table in the warehouse; default: the keys, or the partition. It counts where the table is made."""
    deletes: Deletes | None = None
    """What takes a key out of the table; default: nothing does."""
