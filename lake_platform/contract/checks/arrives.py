"""Prefix, pattern, start, names of files and the format of their bytes."""

import re
from collections.abc import Iterator

from lake_platform.contract.arrives import FileFormat, Partitioning
from lake_platform.contract.draft import Draft
from lake_platform.contract.faults import Problem, closest
from lake_platform.contract.partitions import PARTS, read_moment

ENCODINGS = (
    *("utf-8", "utf8", "utf-8-sig", "us-ascii", "ascii", "latin-1", "latin1"),
    *(f"iso-8859-{number}" for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 15)),
    *(f"{name}125{number}" for name in ("windows-", "cp") for number in range(9)),
    *("utf-16", "utf-16le", "utf-16be", "utf-16-le", "utf-16-be", "utf-32", "koi8-r", "koi8-u"),
    *("shift-jis", "euc-jp", "euc-kr", "gbk", "gb18030", "big5"),
)
"""Known to Python, which counts records, and to Java, which reads them."""


def check_arrives(draft: Draft) -> Iterator[Problem]:
    """What is wrong with where files land and how they are read."""
    arrives = draft.arrives
    if arrives.prefix is not None:
        yield from _prefix(arrives.prefix)
    if arrives.partition is not None:
        yield from _partition(arrives.partition)
    yield from _files(arrives.files)
    if arrives.format is not None:
        yield from _format(arrives.format)


def _prefix(prefix: str) -> Iterator[Problem]:
    at = ("arrives", "prefix")
    if not prefix.endswith("/"):
        yield Problem(at, f"{prefix!r} does not end in '/'", f"without it, {prefix}2 would be taken as well: {prefix}/")
    if prefix.startswith("/") or "//" in prefix or {".", ".."} & set(prefix.split("/")) or not prefix.isprintable():
        yield Problem(at, f"{prefix!r} is no prefix of keys", "write it below the bucket: crm/customers/")


def _partition(partition: Partitioning) -> Iterator[Problem]:
    at = ("arrives", "partition")
    try:
        read_moment(partition.start)
    except ValueError as error:
        yield Problem((*at, "start"), str(error))
    if partition.by == "none":
        if partition.pattern is not None:
            yield Problem(
                (*at, "pattern"), "by: none has no pattern: every file of the prefix is in one partition", "remove it"
            )
        return
    if partition.pattern is None:
        yield Problem((*at, "pattern"), f"by: {partition.by} needs a pattern", _pattern_hint(partition))
        return
    try:
        groups = set(re.compile(partition.pattern).groupindex)
    except re.error as error:
        yield Problem((*at, "pattern"), f"{partition.pattern!r} is no regular expression: {error}")
        return
    spelled, parts = {name for names in PARTS.values() for name in names} & groups, set(PARTS[partition.by])
    if spelled != {partition.by} and not parts <= groups:
        told = ", ".join(sorted(spelled)) or "none"
        yield Problem(
            (*at, "pattern"),
            f"its groups of time are {told}, by: {partition.by} needs others",
            _pattern_hint(partition),
        )


def _pattern_hint(partition: Partitioning) -> str:
    if partition.by == "none":
        return ""
    return f"either the groups {', '.join(PARTS[partition.by])}, or (?P<{partition.by}>…) around an ISO date"


def _files(files: list[str] | str | None) -> Iterator[Problem]:
    at = ("arrives", "files")
    if isinstance(files, str):
        try:
            re.compile(files)
        except re.error as error:
            yield Problem(at, f"{files!r} is no regular expression: {error}", 'suffixes stand in a list: [".csv"]')
    elif files is not None and (not files or "" in files):
        yield Problem(at, "an empty list or suffix says nothing", "leave `files` out to take every file")


def _format(form: FileFormat) -> Iterator[Problem]:
    at = ("arrives", "format")
    if form.encoding.lower().replace("_", "-") not in ENCODINGS:
        yield Problem((*at, "encoding"), f"{form.encoding!r} is no encoding here", closest(form.encoding, ENCODINGS))
    for name in ("quote", "escape", "comment"):
        value = getattr(form, name)
        if value is not None and (len(value) != 1 or value in "\r\n\0"):
            yield Problem((*at, name), f"{value!r} is not one character")
    if not form.delimiter or set(form.delimiter) & set("\r\n\0"):
        yield Problem((*at, "delimiter"), f"{form.delimiter!r} separates nothing", r'a tab is "\t"')
    elif set(form.delimiter) & {form.quote, form.escape, form.comment}:
        yield Problem((*at, "delimiter"), f"{form.delimiter!r} holds quote, escape or comment", "choose another")
    if form.decimal not in (".", ","):
        yield Problem((*at, "decimal"), f"{form.decimal!r} is no decimal mark", "use . or ,")
    if form.thousands is not None and (len(form.thousands) != 1 or form.thousands.isalnum() or form.thousands in "+-"):
        yield Problem((*at, "thousands"), f"{form.thousands!r} is not one sign")
    if form.thousands == form.decimal:
        yield Problem(
            (*at, "thousands"), f"{form.thousands!r} is the decimal mark as well", "set `decimal` to the other one"
        )
