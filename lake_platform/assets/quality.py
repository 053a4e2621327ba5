"""The quality reports of a dataset or table, read back from its documents: every check of every partition, and when."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lake_platform.assets.published import published_by
from lake_platform.assets.results import CheckOutcome
from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.notebook import Derived
from lake_platform.lake.lake import Lake
from lake_platform.lake.layout import refusals_prefix
from lake_platform.lake.versions import VersionDocument, VersionLog


@dataclass(frozen=True, kw_only=True)
class StoredOutcome:
    """One check of one document.

    Attributes:
        layer: raw to target; `table` of a table made in the warehouse, `notebook` of a notebook.
        document: `published` or `refused`, with its number.
        outcome: passed, warned (it did not pass, and held nothing back) or failed.
        figures: the rule's text, its metrics and counts.
    """

    partition: str
    layer: str
    check: str
    outcome: str
    document: str
    number: int
    at: str
    figures: Mapping[str, Any]
    reason: str | None


def quality_of(
    declared: DatasetContract | Derived, lake: Lake, *, partition: str | None = None, history: bool = False
) -> list[StoredOutcome]:
    """The outcomes in the newest document of every partition and layer, and in the refusals that came after them.

    Args:
        partition: only this one.
        history: all documents of the partition, not the newest only.
    """
    name = declared.name if isinstance(declared, DatasetContract) else declared.contract.key
    found = [
        outcome
        for published in published_by(declared, lake)
        for document in _documents(published.log, partition, history=history)
        for outcome in _outcomes(document, published.layer, published.checks(document), "published")
    ]
    newest = {(outcome.layer, outcome.partition): outcome.at for outcome in found}
    for document in _documents(VersionLog(lake.lake, refusals_prefix(name)), partition, history=history):
        layer = document.body["layer"]
        if history or document.published_at > newest.get((layer, document.partition), ""):
            checks = [CheckOutcome(**check) for check in document.body["checks"]]
            found += _outcomes(document, layer, checks, "refused")
    return sorted(found, key=lambda outcome: (outcome.partition, outcome.at))


def _documents(log: VersionLog, partition: str | None, *, history: bool) -> list[VersionDocument]:
    if partition is None:
        return list(log.latest_documents().values())
    if history:
        return log.history(partition)
    latest = log.latest(partition)
    return [latest] if latest else []


def _outcomes(document: VersionDocument, layer: str, checks: list[CheckOutcome], kind: str) -> Iterator[StoredOutcome]:
    for check in checks:
        yield StoredOutcome(
            partition=document.partition,
            layer=layer,
            check=check.name,
            outcome=check.word,
            document=kind,
            number=document.number,
            at=document.published_at,
            figures=check.metadata,
            reason=check.description,
        )
