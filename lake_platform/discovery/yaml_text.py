"""Findings as a `defs.yaml`, with the evidence as comments."""

import json
from collections.abc import Iterator

from lake_platform.contract.dataset import FileFormat
from lake_platform.discovery.discover import Findings
from lake_platform.discovery.places import shown
from lake_platform.discovery.proposals import propose_rules
from lake_platform.discovery.schema import ColumnFound, is_personal

BLOCK_ABOVE = 0.05
_SUFFIXES = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".parquet")


def render_definition(name: str, found: Findings) -> str:
    """The text of a definition that `lake check` accepts as it stands."""
    shown_as = found.sample.rstrip("/").rpartition("/")[2]
    lines = [
        f"# Made by `lake new {name}` from {len(found.keys)} file(s), {found.scan.rows} record(s), all of them read.",
        "# Comments are what was found; nothing depends on them.",
        *_faults(found),
        "type: lake_platform.Dataset",
        "attributes:",
        f"  name: {name}",
        f"  description: {scalar(f'{name}, as found in {shown_as}')}  # say what one row is",
        *_arrives(name, found),
        "  columns:",
        *(line for column in found.schema.columns for line in _column(column, found)),
        *_left_out(found),
        *(
            ["  evolution: {missing: warn}  # not all files have " + comment_text(", ".join(found.optional))]
            if found.optional
            else []
        ),
        "  quality:",
        *(
            f"    - {{rule: {scalar(each.rule)}, otherwise: {each.otherwise}}}  # {comment_text(each.evidence)}"
            for each in propose_rules(found.schema)
        ),
        f"  quarantine: {{block_above: {BLOCK_ABOVE}}}",
        "  target:",
        f"    table: {name}",
        "    write: replace_partition  # with delivers: changes or snapshot: upsert or scd2, and keys",
    ]
    return "\n".join(lines) + "\n"


def _faults(found: Findings) -> Iterator[str]:
    scan = found.scan
    for key, reason in found.unreadable.items():
        yield f"# NOT READ: {comment_text(f'{key}: {reason}')}"
    if scan.faulty:
        blocks = scan.faulty / scan.rows > BLOCK_ABOVE
        then = "refuse the partition by block_above" if blocks else "go to quarantine"
        yield f"# {scan.faulty} of {scan.rows} record(s) are malformed and would {then}:"
        yield from (f"#   {comment_text(fault)}" for fault in scan.faults)


def _arrives(name: str, found: Findings) -> Iterator[str]:
    partition = found.partition
    yield "  arrives:"
    yield f"    prefix: {scalar(found.prefix or f'{name}/')}  # below the landing bucket"
    parts = f"by: {partition.by}"
    if partition.pattern is not None:
        parts += f", start: {scalar(partition.start or '')}, from: key, pattern: {scalar(partition.pattern)}"
    yield f"    partition: {{{parts}}}  # {comment_text(partition.evidence)}"
    yield from (f"    # {comment_text(told)}" for told in (*found.form_evidence, *found.schema.notes))
    yield f"    format: {render_format(found.form)}"
    if suffixes := _suffixes(found.keys):
        yield f"    files: [{', '.join(scalar(suffix) for suffix in suffixes)}]"
    yield "    delivers: events  # facts; or changes, or snapshot: what all there is looks like"


def render_format(form: FileFormat) -> str:
    """The format in one line, without what is as by default."""
    default = FileFormat(kind=form.kind)
    told = [f"kind: {form.kind}"]
    if form.kind == "csv":
        told.append(f"header: {str(form.header).lower()}")
    for setting in ("delimiter", "quote", "escape", "encoding", "nulls", "skip", "comment", "decimal", "thousands"):
        value = getattr(form, setting)
        if value != getattr(default, setting):
            told.append(f"{setting}: {json.dumps(value, ensure_ascii=False)}")
    return f"{{{', '.join(told)}}}"


def _suffixes(keys: tuple[str, ...]) -> list[str]:
    """The endings of the files, where all have a known one."""
    found: set[str] = set()
    for key in keys:
        packed = ".gz" if key.endswith(".gz") else ""
        ending = next((suffix for suffix in _SUFFIXES if key.removesuffix(packed).endswith(suffix)), None)
        if ending is None:
            return []
        found.add(ending + packed)
    return sorted(found)


def _column(column: ColumnFound, found: Findings) -> Iterator[str]:
    told = [f"name: {column.name}", f"type: {scalar(column.type) if ',' in column.type else column.type}"]
    if column.required:
        told.append("required: true")
    if column.alias is not None and not (found.form.kind == "csv" and not found.form.header):
        told.append(f"aliases: [{scalar(column.alias)}]")
    if column.path is not None:
        told.append(f"path: {scalar(column.path)}")
    if column.formats:
        told.append(f"formats: [{', '.join(scalar(each) for each in column.formats)}]")
    yield f"    - {{{', '.join(told)}}}  # {comment_text('; '.join(_evidence(column, found)))}"


def _evidence(column: ColumnFound, found: Findings) -> Iterator[str]:
    scan = column.scan
    if column.name == found.schema.key:
        yield "key"
    yield from column.notes
    if scan.example is not None and not any(
        column.type.startswith("varchar") and "text" in note for note in column.notes
    ):
        yield f"e.g. {shown(scan.example.value)}"
    if scan.empty:
        yield f"{scan.empty} of {scan.rows} empty"
    if scan.padded is not None and column.type.startswith("varchar"):
        yield f"spaces around: {scan.padded}"
    if is_personal(column):
        yield "personal data? then a varchar(64) or longer with pii: hash"


def _left_out(found: Findings) -> Iterator[str]:
    taken = {column.source for column in found.schema.columns}
    for name in found.scan.columns:
        if name not in taken:
            yield f"    # left out: {comment_text(name)} is {comment_text(found.scan.types.get(name, ''))}, which no column can hold"


def scalar(value: str) -> str:
    """A YAML scalar that is read back as it is; single quotes keep backslashes."""
    return "'" + value.replace("'", "''") + "'" if value.isprintable() else json.dumps(value, ensure_ascii=True)


def comment_text(text: str) -> str:
    """One line without signs that end a comment or are no YAML."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)
