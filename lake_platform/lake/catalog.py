"""The catalog: which tables there are, where their data is, what it looks like and what it was made of.

One interface, an adapter for each backend. An entry holds what a table of the Glue Data Catalog holds: database, name,
columns with Hive types, serde, location, parameters, and partitions with locations of their own. `type` is the type in
the words of the contract, which Hive's words cannot always say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from lake_platform.lake.schema_changes import SchemaChanges


@dataclass(frozen=True, kw_only=True)
class CatalogColumn:
    """One column: its type in Redshift's words and in Hive's. `aliases` are names that it had or has in files."""

    name: str
    type: str
    hive: str
    comment: str = ""
    required: bool = False
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class StorageFormat:
    """How the bytes are read, in Hive's words; a table of the warehouse has only a `kind`."""

    kind: str
    input_format: str = ""
    output_format: str = ""
    serde: str = ""
    serde_parameters: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, kw_only=True)
class CatalogTable:
    """What is true of a table as a whole. Where one of these fields changes, the table gets a new version.

    Attributes:
        location: `s3://…/`, or `schema.table` in the warehouse.
        parameters: short facts: asset, dataset, layer, owners.
        sources: the names of the tables, or the address in landing, that it is made of.
    """

    database: str
    table: str
    description: str
    location: str
    format: StorageFormat
    columns: tuple[CatalogColumn, ...]
    partition_keys: tuple[CatalogColumn, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    sources: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """`database.table`."""
        return f"{self.database}.{self.table}"


@dataclass(frozen=True, kw_only=True)
class CatalogInput:
    """One input of a partition: a table, and the number and token of the document that was read."""

    name: str
    number: int | None
    token: str


@dataclass(frozen=True, kw_only=True)
class CatalogPartition:
    """One published partition.

    Attributes:
        number: of the document that it is registered from; a lower one never replaces a higher one.
        size: bytes; None in the warehouse.
        checks: check name to whether it passed.
    """

    key: str
    number: int
    token: str
    published_at: str
    location: str
    manifest: str | None = None
    rows: int | None = None
    size: int | None = None
    checks: Mapping[str, bool] = field(default_factory=dict[str, bool])
    inputs: tuple[CatalogInput, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CatalogEntry:
    """A table and partitions of it."""

    table: CatalogTable
    partitions: Mapping[str, CatalogPartition]


@dataclass(frozen=True, kw_only=True)
class TableVersion:
    """One version of a table; `changes` says what differs from the version before, None for the first."""

    number: int
    registered_at: str
    table: CatalogTable
    changes: SchemaChanges | None


class Catalog(Protocol):
    """Where tables are registered."""

    def register(self, entry: CatalogEntry) -> TableVersion:
        """Makes the catalog say this; writes only what differs from what it says.

        Partitions that the entry does not name stay. Safe beside other writers.

        Returns:
            The newest version of the table.

        Raises:
            VersionTakenError: others wrote the same table meanwhile, again and again.
        """
        ...

    def latest(self, name: str) -> CatalogEntry | None:
        """The table `database.table` with all its partitions; None where there is no such table."""
        ...

    def entries(self) -> Sequence[CatalogEntry]:
        """All tables, by name."""
        ...

    def history(self, name: str) -> Sequence[TableVersion]:
        """All versions of a table, oldest first; empty where there is no such table."""
        ...
