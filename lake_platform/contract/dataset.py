"""What an author may declare of a dataset, as strict models: unknown keys and wrong types are errors.

The YAML under `attributes:` of a `defs.yaml` with `type: lake_platform.Dataset` is one `DatasetContract`.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Layer = Literal["raw", "validated", "processed", "staging", "target"]
LAYERS: tuple[Layer, ...] = ("raw", "validated", "processed", "staging", "target")

PartitionBy = Literal["hour", "day", "month", "none"]
Delivers = Literal["changes", "snapshot", "events"]
Otherwise = Literal["quarantine", "block", "warn"]
WriteMode = Literal["replace", "replace_partition", "upsert", "scd2"]
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,99}$")]


class Strict(BaseModel):
    """No unknown key, no coercion, no change after construction."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Partitioning(Strict):
    """How the landing key of a file says which partition it belongs to."""

    by: PartitionBy
    start: str = "2000-01-01"
    from_: Literal["key"] = Field(default="key", alias="from")
    pattern: str | None = None


class FileFormat(Strict):
    """How the bytes of a file are read."""

    kind: Literal["csv", "json", "parquet"]
    header: bool = True
    delimiter: str = ","
    quote: str = '"'
    escape: str = '"'
    encoding: str = "utf-8"
    nulls: list[str] = [""]
    multiline: bool = True
    skip: int = 0
    footer: int = 0
    comment: str | None = None
    decimal: str = "."
    thousands: str | None = None


class Arrives(Strict):
    """Where the files of a dataset land, which of them count and what each says."""

    prefix: str
    partition: Partitioning
    format: FileFormat
    delivers: Delivers
    files: list[str] | str | None = None
    """Suffixes such as [".csv", ".csv.gz"], or one regular expression on the last part of the key; others are ignored and counted."""
    settle: float | None = None
    """Seconds a file must be old before it is read; default 2 locally, 0 on S3."""
    duplicates: Literal["skip", "keep"] = "skip"


class Column(Strict):
    """One column: its name in the tables, its type in Redshift's words, and how a file spells it."""

    name: Identifier
    type: str
    required: bool = False
    description: str = ""
    aliases: list[str] = []
    path: str | None = None
    formats: list[str] = []
    pii: Literal["hash"] | None = None


class Evolution(Strict):
    """What a difference between a file and the contract does."""

    added: Literal["ignore", "warn", "fail"] = "warn"
    missing: Literal["warn", "fail"] = "fail"
    retyped: Literal["warn", "fail"] = "fail"


class QualityRule(Strict):
    """One DQDL rule and what happens where it does not hold."""

    rule: str
    otherwise: Otherwise


class Quarantine(Strict):
    """Rows that break a row rule are set aside; above this share of a partition's rows nothing is published."""

    block_above: float = Field(ge=0.0, le=1.0)


class Transform(Strict):
    """A pure function of DataFrames, run by the `process` job."""

    run: str
    inputs: dict[str, str] = {}
    produces: list[Column] | None = None
    rows: Literal["same", "filter", "expand", "aggregate"]


class Deletes(Strict):
    """What takes a key out of the target."""

    when: str | None = None
    absent: Literal["close", "keep"] | None = None
    empty: Literal["allow", "refuse"] = "refuse"


class Target(Strict):
    """The published table and how rows are written into it."""

    table: str
    write: WriteMode
    keys: list[str] = []
    effective_at: str | None = None
    tracked: list[str] | None = None
    deletes: Deletes | None = None


class DatasetContract(Strict):
    """One dataset: from the files that land to the published table."""

    name: Identifier
    description: str
    owners: list[str] = []
    group: Identifier | None = None
    arrives: Arrives
    columns: list[Column] = Field(min_length=1)
    evolution: Evolution = Evolution()
    quality: list[QualityRule] = []
    quarantine: Quarantine | None = None
    transform: Transform | None = None
    target: Target | None = None
    last_layer: Literal["processed", "staging"] = "staging"
    """Where the chain ends when no target is declared."""

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers that are built, raw first; the last one is what "reached the target" means."""
        last = "target" if self.target else self.last_layer
        return LAYERS[: LAYERS.index(last) + 1]

    @property
    def produced(self) -> list[Column]:
        """The columns after the transform, in DDL order."""
        return self.columns if self.transform is None or self.transform.produces is None else self.transform.produces
