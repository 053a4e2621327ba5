"""Where the files of a dataset land, which of them count, how they are read and what each says."""

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from lake_platform.contract.strict import Delivers, PartitionBy, Strict


def _date_as_text(value: Any) -> Any:
    """YAML 1.1 readers make a date of `2015-01-01`; here it is text, as in JSON."""
    return value.isoformat() if isinstance(value, dt.date) else value


class Partitioning(Strict):
    """How the landing key of a file says which partition it belongs to."""

    by: PartitionBy
    """Length of a partition; `none`: the whole prefix is one partition with the key `all`."""
    start: Annotated[str, BeforeValidator(_date_as_text)] = "2000-01-01"
    """The first partition there is, as an ISO date; files of earlier ones are refused by name."""
    from_: Literal["key"] = Field(default="key", alias="from")
    """Where the logical date is read from: the object's key."""
    pattern: str | None = None
    r"""Regular expression, searched in the key behind the prefix, with the named groups year, month, day and hour as far
    as `by` needs them, or one group named as `by` that holds an ISO date: `dt=(?P<day>\d{4}-\d{2}-\d{2})/`."""


class FileFormat(Strict):
    """How the bytes of a file are read."""

    kind: Literal["csv", "json", "parquet"]
    """`csv`, `json` (one object per line, or one array) or `parquet`."""
    header: bool = True
    """CSV: whether the first record names the columns; without it they stand in the order of `columns`."""
    delimiter: str = ","
    """CSV: what stands between two fields, mostly one character."""
    quote: str = '"'
    """CSV: the character around a field that holds delimiters or line ends."""
    escape: str = '"'
    """CSV: the character that takes the meaning of the next one away, inside quotes; the quote itself where quotes
    are doubled."""
    encoding: str = "utf-8"
    """The character encoding, by a name that Python and Java both know."""
    nulls: list[str] = Field(default_factory=lambda: [""])
    """Texts that mean NULL. An empty list: nothing does, and an empty text is a text."""
    multiline: bool = True
    """CSV: whether a quoted field may hold line ends. Without it large files are read in parts, which is faster."""
    skip: int = Field(default=0, ge=0)
    """CSV: lines to leave out before the header."""
    footer: int = Field(default=0, ge=0)
    """CSV: records to leave out at the end."""
    comment: str | None = None
    """CSV: lines that begin with this character are left out."""
    decimal: str = "."
    """The decimal mark of numbers: `.` or `,`."""
    thousands: str | None = None
    """The mark between groups of three digits, if there is one."""


class Arrives(Strict):
    """Where the files of a dataset land, which of them count and what each says."""

    prefix: str
    """The key prefix below the landing bucket; it ends in `/`, so that `customers/` never takes `customers2/`."""
    partition: Partitioning
    """How a key says which partition the file belongs to."""
    format: FileFormat
    """How the bytes are read."""
    delivers: Delivers
    """What a partition says: `changes` (what happened to some keys), `snapshot` (all there is), `events` (facts that
    never change)."""
    files: list[str] | str | None = None
    """Suffixes such as [".csv", ".csv.gz"], or one regular expression on the last part of the key; others are ignored and counted."""
    settle: float | None = Field(default=None, ge=0)
    """Seconds a file must be old before it is read; default 2 locally, 0 on S3."""
    shared: bool = False
    """Whether another dataset reads the same prefix; both have to say so."""
    duplicates: Literal["skip", "keep"] = "skip"
    """What becomes of a file with the same bytes as another one of its partition: it adds no rows, or it counts."""
