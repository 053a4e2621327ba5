"""What is wrong with a definition file, and where."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

Location = tuple[str | int, ...]
"""The path of a value: `("quality", 2, "rule")`."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault: where it is and what to do. `field` is the path below `attributes`, empty for the file as a whole."""

    file: Path
    line: int
    field: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: "
        field = f"{self.field}: " if self.field else ""
        return where + field + self.message + (f"; {self.hint}" if self.hint else "")


@dataclass(frozen=True)
class Problem:
    """What is wrong with a declaration, before it is known where in a file that stands."""

    at: Location
    message: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{path_text(self.at)}: {self.message}" + (f"; {self.hint}" if self.hint else "")


def path_text(at: Location) -> str:
    """`quality.2.rule`."""
    return ".".join(str(part) for part in at)


def closest(name: str, known: Iterable[str]) -> str:
    """A hint with the known name that looks most like this one."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(names)}"
