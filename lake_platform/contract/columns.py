"""The columns of a dataset, and what a file may do that differs from them."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from lake_platform.contract.strict import Identifier, Strict
from lake_platform.contract.types import ColumnType, parse_type


def _known(text: str) -> str:
    parse_type(text)
    return text


class PlainColumn(Strict):
    """One column of a table: its name, and its type in Redshift's words."""

    name: Identifier
    """Its name in the tables, and in the files where no alias says otherwise."""
    type: Annotated[str, AfterValidator(_known)]
    """smallint, integer, bigint, real, double precision, boolean, date, timestamp, char(n), varchar(n) or
    decimal(p,s); n counts bytes, as in Redshift."""
    required: bool = False
    """A row without a value is invalid, as by an IsComplete rule: of a dataset it goes to quarantine, a table made
    from others is not published with it."""
    description: str = ""
    """What it means; shown in the catalog and on the asset page."""

    @property
    def parsed_type(self) -> ColumnType:
        """The type in the words of every system."""
        return parse_type(self.type)


class Column(PlainColumn):
    """One column of a dataset: a column of its tables, and how a file spells it."""

    aliases: list[str] = Field(default_factory=list[str])
    """Other names that files give it."""
    path: str | None = None
    """JSON: where the value stands, with dots (`customer.address.city`); default: the name."""
    formats: list[str] = Field(default_factory=list[str])
    """Dates and timestamps: patterns in Java's letters, or epoch_s, epoch_ms, epoch_us; the first that fits counts.
    Default: ISO 8601."""
    pii: Literal["hash"] | None = None
    """Personal data: `hash` puts HMAC-SHA256 (64 hexadecimal characters) in place of the text before it leaves the
    processed layer. The raw and validated layers stay clear."""


class Evolution(Strict):
    """What a difference between a file and the contract does."""

    added: Literal["ignore", "warn", "fail"] = "warn"
    """A column that the contract does not know; its values are not read."""
    missing: Literal["warn", "fail"] = "fail"
    """A column that the file lacks; `warn` reads it as NULL."""
    retyped: Literal["warn", "fail"] = "fail"
    """Parquet: a column whose type is not the contract's; `warn` casts it."""
