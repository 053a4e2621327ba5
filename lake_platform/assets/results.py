"""What a step says of each partition it was given, before Dagster hears of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

State = Literal["published", "unchanged", "refused", "absent"]
"""published: a new document. unchanged: the document is there already. refused: must not be published, the last good
one stays. absent: there is nothing to work on (no file, or the layer before was refused)."""

Metadata = Mapping[str, object]


@dataclass(frozen=True)
class DeclaredCheck:
    """A check as it stands in the definitions, before any run. Severity comes with each outcome."""

    name: str
    description: str
    blocking: bool = True
    of_table: bool = False
    """Said once of the whole table, not of each partition."""


@dataclass(frozen=True)
class CheckOutcome:
    """The outcome of one asset check in one partition. `error` tells ERROR from WARN where it did not pass."""

    name: str
    passed: bool
    error: bool = True
    metadata: Metadata = field(default_factory=dict)
    description: str | None = None

    @property
    def word(self) -> str:
        """passed, warned (it did not pass, and held nothing back) or failed."""
        return "passed" if self.passed else "failed" if self.error else "warned"


@dataclass(frozen=True, kw_only=True)
class PartitionResult:
    """One partition of one step."""

    partition: str
    state: State
    token: str = ""
    reason: str | None = None
    checks: Sequence[CheckOutcome] = ()
    metadata: Metadata = field(default_factory=dict)


def absent(partition: str) -> PartitionResult:
    """A partition without anything to work on."""
    return PartitionResult(partition=partition, state="absent")
