"""What no declaration can know by itself: names, tables and prefixes that meet, inputs, and the code of transforms."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.document import Document
from lake_platform.contract.faults import Fault, Location, Problem, path_text
from lake_platform.contract.functions import find_function_problems
from lake_platform.contract.inputs import find_input_problems

DEFAULT_SCHEMA = "public"


@dataclass(frozen=True)
class Source:
    """A contract and the document that it was read from."""

    contract: DatasetContract
    document: Document


def find_own_faults(sources: Sequence[Source]) -> Iterator[Fault]:
    """Faults of each dataset in what it names outside its file: the function of its transform."""
    for source in sources:
        yield from (_fault(source, problem) for problem in find_function_problems(source.contract))


def find_input_faults(sources: Sequence[Source]) -> Iterator[Fault]:
    """Inputs that are not there, that cannot be read, or that go in a circle."""
    known = {source.contract.name: source.contract for source in sources}
    for source in sources:
        yield from (_fault(source, problem) for problem in find_input_problems(source.contract, known))


def find_faults_between(sources: Sequence[Source]) -> Iterator[Fault]:
    """Each fault stands at the later of two files and names the earlier."""
    for number, source in enumerate(sources):
        for other in sources[:number]:
            for at, message, hint in _pair(source.contract, other.contract):
                place = f"{other.document.file}:{other.document.line(('attributes', *at))}"
                yield _fault(source, Problem(at, f"{message} in {place} too", hint))


def _fault(source: Source, problem: Problem) -> Fault:
    return Fault(
        file=source.document.file,
        line=source.document.line(("attributes", *problem.at)),
        field=path_text(problem.at),
        message=problem.message,
        hint=problem.hint,
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
