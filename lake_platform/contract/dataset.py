"""What an author may declare of a dataset, as strict models: unknown keys and wrong types are errors.

The YAML under `attributes:` of a `defs.yaml` with `type: lake_platform.Dataset` is one `DatasetContract`.
"""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, PrivateAttr, model_validator
from pydantic_core import PydanticCustomError

from lake_platform.contract.arrives import Arrives, FileFormat, Partitioning
from lake_platform.contract.cataloging import Cataloging
from lake_platform.contract.checks import find_problems
from lake_platform.contract.columns import Column, Evolution
from lake_platform.contract.draft import Draft, DraftArrives, DraftRule, drafted
from lake_platform.contract.quality import QualityRule, Quarantine
from lake_platform.contract.schedule import Cron
from lake_platform.contract.strict import (
    LAYERS,
    Delivers,
    Identifier,
    Layer,
    Otherwise,
    PartitionBy,
    Strict,
    WriteMode,
)
from lake_platform.contract.target import Deletes, Target, Transform, TransformInput
from lake_platform.errors import InputUnknownError

__all__ = [
    "LAYERS",
    "Arrives",
    "Cataloging",
    "Column",
    "DatasetContract",
    "Deletes",
    "Delivers",
    "Evolution",
    "FileFormat",
    "Identifier",
    "Layer",
    "Otherwise",
    "PartitionBy",
    "Partitioning",
    "QualityRule",
    "Quarantine",
    "Strict",
    "Target",
    "Transform",
    "TransformInput",
    "WriteMode",
]

INCOHERENT = "incoherent"
"""The type of the one pydantic error that stands for all problems between fields."""


class DatasetContract(Strict):
    """One dataset: from the files that land to the published table."""

    name: Identifier
    """The dataset's name: the first part of its asset keys."""
    description: str
    """What one row is, and where it comes from."""
    owners: list[str] = Field(default_factory=list[str])
    """Dagster owners: `team:crm` or an e-mail address."""
    group: Identifier | None = None
    """The group of its assets; default: the name."""
    arrives: Arrives
    """Where files land and how they are read."""
    columns: list[Column] = Field(min_length=1)
    """The columns of the files, in the order of the table."""
    evolution: Evolution = Evolution()
    """What a file with other columns does."""
    quality: list[QualityRule] = Field(default_factory=list[QualityRule])
    """Rules about rows and about partitions."""
    quarantine: Quarantine | None = None
    """Where it stands, bad rows are set aside; without it any bad row refuses its partition."""
    transform: Transform | None = None
    """What is done to valid rows; default: nothing."""
    target: Target | None = None
    """The published table; without it the chain ends at `last_layer`."""
    last_layer: Literal["processed", "staging"] = "staging"
    """Where the chain ends when no target is declared."""
    schedule: Cron | None = None
    """When runs are asked for, as cron in UTC, instead of as soon as files arrive."""
    catalog: Cataloging | None = None
    """A crawler of Glue that is run over the landed files; the platform's own tables are registered in any case."""

    _input_contracts: Mapping[str, "DatasetContract"] = PrivateAttr(default_factory=dict[str, "DatasetContract"])

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if problems := find_problems(self._draft()):
            told = "\n".join(str(problem) for problem in problems)
            raise PydanticCustomError(INCOHERENT, "{told}", {"told": told, "problems": problems})
        return self

    def _draft(self) -> Draft:
        columns = drafted(self.columns, ("columns",))
        own = self.transform.produces if self.transform else None
        return Draft(
            arrives=DraftArrives.of(self.arrives),
            columns=columns,
            produced=columns if own is None else drafted(own, ("transform", "produces")),
            quality=tuple(DraftRule(at, rule.rule, rule.otherwise) for at, rule in enumerate(self.quality)),
            transform=self.transform,
            target=self.target,
        )

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers that are built, raw first; the last one is what "reached the target" means."""
        last = "target" if self.target else self.last_layer
        return LAYERS[: LAYERS.index(last) + 1]

    @property
    def delivers(self) -> Delivers:
        """What its rows are: `arrives.delivers`."""
        return self.arrives.delivers

    @property
    def staging(self) -> str:
        """The name of its staging table."""
        return f"stg_{self.name}"

    @property
    def inputs(self) -> Mapping[str, TransformInput]:
        """The datasets that the transform reads, by the names of its parameters."""
        return self.transform.inputs if self.transform else {}

    def bound(self, inputs: Mapping[str, "DatasetContract"]) -> Self:
        """A copy that knows the contracts of its inputs, by the names of the datasets."""
        copy = self.model_copy()
        copy._input_contracts = inputs
        return copy

    def input_contract(self, dataset: str) -> "DatasetContract":
        """The contract of a dataset that the transform reads.

        Raises:
            InputUnknownError: the folder that this was loaded from declares no such dataset.
        """
        if dataset not in self._input_contracts:
            raise InputUnknownError(self.name, dataset)
        return self._input_contracts[dataset]

    @property
    def produced(self) -> list[Column]:
        """The columns after the transform, in DDL order."""
        return self.columns if self.transform is None or self.transform.produces is None else self.transform.produces
