"""What all parts of a declaration share: strictness, names and the choices of its literals."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Layer = Literal["raw", "validated", "processed", "staging", "target"]
LAYERS: tuple[Layer, ...] = ("raw", "validated", "processed", "staging", "target")

PartitionBy = Literal["hour", "day", "month", "none"]
Delivers = Literal["changes", "snapshot", "events"]
Otherwise = Literal["quarantine", "block", "warn"]
WriteMode = Literal["replace", "replace_partition", "upsert", "scd2"]

_IDENTIFIER = r"^[a-z][a-z0-9_]{0,99}$"


class Strict(BaseModel):
    """No unknown key, no coercion, no change after construction."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)


def _identifier(name: str) -> str:
    if re.fullmatch(_IDENTIFIER, name):
        return name
    told = "begins with _, which is kept for the platform's own columns" if name.startswith("_") else "is no name here"
    raise ValueError(f"{name!r} {told}: use lower-case letters, digits and _, a letter first, 100 characters at most")


Identifier = Annotated[str, AfterValidator(_identifier), Field(json_schema_extra={"pattern": _IDENTIFIER})]
"""Redshift folds names to lower case and takes 127 bytes; tables beside a target need some of them."""


class Grouped(Strict):
    """What is declared beside datasets, by a name in a group: a table in the warehouse, a notebook."""

    name: Identifier
    """Its name: the last part of its asset key, and what others that read it call it."""
    group: Identifier | None = None
    """The pipeline it belongs to: the first part of its asset key, and its group there; default: the name."""

    @property
    def key(self) -> str:
        """`group.name`: how the lake's documents name it. No dataset is named so: a dot is in no identifier."""
        return ".".join(self.path)

    @property
    def path(self) -> tuple[str, str]:
        """Group and name: its asset key."""
        return self.group or self.name, self.name
