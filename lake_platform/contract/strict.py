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
