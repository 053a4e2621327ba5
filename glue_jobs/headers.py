"""Which name of a file belongs to which column of the contract."""

from collections.abc import Sequence

from glue_jobs.errors import HeaderError
from glue_jobs.protocol import ColumnSpec


def match_columns(header: Sequence[str], columns: Sequence[ColumnSpec], *, key: str) -> dict[str, int]:
    """Contract column → position in the file; a column that the file lacks is not in the answer.

    The exact name wins, then an exact alias, then name and aliases trimmed and without regard to case.

    Raises:
        HeaderError: two names of the file are equally good for one column.
    """
    found: dict[str, int] = {}
    for column in columns:
        wanted = (column.name, *column.aliases)
        folded = {_fold(name) for name in wanted}
        exact = (_positions(header, {name}) for name in wanted)
        loose = [at for at, name in enumerate(header) if _fold(name) in folded]
        for positions in (*exact, loose):
            if len(positions) > 1:
                raise HeaderError(
                    key, f"{len(positions)} of its columns could be {column.name!r}: {[header[at] for at in positions]}"
                )
            if positions:
                found[column.name] = positions[0]
                break
    return found


def _positions(header: Sequence[str], names: set[str]) -> list[int]:
    return [at for at, name in enumerate(header) if name in names]


def _fold(name: str) -> str:
    return name.strip().casefold()
