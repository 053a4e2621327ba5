"""Where something was found: the evidence of every finding."""

from dataclasses import dataclass

LONGEST_SHOWN = 60


@dataclass(frozen=True)
class Place:
    """One value, and the file and record that hold it; records count from 1 after the header."""

    value: str
    file: str
    record: int

    def __str__(self) -> str:
        return f"{shown(self.value)} in record {self.record} of {self.file}"


def shown(value: str) -> str:
    """A value in quotes, cut where it is long; line ends and quotes stay visible."""
    return repr(value if len(value) <= LONGEST_SHOWN else value[: LONGEST_SHOWN - 1] + "…")
