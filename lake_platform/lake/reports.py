"""Keys that belong to no partition are told once, not at every look."""

from collections.abc import Mapping

from lake_platform.lake.layout import reports_prefix
from lake_platform.lake.store import ObjectStore
from lake_platform.lake.token import digest
from lake_platform.lake.versions import VersionLog

KEYS = "keys"


def report_keys(store: ObjectStore, dataset: str, refused: Mapping[str, str]) -> dict[str, str]:
    """Writes down which keys are refused now, each with its reason.

    Returns:
        Those that were not told before, or for another reason.
    """
    log = VersionLog(store, reports_prefix(dataset))
    latest = log.latest(KEYS)
    told = latest.body[KEYS] if latest else {}
    fresh = {key: reason for key, reason in refused.items() if told.get(key) != reason}
    if dict(refused) != told:
        log.publish(KEYS, {KEYS: dict(refused)}, token=digest(refused), after=latest.number if latest else 0)
    return fresh
