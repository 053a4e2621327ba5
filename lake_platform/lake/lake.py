"""The two buckets of a lake, and where its documents are."""

from dataclasses import dataclass

from lake_platform.contract.dataset import Layer
from lake_platform.lake.layout import versions_prefix
from lake_platform.lake.store import ObjectStore
from lake_platform.lake.versions import VersionLog


@dataclass(frozen=True)
class Lake:
    """`landing` is read only, `lake` is ours. The resource of the same name."""

    landing: ObjectStore
    lake: ObjectStore

    def log(self, dataset: str, layer: Layer) -> VersionLog:
        """The numbered documents of one layer of a dataset."""
        return VersionLog(self.lake, versions_prefix(dataset, layer))
