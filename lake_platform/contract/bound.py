"""Tables made in the warehouse, bound to what they read: their inputs among all files, and their SELECT."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from lake_platform.contract.between import DatasetSource, TableSource, fault_at
from lake_platform.contract.faults import Fault, Problem
from lake_platform.contract.table_inputs import BoundTable, Declared, Input, find_input, in_order, partitioning_of


def bind_tables(
    datasets: Sequence[DatasetSource], tables: Sequence[TableSource]
) -> tuple[list[BoundTable], list[Fault]]:
    """The tables without a fault, those first that others read, and the faults of the others."""
    declared = Declared(
        datasets={source.contract.name: source.contract for source in datasets},
        tables={source.contract.name: source.contract for source in tables},
    )
    by_key = {source.contract.key: source for source in tables}
    ordered, circles = in_order([source.contract for source in tables])
    faults = [_circle_fault(by_name(tables, circle[0]), circle) for circle in circles]
    bound: list[BoundTable] = []
    for contract in ordered:
        source = by_key[contract.key]
        found = list(_bind(source, declared))
        faults += [item for item in found if isinstance(item, Fault)]
        bound += [item for item in found if isinstance(item, BoundTable)]
    return bound, faults


def by_name(tables: Sequence[TableSource], name: str) -> TableSource:
    """The table of a name that there is."""
    return next(source for source in tables if source.contract.name == name)


def _bind(source: TableSource, declared: Declared) -> Iterator[BoundTable | Fault]:
    contract = source.contract
    found = [find_input(name, declared) for name in contract.from_]
    wrong = [(number, item) for number, item in enumerate(found) if isinstance(item, Problem)]
    yield from (fault_at(source, replace(problem, at=("from", number))) for number, problem in wrong)
    inputs = tuple(item for item in found if isinstance(item, Input))
    partitioning = partitioning_of(contract, declared)
    if contract.partition is not None and not wrong and partitioning is None:
        message = f"the rows of {contract.partition!r} do not carry their partition"
        hint = "name stg_<dataset>, or a table that is written by replace_partition"
        yield fault_at(source, Problem(("partition",), message, hint))
        return
    sql = _read(source)
    if isinstance(sql, Fault):
        yield sql
        return
    table = BoundTable(contract=contract, inputs=inputs, sql=sql, partitioning=partitioning)
    if not wrong:
        faults = list(_select_faults(source, table))
        yield from faults or [table]


def _read(source: TableSource) -> str | Fault:
    name, at = source.contract.select, ("select",)
    if Path(name).name != name or not name.endswith(".sql"):
        return fault_at(source, Problem(at, f"{name!r} is no file beside this one", "write a name such as sales.sql"))
    file = source.document.file.parent / name
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return Fault(file=file, line=line, field="", message="the file is not UTF-8", hint="save it as UTF-8")
    except OSError as error:
        message = f"{name!r} cannot be read: {error.strerror}"
        return fault_at(source, Problem(at, message, f"put the SELECT into {file}"))


def _select_faults(source: TableSource, table: BoundTable) -> Iterator[Fault]:
    from lake_platform.contract.queries.faults import find_select_faults

    file = source.document.file.parent / table.contract.select
    for fault in find_select_faults(table):
        yield Fault(file=file, line=fault.line, field="", message=fault.message, hint=fault.hint)


def _circle_fault(source: TableSource, circle: list[str]) -> Fault:
    message = f"the tables read each other in a circle: {' reads '.join(circle)}"
    return fault_at(source, Problem(("from",), message, "take one of them out of `from`"))
