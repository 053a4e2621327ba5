"""Which datasets and tables a command means by the names that it is given."""

from collections.abc import Sequence
from dataclasses import dataclass

import click

from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.notebook import Derived
from lake_platform.contract.source import Folder


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What the names stand for; notebooks stand among the tables. A table and a dataset without a target may share a name.

    Attributes:
        all_tables: also those that were not chosen, in the order in which they are made.
    """

    datasets: Sequence[DatasetContract]
    tables: Sequence[Derived]
    all_tables: Sequence[Derived]


def choose(folder: Folder, names: Sequence[str]) -> Chosen:
    """The datasets and tables of these names; all of them where no name is given.

    Where a dataset and a table share a name, `group/name` is the table, and `stg_<name>` the dataset.

    Raises:
        click.UsageError: for a name that is not there, with those that are.
    """
    contracts = sorted(folder.contracts, key=lambda contract: contract.name)
    if not names:
        return Chosen(datasets=contracts, tables=folder.derived, all_tables=folder.derived)
    known = {name for each in (*contracts, *folder.derived) for name in _names(each)}
    if unknown := [name for name in names if name not in known]:
        there = sorted({*(contract.name for contract in contracts), *(t.contract.name for t in folder.derived)})
        raise click.UsageError(f"no dataset or table {', '.join(unknown)}; there are: {', '.join(there)}")
    return Chosen(
        datasets=[contract for contract in contracts if not _names(contract).isdisjoint(names)],
        tables=[table for table in folder.derived if not _names(table).isdisjoint(names)],
        all_tables=folder.derived,
    )


def choose_one(folder: Folder, name: str) -> DatasetContract | Derived:
    """The one dataset or table of a name.

    Raises:
        click.UsageError: there is none, or a dataset and a table share the name.
    """
    chosen = choose(folder, [name])
    found = [*chosen.datasets, *chosen.tables]
    if len(found) > 1:
        table = "/".join(chosen.tables[0].contract.path)
        raise click.UsageError(
            f"{name!r} is a dataset and a table: write {table} for the table, stg_{name} for the dataset"
        )
    return found[0]


def _names(declared: DatasetContract | Derived) -> set[str]:
    if isinstance(declared, DatasetContract):
        return {declared.name, declared.staging}
    return {declared.contract.name, "/".join(declared.contract.path)}
