"""Which version of its inputs a table made in the warehouse, or a notebook, would read now.

The number of a document says which version it is: it never comes back, so two states of an input are never taken for
one. A table reads what is in the warehouse when it is made, which is what these documents say or something newer; then
they are other numbers a moment later, and it is made again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lake_platform.contract.notebook import Derived
from lake_platform.contract.partitions import ALL
from lake_platform.contract.table_inputs import Input
from lake_platform.lake.lake import Lake
from lake_platform.lake.token import digest
from lake_platform.lake.versions import VersionLog

Versions = Mapping[str, str]
"""Input to the version that is read: a number for the partition of the input that a table is made by, else a digest."""


@dataclass
class InputReader:
    """Reads the numbers of inputs, of each once: several tables of one look share them."""

    lake: Lake
    _numbers: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict[tuple[str, str], dict[str, int]])

    def numbers(self, found: Input) -> Mapping[str, int]:
        """The published partitions of an input with the numbers of their documents; empty before the first."""
        at = (found.kind, found.owner)
        if at not in self._numbers:
            self._numbers[at] = input_log(self.lake, found).latest_numbers()
        return self._numbers[at]

    def unpublished(self, table: Derived) -> list[str]:
        """The inputs that have published nothing yet: the table cannot be made before they have."""
        return [found.name for found in table.inputs if not self.numbers(found)]

    def versions(self, table: Derived) -> dict[str, Versions]:
        """Each partition that the table can be made for, with the versions that it would be made from."""
        if self.unpublished(table):
            return {}
        parted = table.parted
        whole = {found.name: digest(self.numbers(found)) for found in table.inputs if found is not parted}
        if parted is None:
            return {ALL: whole}
        return {partition: {**whole, parted.name: str(number)} for partition, number in self.numbers(parted).items()}


def input_log(lake: Lake, found: Input) -> VersionLog:
    """The documents of an input."""
    if found.kind == "table":
        return lake.table_log(found.owner)
    return lake.log(found.owner, "staging" if found.kind == "staging" else "target")
