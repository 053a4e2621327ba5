"""How a CSV file is written: delimiter, quote, escape, comments, lines before the header, header or not.

DuckDB's sniffer and clevercsv were tried on files with faults: the first gives up the delimiter where rows are short or
long, leaves out the rows that do not fit, and reads UTF-8 only (66 MB); the second takes letters of files with one
column for delimiters. Here the delimiter wins under which most records are as wide as each other, faults included.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from lake_platform.contract.dataset import FileFormat
from lake_platform.discovery.csv_records import CsvRecord, csv_records
from lake_platform.discovery.kinds import KINDS
from lake_platform.lake.reading.unreadable import UnreadableFileError

DELIMITERS = (",", ";", "\t", "|", "~", "^", "\x01")
LOOKED_LINES = 5_000
MAX_SKIPPED = 20
_NAME = re.compile(r"[^\W\d][\w .\-/()%#&+:$€?]{0,99}")


@dataclass(frozen=True)
class Dialect:
    """The settings of `arrives.format`, the names of the header, and what speaks for them.

    Attributes:
        header: empty where the file has none that can name columns.
        width: fields of most records.
    """

    form: FileFormat
    header: tuple[str, ...]
    width: int
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class _Candidate:
    form: FileFormat
    records: list[CsvRecord]
    width: int
    score: tuple[float, float, float]


def find_dialect(lines: Iterator[str], encoding: str) -> Dialect:
    """Looks at the beginning of a file, a few thousand lines; all of it is read under the dialect later.

    Raises:
        UnreadableFileError: there is no line with text, or a quote does not close under any dialect.
    """
    head = list(islice(lines, LOOKED_LINES))
    whole = len(head) < LOOKED_LINES
    if not any(line.strip() for line in head):
        raise UnreadableFileError("the file holds no line with text")
    comment = _comment(head)
    quote = "'" if _single_quotes(head) else '"'
    candidates: list[_Candidate] = []
    fault: UnreadableFileError | None = None
    for escape in (quote, "\\"):
        for delimiter in DELIMITERS:
            form = FileFormat(
                kind="csv", delimiter=delimiter, quote=quote, escape=escape, encoding=encoding, comment=comment
            )
            try:
                found = _candidate(form, head, whole=whole)
            except UnreadableFileError as error:
                fault = error
                continue
            if found is not None:
                candidates.append(found)
    best = max(candidates, key=lambda each: each.score, default=None)
    # Without any delimiter no quote opens a field, so an open one would be taken for text.
    if fault is not None and (best is None or best.width == 1):
        raise fault
    if best is None:
        raise UnreadableFileError("the file holds no record")
    return _finished(best, head)


def _candidate(form: FileFormat, head: Sequence[str], *, whole: bool) -> _Candidate | None:
    records: list[CsvRecord] = []
    try:
        for record in csv_records(iter(head), form):
            records.append(record)
    except UnreadableFileError:
        # The beginning of a file may end inside quotes; a whole file may not.
        if whole or not records:
            raise
    if not records:
        return None
    widths = Counter(len(record.fields) for record in records)
    first = len(records[0].fields)
    width = max(widths, key=lambda each: (widths[each], each == first, each))
    if width == 1 and first > 1 and widths[1] * 2 < len(records):
        width = first
    split = sum(len(record.fields) > 1 for record in records) / len(records)
    clean = sum(record.clean for record in records) / len(records)
    fits = widths[width] / len(records)
    # Records that are not split at all are of one width under any delimiter.
    return _Candidate(form, records, width, (clean, fits if split > 0.5 else -1 + split / 1000, _typed(records)))


def _typed(records: Sequence[CsvRecord]) -> float:
    """The share of fields that are something besides text: decides between `1,5;2,6` as two numbers and as three texts."""
    cells = [field.strip() for record in records[:200] for field in record.fields]
    return sum(any(test(cell) for test in KINDS.values()) for cell in cells) / len(cells) if cells else 0.0


def _comment(head: Sequence[str]) -> str | None:
    """A sign that begins the first lines and no line after the first one without it."""
    signs = [line[:1] for line in head if line.strip()]
    number = next((at for at, sign in enumerate(signs) if sign != "#"), len(signs))
    return "#" if 0 < number < len(signs) else None


def _single_quotes(head: Sequence[str]) -> bool:
    text = "".join(head)
    if '"' in text:
        return False
    opened = re.findall(r"(?:^|[,;\t|])'([^'\r\n]*)('?)(?=[,;\t|]|$)", text, re.MULTILINE)
    return bool(opened) and all(closed for _, closed in opened)


def _finished(best: _Candidate, head: Sequence[str]) -> Dialect:
    """Lines before the header, and the header."""
    evidence = [_told_width(best)]
    skip = _skipped(best)
    records = best.records[skip:]
    if skip:
        evidence.append(
            f"skip: the first {skip} line(s) are no records of {best.width} field(s): {head[0].strip()[:60]!r}"
        )
    names = [name.strip() for name in records[0].fields]
    header, told = _is_header(names, records[1:])
    evidence.append(told)
    folded = [name.casefold() for name in names]
    if header and (not all(folded) or len(set(folded)) < len(folded)):
        alike = next((name for name in names if folded.count(name.casefold()) > 1), "")
        why = f"{alike!r} stands there twice" if alike else "a name is empty"
        evidence.append(
            f"the header cannot name the columns, {why}: it is skipped, and columns are read by their place"
        )
        form = best.form.model_copy(update={"skip": skip + 1, "header": False})
        return Dialect(form, (), best.width, tuple(evidence))
    form = best.form.model_copy(update={"skip": skip, "header": header})
    return Dialect(form, tuple(records[0].fields) if header else (), best.width, tuple(evidence))


def _told_width(best: _Candidate) -> str:
    wide = sum(len(record.fields) == best.width for record in best.records)
    name = {"\t": "tab", "\x01": "byte 1"}.get(best.form.delimiter, repr(best.form.delimiter))
    if best.width == 1:
        return "one column: no delimiter splits most records"
    return f"delimiter {name}: {wide} of the first {len(best.records)} records have {best.width} fields"


def _skipped(best: _Candidate) -> int:
    """Leading records of another width, where what follows is of one; they must be lines, since `skip` counts lines."""
    other = 0
    for record in best.records[: MAX_SKIPPED + 1]:
        if len(record.fields) == best.width:
            break
        other += 1
    after = best.records[other:]
    alike = sum(len(record.fields) == best.width for record in after)
    return other if 0 < other <= MAX_SKIPPED and after and alike * 10 >= len(after) * 9 else 0


def _is_header(names: Sequence[str], rest: Sequence[CsvRecord]) -> tuple[bool, str]:
    """Whether the first record names columns, and why that is thought."""
    if any(_kinds(name) for name in names):
        typed = next(name for name in names if _kinds(name))
        return False, f"header: false, for the first record holds {typed!r}"
    if not any(names):
        return True, "header: the first record is empty fields only"
    for at, name in enumerate(names):
        cells = [
            record.fields[at].strip() for record in rest[:1000] if at < len(record.fields) and record.fields[at].strip()
        ]
        typed = sum(bool(_kinds(cell)) for cell in cells)
        if cells and typed * 2 > len(cells):
            return True, f"header: true, for {name!r} is text above {cells[0]!r}"
    if all(_NAME.fullmatch(name) for name in names if name) and not _recurs(names, rest):
        return True, "header: true, for the first record looks like names; all columns are text, so look at it"
    return False, "header: false, for the first record does not look like names; all columns are text, so look at it"


def _kinds(cell: str) -> bool:
    return any(test(cell) for kind, test in KINDS.items() if kind != "boolean")


def _recurs(names: Sequence[str], rest: Sequence[CsvRecord]) -> bool:
    return any(
        name and at < len(record.fields) and record.fields[at] == name
        for record in rest
        for at, name in enumerate(names)
    )
