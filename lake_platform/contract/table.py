"""What an author may declare of a table that is made inside the warehouse from others.

The YAML under `attributes:` of a `defs.yaml` with `type: lake_platform.WarehouseTable` is one `TableContract`.
"""

from collections.abc import Sequence
from typing import Any, Self

from pydantic import ValidationError, model_validator
from pydantic_core import PydanticCustomError

from lake_platform.contract.checks.table import find_table_problems
from lake_platform.contract.columns import PlainColumn
from lake_platform.contract.dataset import INCOHERENT
from lake_platform.contract.draft import without_faults
from lake_platform.contract.faults import Problem
from lake_platform.contract.strict import Delivers
from lake_platform.contract.table_fields import TableDeclaration
from lake_platform.contract.target import Target


class TableContract(TableDeclaration):
    """One table: a SELECT over datasets and other tables, and how its rows are written."""

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
