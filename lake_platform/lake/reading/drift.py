"""What differs between the names (and types) that a file has and those of the contract."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lake_platform.contract.dataset import Column, DatasetContract
from lake_platform.contract.types import parse_type
from lake_platform.lake.reading.parquet_footer import Footer
from lake_platform.lake.reading.unreadable import UnreadableFileError


@dataclass(frozen=True, kw_only=True)
class Drift:
    """Differences of one file, and what the contract's `evolution` says of them."""

    added: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    renamed: tuple[str, ...] = ()
    retyped: tuple[str, ...] = ()
    reordered: bool = False
    warnings: tuple[str, ...] = ()
    refused: str | None = None


def find_drift(header: Sequence[str], contract: DatasetContract, footer: Footer | None = None) -> Drift:
    """Compares names as the jobs do: exact, then an exact alias, then trimmed and without regard to case.

    Raises:
        UnreadableFileError: two names of the file are equally good for one column.
    """
    found = match_names(header, contract.columns)
    taken = set(found.values())
    order = [found[column.name] for column in contract.columns if column.name in found]
    drift = Drift(
        added=tuple(name for at, name in enumerate(header) if at not in taken),
        missing=tuple(c.name for c in contract.columns if c.name not in found and c.path is None),
        renamed=tuple(f"{header[at]} is {name}" for name, at in found.items() if header[at] != name),
        retyped=_retyped(found, contract, footer) if footer else (),
        reordered=order != sorted(order),
    )
    return _judged(drift, contract)


def find_json_drift(names: Sequence[str], contract: DatasetContract) -> Drift:
    """The same for the names at the top of JSON records; their order means nothing.

    A key that no record has is JSON's way to say NULL, so it is told only. It is a missing column where the file has
    names that the contract does not know: then a name was changed, or the file is of another kind.

    Raises:
        UnreadableFileError: two names of the file are equally good for one column.
    """
    plain = [column for column in contract.columns if column.path is None]
    found = match_names(names, plain)
    taken = set(found.values())
    tops = {column.path.removeprefix("$.").partition(".")[0] for column in contract.columns if column.path}
    drift = Drift(
        added=tuple(name for at, name in enumerate(names) if at not in taken and name not in tops),
        missing=tuple(column.name for column in plain if column.name not in found),
        renamed=tuple(f"{names[at]} is {name}" for name, at in found.items() if names[at] != name),
    )
    if drift.added or not drift.missing:
        return _judged(drift, contract)
    return replace(drift, warnings=(f"no record has the keys, so they are NULL: {', '.join(drift.missing)}",))


def match_names(header: Sequence[str], columns: Sequence[Column]) -> dict[str, int]:
    """Contract column → position in the file; a column that the file lacks is not in the answer.

    Raises:
        UnreadableFileError: two names of the file are equally good for one column.
    """
    found: dict[str, int] = {}
    for column in columns:
        wanted = (column.name, *column.aliases)
        folded = {fold(name) for name in wanted}
        exact = ([at for at, name in enumerate(header) if name == one] for one in wanted)
        loose = [at for at, name in enumerate(header) if fold(name) in folded]
        for positions in (*exact, loose):
            if len(positions) > 1:
                told = ", ".join(repr(header[at]) for at in positions)
                raise UnreadableFileError(f"{len(positions)} columns of the file could be {column.name!r}: {told}")
            if positions:
                found[column.name] = positions[0]
                break
    return found


def fold(name: str) -> str:
    """What is left of a name where case and outer spaces do not count."""
    return name.strip().casefold()


def _retyped(found: dict[str, int], contract: DatasetContract, footer: Footer) -> tuple[str, ...]:
    return tuple(
        f"{column.name} is {footer.types[found[column.name]]}, the contract says {column.type}"
        for column in contract.columns
        if column.name in found
        and column.path is None
        and parse_type(column.type).family not in footer.takes[found[column.name]]
    )


def _judged(drift: Drift, contract: DatasetContract) -> Drift:
    warnings: list[str] = []
    refused: list[str] = []
    evolution = contract.evolution
    for verdict, names, what in (
        (evolution.missing, drift.missing, "columns are missing"),
        (evolution.retyped, drift.retyped, "columns have other types"),
        (evolution.added, drift.added, "columns are not in the contract"),
    ):
        told = f"{what}: {', '.join(name.strip() or repr(name) for name in names)}"
        if names and verdict == "fail":
            refused.append(told)
        elif names and verdict == "warn":
            warnings.append(told)
    return Drift(
        added=drift.added,
        missing=drift.missing,
        renamed=drift.renamed,
        retyped=drift.retyped,
        reordered=drift.reordered,
        warnings=tuple(warnings),
        refused="; ".join(refused) or None,
    )
