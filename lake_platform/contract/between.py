"""What no declaration can know by itself: names, tables and prefixes that meet, inputs, and the code of transforms."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.document import Document
from lake_platform.contract.faults import Fault, Location, Problem, path_text
from lake_platform.contract.functions import find_function_problems
from lake_platform.contract.inputs import find_input_problems
from lake_platform.contract.notebook import NotebookContract
from lake_platform.contract.table import TableContract
from lake_platform.contract.target import DEFAULT_SCHEMA

Contract = DatasetContract | TableContract | NotebookContract
Between = tuple[Location, str, str]
"""Where the fault stands in the later file, what it is, what to do."""


@dataclass(frozen=True)
class DatasetSource:
    """A dataset and the document that it was read from."""

    contract: DatasetContract
    document: Document


@dataclass(frozen=True)
class TableSource:
    """A table made in the warehouse and the document that it was read from."""

    contract: TableContract
    document: Document


@dataclass(frozen=True)
class NotebookSource:
    """A notebook and the document that it was read from."""

    contract: NotebookContract
    document: Document


Source = DatasetSource | TableSource | NotebookSource


def find_own_faults(sources: Sequence[DatasetSource]) -> Iterator[Fault]:
    """Faults of each dataset in what it names outside its file: the function of its transform."""
    for source in sources:
        yield from (fault_at(source, problem) for problem in find_function_problems(source.contract))


def find_input_faults(sources: Sequence[DatasetSource]) -> Iterator[Fault]:
    """Inputs that are not there, that cannot be read, or that go in a circle."""
    known = {source.contract.name: source.contract for source in sources}
    for source in sources:
        yield from (fault_at(source, problem) for problem in find_input_problems(source.contract, known))


def find_faults_between(sources: Sequence[Source]) -> Iterator[Fault]:
    """Each fault stands at the later of two files and names the earlier."""
    for number, source in enumerate(sources):
        for other in sources[:number]:
            for at, message, hint in _pair(source.contract, other.contract):
                place = f"{other.document.file}:{other.document.line(('attributes', *at))}"
                yield fault_at(source, Problem(at, f"{message} in {place} too", hint))


def fault_at(source: Source, problem: Problem) -> Fault:
    """The fault that a problem of a declaration is in its file."""
    return Fault(
        file=source.document.file,
        line=source.document.line(("attributes", *problem.at)),
        field=path_text(problem.at),
        message=problem.message,
        hint=problem.hint,
    )


def _pair(one: Contract, other: Contract) -> Iterator[Between]:
    if isinstance(one, NotebookContract) or isinstance(other, NotebookContract):
        yield from _keys(one, other)
        return
    mine, theirs = _published(one), _published(other)
    if mine is not None and mine == theirs:
        at: Location = ("target", "table") if isinstance(one, DatasetContract) else ("table",)
        yield at, f"{mine!r} is the table of {other.name!r}", "give each its own table"
    if isinstance(one, DatasetContract) and isinstance(other, DatasetContract):
        yield from _datasets(one, other)
    elif isinstance(one, TableContract) and isinstance(other, TableContract):
        if one.name == other.name:
            yield ("name",), f"a table {one.name!r} is declared", "rename one of them"
    elif isinstance(one, TableContract) and isinstance(other, DatasetContract):
        yield from _table_and_dataset(one, other)


def _keys(one: Contract, other: Contract) -> Iterator[Between]:
    """No two assets have one key, and no command could tell two of one name apart."""
    if _asset_keys(one) & _asset_keys(other) or one.name == other.name:
        yield ("name",), f"{other.name!r} is declared", "choose another name"


def _asset_keys(contract: Contract) -> set[tuple[str, str]]:
    if isinstance(contract, DatasetContract):
        crawler = ["crawler"] if contract.catalog else []
        return {(contract.name, f"{contract.name}_{part}") for part in (*contract.layers, *crawler)}
    return {contract.path}


def _datasets(one: DatasetContract, other: DatasetContract) -> Iterator[Between]:
    if one.name == other.name:
        yield ("name",), f"a dataset {one.name!r} is declared", "rename one of them"
    mine, theirs = one.arrives.prefix, other.arrives.prefix
    shared = mine == theirs and one.arrives.shared and other.arrives.shared
    if not shared and (mine.startswith(theirs) or theirs.startswith(mine)):
        message = f"files below {max(mine, theirs, key=len)!r} belong to {other.name!r}"
        both = ", or say shared: true in both" if mine == theirs else ""
        yield ("arrives", "prefix"), message, f"give each dataset a prefix of its own{both}"


def _table_and_dataset(one: TableContract, other: DatasetContract) -> Iterator[Between]:
    if one.name == other.name and other.target is not None:
        message = f"a dataset {one.name!r} with a target is declared"
        yield ("name",), message, "rename one of them: `from` could mean both"
    if one.path in _asset_keys(other):
        yield ("name",), f"{one.key!r} is an asset of the dataset {other.name!r}", "choose another name"


def _published(contract: DatasetContract | TableContract) -> str | None:
    table = contract.target.table if contract.target else None
    return table if table is None or "." in table else f"{DEFAULT_SCHEMA}.{table}"
