"""Removes what nobody needs: objects that none of the last 3 documents nor any of the last 30 days names.

Documents themselves stay, they are small and they are the history. What an attempt wrote in the last 24 hours stays
too: its document may be about to be published. A job's report goes with its first file, and before it, since a report
that is there is taken as proof that its files are.
"""

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from lake_platform.contract.dataset import LAYERS, DatasetContract
from lake_platform.errors import ObjectNotFoundError
from lake_platform.lake.lake import Lake
from lake_platform.lake.layout import (
    data_prefixes,
    jobs_prefix,
    manifests_prefix,
    notebooks_prefix,
    raw_prefix,
    refusals_prefix,
    table_versions_prefix,
    versions_prefix,
)
from lake_platform.lake.store import ObjectInfo, ObjectStore, key_of
from lake_platform.lake.versions import VersionDocument, VersionLog

KEPT_DOCUMENTS = 3
KEPT_AGE = dt.timedelta(days=30)
LIVE_AGE = dt.timedelta(hours=24)
_ATTEMPT_PARTS = 4
"""`<layer>/<dataset>/<job token>/<attempt>`: what one attempt wrote goes or stays as one."""


@dataclass(frozen=True)
class Swept:
    """What was removed, or would be."""

    keys: tuple[str, ...]
    size: int


def sweep(lake: Lake, contract: DatasetContract, *, dry_run: bool, now: dt.datetime | None = None) -> Swept:
    """Removes the objects of one dataset that no kept document names."""
    at = now or dt.datetime.now(dt.UTC)
    store, dataset = lake.lake, contract.name
    young, old = _by_age(store, dataset, at)
    named = _named(store, dataset, at)
    useless = [found for found in old if found.key not in named]
    going = {found.key for found in useless}
    reports = [found for found in _jobs(store, dataset, at) if _breaks(store, found.key, going, named | young)]
    doomed = [*reports, *useless]
    if dry_run:
        return Swept(tuple(found.key for found in doomed), sum(found.size for found in doomed))
    # Asked again: a run may have published meanwhile what was written long ago.
    named = _named(store, dataset, at)
    doomed = [found for found in doomed if found.key not in named]
    for found in doomed:
        store.delete(found.key)
    return Swept(tuple(found.key for found in doomed), sum(found.size for found in doomed))


def sweep_notebook(lake: Lake, key: str, *, dry_run: bool, now: dt.datetime | None = None) -> Swept:
    """Removes what old runs of a notebook left, by its `group.name`: files that no kept document names."""
    at, store = now or dt.datetime.now(dt.UTC), lake.lake
    old = [found for found in _objects(store, notebooks_prefix(key)) if found.modified <= at - LIVE_AGE]
    logs = [table_versions_prefix(key), refusals_prefix(key)]
    named = _named_in(store, logs, at) if old else set[str]()
    doomed = [found for found in old if found.key not in named]
    for found in () if dry_run else doomed:
        store.delete(found.key)
    return Swept(tuple(found.key for found in doomed), sum(found.size for found in doomed))


def _by_age(store: ObjectStore, dataset: str, now: dt.datetime) -> tuple[set[str], list[ObjectInfo]]:
    """Data and manifests: the keys that are too young to judge, and the other objects."""
    groups: dict[str, list[ObjectInfo]] = {}
    for prefix in (raw_prefix(dataset), manifests_prefix(dataset), *data_prefixes(dataset)):
        whole_attempts = prefix in data_prefixes(dataset)
        for found in _objects(store, prefix):
            parts = found.key.split("/")[:_ATTEMPT_PARTS]
            groups.setdefault("/".join(parts) if whole_attempts else found.key, []).append(found)
    young: set[str] = set()
    old: list[ObjectInfo] = []
    for group in groups.values():
        if any(found.modified > now - LIVE_AGE for found in group):
            young.update(found.key for found in group)
        else:
            old.extend(group)
    return young, old


def _named(store: ObjectStore, dataset: str, now: dt.datetime) -> set[str]:
    """The keys that kept documents name, and those in the manifests that they name."""
    keys = _named_in(store, [*(versions_prefix(dataset, layer) for layer in LAYERS), refusals_prefix(dataset)], now)
    for manifest in [key for key in keys if key.startswith(manifests_prefix(dataset))]:
        keys.update(_keys_in_document(store, manifest))
    return keys


def _named_in(store: ObjectStore, logs: Iterable[str], now: dt.datetime) -> set[str]:
    """The keys that kept documents of these logs name."""
    keys: set[str] = set()
    for prefix in logs:
        log = VersionLog(store, prefix)
        for partition, newest in log.latest_numbers().items():
            for document in _kept(log, partition, newest, since=now - KEPT_AGE):
                keys.update(_keys_in(store, document.body))
    return keys


def _kept(log: VersionLog, partition: str, newest: int, *, since: dt.datetime) -> Iterator[VersionDocument]:
    for number in range(newest, 0, -1):
        document = log.read(partition, number)
        if newest - number >= KEPT_DOCUMENTS and dt.datetime.fromisoformat(document.published_at) < since:
            return
        yield document


def _jobs(store: ObjectStore, dataset: str, now: dt.datetime) -> Iterable[ObjectInfo]:
    return [found for found in _objects(store, jobs_prefix(dataset)) if found.modified <= now - LIVE_AGE]


def _breaks(store: ObjectStore, job_document: str, going: set[str], staying: set[str]) -> bool:
    """Whether a job's document is useless: no file of its report stays, or one of them goes."""
    report = f"{job_document.rpartition('/')[0]}/report.json"
    files = _keys_in_document(store, report)
    return not (files & staying) or bool(files & going)


def _keys_in_document(store: ObjectStore, key: str) -> set[str]:
    try:
        return set(_keys_in(store, json.loads(store.read(key))))
    except ObjectNotFoundError:
        return set()


def _keys_in(store: ObjectStore, value: object) -> Iterator[str]:
    """Every address of this bucket, anywhere in a document."""
    if isinstance(value, str):
        if value.startswith(store.url("")):
            yield key_of(store, value)
    elif isinstance(value, dict):
        for part in cast("dict[str, Any]", value).values():
            yield from _keys_in(store, part)
    elif isinstance(value, list):
        for part in cast("list[Any]", value):
            yield from _keys_in(store, part)


def _objects(store: ObjectStore, prefix: str) -> Iterator[ObjectInfo]:
    return (found for found in store.list(prefix) if isinstance(found, ObjectInfo))
