"""What lies in landing for one dataset, by partition."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.partitions import Unplaced, counts, partition_of
from lake_platform.lake.store import ObjectInfo, ObjectStore, RefusedKey

Now = Callable[[], dt.datetime]


@dataclass(frozen=True, kw_only=True)
class Landing:
    """One listing of a dataset's prefix.

    Attributes:
        partitions: the objects of each partition, in the order of their keys.
        refused: keys that belong to no partition, with the reason.
        ignored: how many objects do not count, by `arrives.files`.
        settles_in: seconds until the youngest object is old enough; None where all are.
        unsettled: partitions with an object that is too young; they wait as a whole.
    """

    partitions: Mapping[str, tuple[ObjectInfo, ...]]
    refused: tuple[RefusedKey, ...]
    ignored: int
    settles_in: float | None
    unsettled: frozenset[str]


def scan(store: ObjectStore, contract: DatasetContract, *, now: dt.datetime, settle: float) -> Landing:
    """Lists the prefix of a dataset once. A key that cannot be placed never stops the listing."""
    partitions: dict[str, list[ObjectInfo]] = {}
    refused: list[RefusedKey] = []
    unsettled: dict[str, float] = {}
    ignored = 0
    for found in store.list(contract.arrives.prefix):
        if not counts(contract.arrives, found.key):
            ignored += 1
            continue
        place = found if isinstance(found, RefusedKey) else partition_of(contract.arrives, found.key)
        if isinstance(place, RefusedKey):
            refused.append(place)
        elif isinstance(place, Unplaced):
            refused.append(RefusedKey(found.key, place.reason))
        elif isinstance(found, ObjectInfo):
            partitions.setdefault(place, []).append(found)
            wait = settle - (now - found.modified).total_seconds()
            if 0 < wait <= settle:
                unsettled[place] = max(wait, unsettled.get(place, 0.0))
    return Landing(
        partitions={partition: tuple(objects) for partition, objects in sorted(partitions.items())},
        refused=tuple(refused),
        ignored=ignored,
        settles_in=max(unsettled.values(), default=None),
        unsettled=frozenset(unsettled),
    )
