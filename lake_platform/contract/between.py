"""What no file can know by itself: names, tables and prefixes that meet."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.document import Document
from lake_platform.contract.faults import Fault, Location, path_text

DEFAULT_SCHEMA = "public"


@dataclass(frozen=True)
class Source:
    """A contract and the document that it was read from."""

    contract: DatasetContract
    document: Document


def find_faults_between(sources: Sequence[Source]) -> Iterator[Fault]:
    """Each fault stands at the later of two files and names the earlier."""
    for number, source in enumerate(sources):
        for other in sources[:number]:
            for at, message, hint in _pair(source.contract, other.contract):
                place = f"{other.document.file}:{other.document.line(('attributes', *at))}"
                yield Fault(
                    file=source.document.file,
                    line=source.document.line(("attributes", *at)),
                    field=path_text(at),
                    message=f"{message} in {place} too",
                    hint=hint,
                )


def _pair(one: DatasetContract, other: DatasetContract) -> Iterator[tuple[Location, str, str]]:
    if one.name == other.name:
        yield ("name",), f"a dataset {one.name!r} is declared", "rename one of them"
    if one.target and other.target and _full(one.target.table) == _full(other.target.table):
        yield ("target", "table"), f"{one.target.table!r} is the target of {other.name!r}", "give each its own table"
    mine, theirs = one.arrives.prefix, other.arrives.prefix
    shared = mine == theirs and one.arrives.shared and other.arrives.shared
    if not shared and (mine.startswith(theirs) or theirs.startswith(mine)):
        message = f"files below {max(mine, theirs, key=len)!r} belong to {other.name!r}"
        both = ", or say shared: true in both" if mine == theirs else ""
        yield ("arrives", "prefix"), message, f"give each dataset a prefix of its own{both}"


def _full(table: str) -> str:
    return table if "." in table else f"{DEFAULT_SCHEMA}.{table}"
