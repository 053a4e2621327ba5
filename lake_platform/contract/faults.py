"""What is wrong with a definition file, and where."""

from dataclasses import dataclass
from pathlib import Path


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
