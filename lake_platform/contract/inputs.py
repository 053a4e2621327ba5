"""Datasets that read each other: what may be an input of what, in which order, and each contract with its inputs'."""

from collections.abc import Iterator, Mapping, Sequence

from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.faults import Location, Problem, closest

Names = Mapping[str, DatasetContract]


def find_input_problems(contract: DatasetContract, known: Names) -> Iterator[Problem]:
    """What is wrong with the inputs of one dataset among all there are."""
    for parameter, each in contract.inputs.items():
        at: Location = ("transform", "inputs", parameter)
        found = known.get(each.dataset)
        if found is None:
            others = [name for name in known if name != contract.name]
            yield Problem(at, f"there is no dataset {each.dataset!r}", closest(each.dataset, others) if others else "")
        elif found.arrives.delivers == "changes":
            message = f"{each.dataset!r} delivers changes, which are no rows to join with: one key has many"
            yield Problem(at, message, "use a snapshot or events, or join with its target in the warehouse")
        elif circle := _way_back(contract, found, known):
            told = " → ".join((contract.name, *circle))
            yield Problem(at, f"the inputs go in a circle: {told}", "leave one of them out")


def bind_inputs(contracts: Sequence[DatasetContract]) -> tuple[DatasetContract, ...]:
    """The same contracts, each with the contracts of its inputs, and theirs.

    An input that is not there, or a circle, is left as it is: `find_input_problems` tells it.
    """
    known = {contract.name: contract for contract in contracts}
    return tuple(_bound(contract, known, ()) for contract in contracts)


def in_reading_order(contracts: Sequence[DatasetContract]) -> list[DatasetContract]:
    """What is read comes before what reads it; else the given order."""
    known = {contract.name: contract for contract in contracts}
    placed: dict[str, DatasetContract] = {}

    def place(contract: DatasetContract, above: tuple[str, ...]) -> None:
        for each in contract.inputs.values():
            if each.dataset in known and each.dataset not in (*above, contract.name):
                place(known[each.dataset], (*above, contract.name))
        placed.setdefault(contract.name, contract)

    for contract in contracts:
        place(contract, ())
    return list(placed.values())


def _bound(contract: DatasetContract, known: Names, above: tuple[str, ...]) -> DatasetContract:
    names = {each.dataset for each in contract.inputs.values()} & known.keys()
    inside = (*above, contract.name)
    return contract.bound({name: _bound(known[name], known, inside) for name in names if name not in inside})


def _way_back(contract: DatasetContract, start: DatasetContract, known: Names) -> tuple[str, ...]:
    """The names from an input back to the dataset that reads it; none where there is no way."""
    ways: list[tuple[str, ...]] = [(start.name,)]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        if way[-1] == contract.name:
            return way
        if way[-1] in known and way[-1] not in seen:
            seen.add(way[-1])
            ways += [(*way, each.dataset) for each in known[way[-1]].inputs.values()]
    return ()
