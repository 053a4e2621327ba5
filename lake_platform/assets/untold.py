"""What Dagster was not told: versions whose run died between the document and its events, or whose events are gone.

The documents are the truth. Where Dagster's last materialization of a partition is not of the published version, the
version is told from its document, outside of any run. Checks are told as a table of the materialization: outside of
runs Dagster takes one evaluation of a check and partition, ever, and refuses the second.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import dagster as dg

from lake_platform.assets.metadata import PREFIX
from lake_platform.assets.published import Published, published_by
from lake_platform.assets.results import PartitionResult
from lake_platform.assets.step import materialization, told_versions
from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.notebook import Derived
from lake_platform.contract.partitions import ALL
from lake_platform.lake.lake import Lake
from lake_platform.lake.versions import VersionDocument


@dataclass(frozen=True)
class Untold:
    """The partitions of one asset whose published version Dagster does not know."""

    published: Published
    documents: Sequence[VersionDocument]

    @property
    def key(self) -> dg.AssetKey:
        return self.published.key

    def events(self) -> Iterator[dg.AssetMaterialization]:
        """One for each partition."""
        return (_event(self.published, document) for document in self.documents)


@dataclass
class UntoldVersions:
    """Finds them; remembers, in this process, which state of the documents had nothing untold."""

    declared: Sequence[DatasetContract | Derived]
    _told: dict[dg.AssetKey, Mapping[str, int]] = field(default_factory=dict[dg.AssetKey, Mapping[str, int]])

    def find(self, lake: Lake, instance: dg.DagsterInstance) -> Iterator[Untold]:
        """One for each asset that has any."""
        for declared in self.declared:
            for published in published_by(declared, lake):
                numbers = published.log.latest_numbers()
                if self._told.get(published.key) == numbers:
                    continue
                if missing := _missing(published, instance):
                    yield Untold(published, missing)
                else:
                    self._told[published.key] = numbers


def _missing(published: Published, instance: dg.DagsterInstance) -> list[VersionDocument]:
    documents = published.log.latest_documents()
    told = told_versions(instance, published.key, documents)
    return [document for partition, document in documents.items() if told.get(partition) != document.token]


def _event(published: Published, document: VersionDocument) -> dg.AssetMaterialization:
    checks = [f"| {check.name} | {check.word} |" for check in published.checks(document)]
    table = dg.MetadataValue.md("\n".join(["| check | outcome |", "| --- | --- |", *checks]))
    result = PartitionResult(
        partition=document.partition,
        state="published",
        token=document.token,
        metadata={**published.metadata(document), f"{PREFIX}checks": table},
    )
    return materialization(published.key, result, None if document.partition == ALL else document.partition)
