"""What an author may declare of a table that is made inside the warehouse from others.

The YAML under `attributes:` of a `defs.yaml` with `type: lake_platform.WarehouseTable` is one `TableContract`.
"""

from collections.abc import Sequence
from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from lake_platform.contract.checks.table import find_table_problems
from lake_platform.contract.columns import PlainColumn
from lake_platform.contract.dataset import INCOHERENT
from lake_platform.contract.draft import without_faults
from lake_platform.contract.faults import Problem
from lake_platform.contract.schedule import Cron
from lake_platform.contract.strict import Delivers, Grouped, Strict, WriteMode
from lake_platform.contract.target import Target


class TableRule(Strict):
    """One DQDL rule about a table, and what happens where it does not hold."""

    rule: str
    """The rule in DQDL: `IsUnique "playid"`, `RowCount > 0`. It is compiled to SQL and runs before COMMIT."""
    otherwise: Literal["block", "warn"]
    """`block` rolls back, the last good table stays; `warn` tells."""


class TableContract(Grouped):
    """One table: a SELECT over datasets and other tables, and how its rows are written."""

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

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if problems := find_table_problems(self):
            told = "\n".join(str(problem) for problem in problems)
            raise PydanticCustomError(INCOHERENT, "{told}", {"told": told, "problems": problems})
        return self

    @property
    def produced(self) -> list[PlainColumn]:
        """Its columns, in DDL order."""
        return self.columns

    @property
    def staging(self) -> None:
        """None: its rows are staged in a temporary table of the transaction that publishes them."""
        return None

    @property
    def delivers(self) -> Delivers:
        """What its rows are to the write modes: events that replace their partition, or changes of keys."""
        return "changes" if self.write in ("upsert", "scd2") else "events"

    @property
    def target(self) -> Target:
        """The same as a dataset's target."""
        return Target(
            table=self.table,
            write=self.write,
            keys=self.keys,
            effective_at=self.effective_at,
            tracked=self.tracked,
        )


def find_draft_problems(attributes: dict[str, Any]) -> Sequence[Problem]:
    """What fields demand of each other, asked without those that cannot be read."""
    rest = without_faults(TableContract, attributes)
    try:
        TableContract.model_validate(rest or {})
    except ValidationError as error:
        return incoherent(error)
    return ()


def incoherent(error: ValidationError) -> Sequence[Problem]:
    """The problems between fields that an error of a model holds."""
    told = [detail for detail in error.errors(include_url=False) if detail["type"] == INCOHERENT]
    return told[0].get("ctx", {}).get("problems", ()) if told else ()
