"""What a Spark job is asked and what it answers: plain dataclasses, JSON both ways, no dependency but the standard library."""

from dataclasses import dataclass, field
from typing import Literal

from glue_jobs.wire import from_wire, to_wire

JobName = Literal["validate", "process"]
Severity = Literal["quarantine", "block", "warn"]


@dataclass(frozen=True, kw_only=True)
class ColumnSpec:
    """A column as the jobs need it: `type` is Spark's own text (`decimal(18,2)`, `timestamp`), `max_bytes` the limit of a VARCHAR."""

    name: str
    type: str
    required: bool = False
    aliases: tuple[str, ...] = ()
    path: str | None = None
    formats: tuple[str, ...] = ()
    max_bytes: int | None = None
    pii: str | None = None


@dataclass(frozen=True, kw_only=True)
class RowRuleSpec:
    """A row rule: `predicate` is Spark SQL text over contract columns, true where the row is good and never NULL."""

    name: str
    rule: str
    predicate: str
    otherwise: Severity


@dataclass(frozen=True, kw_only=True)
class BatchRuleSpec:
    """A batch rule: DQDL text for Deequ."""

    name: str
    rule: str
    otherwise: Severity


@dataclass(frozen=True, kw_only=True)
class InputFile:
    """One object to read. `key` and `time` are the rank (`_file`, `_file_time`), `header` the names the file itself has, in order."""

    url: str
    key: str
    time: str
    size: int
    header: tuple[str, ...] = ()
    records: int | None = None
    """Rows counted without Spark, where that could be counted."""


@dataclass(frozen=True, kw_only=True)
class PartitionWork:
    """One partition of a job: what it reads."""

    partition: str
    token: str
    files: tuple[InputFile, ...]


@dataclass(frozen=True, kw_only=True)
class InputTable:
    """The published rows of another dataset: its produced columns, and the Parquet files that hold them."""

    columns: tuple[ColumnSpec, ...]
    urls: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class JobRequest:
    """One job for many partitions of one dataset. `output` is an `s3://` folder of this attempt alone.

    `pii_key` is a secret: it stays in memory and is left out of the JSON; a job that is started from a file is given
    it beside the file.
    """

    job: JobName
    dataset: str
    token: str
    output: str
    """The valid rows go below `output`/rows."""
    partitions: tuple[PartitionWork, ...]
    columns: tuple[ColumnSpec, ...]
    format: dict[str, object] = field(default_factory=dict)
    row_rules: tuple[RowRuleSpec, ...] = ()
    batch_rules: tuple[BatchRuleSpec, ...] = ()
    delete_when: str | None = None
    """Spark SQL predicate over contract columns; `_op` is D where it is true, else U."""
    keys: tuple[str, ...] = ()
    """Business keys: quarantined rows report whether their key could be read."""
    delivers: str = "events"
    transform: str | None = None
    inputs: dict[str, InputTable] = field(default_factory=dict)
    """Other datasets for the transform, by the names of its parameters."""
    produces: tuple[ColumnSpec, ...] = ()
    rows: str = "same"
    counted: str | None = None
    """`rows: aggregate`: the produced column that says how many rows were put together."""
    sums: dict[str, str] = field(default_factory=dict)
    """`rows: aggregate`: column that was read -> produced column that holds its sum."""
    pii_key: str | None = field(default=None, repr=False, metadata={"secret": True})
    quarantine_output: str | None = None
    """The folder for rows that are set aside; default: `output`/quarantine."""

    sets_aside: bool = True
    """Whether invalid rows are written to quarantine; else they are only counted, and the partition will be refused."""

    def to_json(self) -> str:
        return to_wire(self)

    @classmethod
    def from_json(cls, text: str) -> "JobRequest":
        """Raises `WireFormatError` where the text is not exactly a request of this format."""
        return from_wire(cls, text)


@dataclass(frozen=True, kw_only=True)
class OutputFile:
    """One Parquet file that was written."""

    url: str
    content_length: int
    record_count: int


@dataclass(frozen=True, kw_only=True)
class RuleOutcome:
    """What became of one rule in one partition. `error` is set where the rule could not be evaluated: that is not a failed rule."""

    name: str
    rule: str
    otherwise: Severity
    passed: bool
    failed_rows: int | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    reason: str | None = None
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class Total:
    """One total of an aggregate on both of its sides, as exact decimal text. `of` is None where rows are counted."""

    column: str
    of: str | None
    read: str
    made: str


@dataclass(frozen=True, kw_only=True)
class PartitionReport:
    """The figures of one partition: rows_in = rows_out + rows_quarantined + rows_dropped for `same` and `filter`."""

    partition: str
    token: str
    rows_in: int
    rows_out: int
    rows_quarantined: int = 0
    rows_dropped: int = 0
    rows_unknown: int = 0
    """Snapshots: marker rows (`_op` = '?', keys only) written beside the rows, one for each key that is known to be unknown."""
    files: tuple[OutputFile, ...] = ()
    quarantine_files: tuple[OutputFile, ...] = ()
    reasons: dict[str, int] = field(default_factory=dict)
    rules: tuple[RuleOutcome, ...] = ()
    unreadable_keys: int = 0
    """Quarantined rows whose business key could not be read."""
    sample: tuple[dict[str, object], ...] = ()
    totals: tuple[Total, ...] = ()
    """`rows: aggregate`: what must be equal on both sides; empty for a partition without files."""
    problem: str | None = None
    """Why this partition must not be published, where the figures alone do not say it (rows read differ from rows counted)."""
    run: dict[str, object] = field(default_factory=dict)
    """What the runner tells of the run that made it (on Glue: run id, DPU-seconds, cost); a job leaves it empty."""


@dataclass(frozen=True, kw_only=True)
class JobReport:
    """The answer to one `JobRequest`, written last: its presence means that every file it names is complete."""

    job: JobName
    dataset: str
    token: str
    seconds: float
    partitions: tuple[PartitionReport, ...]

    def to_json(self) -> str:
        return to_wire(self)

    @classmethod
    def from_json(cls, text: str) -> "JobReport":
        """Raises `WireFormatError` where the text is not exactly a report of this format."""
        return from_wire(cls, text)


@dataclass(frozen=True, kw_only=True)
class JobFailure:
    """Why a job did not come to a report. `refused`: the same request fails again."""

    job: JobName
    dataset: str
    token: str
    error: str
    message: str
    refused: bool

    def to_json(self) -> str:
        return to_wire(self)

    @classmethod
    def from_json(cls, text: str) -> "JobFailure":
        """Raises `WireFormatError` where the text is not exactly a failure of this format."""
        return from_wire(cls, text)


def failure_url(request_url: str) -> str:
    """Where a job that was asked by this request says why it failed."""
    folder, _, name = request_url.rpartition("/")
    return f"{folder}/{name.replace('request', 'failure', 1)}"
