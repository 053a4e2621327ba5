"""What an SCD2 dimension must be: a fold in plain Python, and no cleverness."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Key = tuple[object, ...]
Attributes = tuple[object, ...]


@dataclass(frozen=True)
class Event:
    """One fact: at this time the key says this (U) or is gone (D). Tracked attributes come first."""

    key: Key
    at: dt.datetime
    op: str
    attributes: Attributes = ()
    rank: tuple[object, ...] = ()
    partition: str = ""


@dataclass(frozen=True)
class Version:
    """One row of the dimension."""

    key: Key
    attributes: Attributes
    valid_from: dt.datetime
    valid_to: dt.datetime | None
    partition: str


def fold(events: Iterable[Event], *, tracked: int) -> set[Version]:
    """The versions of all keys; the first `tracked` attributes open new ones."""
    by_key: dict[Key, dict[dt.datetime, list[Event]]] = {}
    for event in events:
        by_key.setdefault(event.key, {}).setdefault(event.at, []).append(event)
    versions: set[Version] = set()
    for key, instants in by_key.items():
        winners = [max(instants[at], key=_worth) for at in sorted(instants)]
        versions |= set(_versions(key, winners, tracked))
    return versions


def _worth(event: Event) -> tuple[object, ...]:
    content = tuple((value is None, value if value is not None else 0) for value in event.attributes)
    return (event.rank, event.op == "D", () if event.op == "D" else content)


def _versions(key: Key, events: Sequence[Event], tracked: int) -> list[Version]:
    done: list[Version] = []
    opened: Version | None = None
    for event in events:
        if event.op == "U" and opened and opened.attributes[:tracked] == event.attributes[:tracked]:
            opened = Version(key, event.attributes, opened.valid_from, None, opened.partition)
            continue
        if opened:
            done.append(Version(key, opened.attributes, opened.valid_from, event.at, opened.partition))
        opened = Version(key, event.attributes, event.at, None, event.partition) if event.op == "U" else None
    return [*done, opened] if opened else done


@dataclass(frozen=True)
class Snapshot:
    """What one snapshot says: attributes, None for unknown; every other key is absent."""

    at: dt.datetime
    said: Mapping[Key, Attributes | None]
    partition: str
    closes: bool = True


def events_of(snapshots: Iterable[Snapshot], *, absent_closes: bool) -> list[Event]:
    """The events that snapshots stand for."""
    told = sorted(snapshots, key=lambda snapshot: snapshot.at)
    keys = {key for snapshot in told for key in snapshot.said}
    events: list[Event] = []
    for snapshot in told:
        for key in keys:
            if key not in snapshot.said:
                if snapshot.closes and absent_closes:
                    events.append(Event(key, snapshot.at, "D", partition=snapshot.partition))
                continue
            attributes = snapshot.said[key]
            if attributes is not None:
                events.append(Event(key, snapshot.at, "U", attributes, partition=snapshot.partition))
    return events
