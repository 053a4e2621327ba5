"""The two buckets of a lake, and where its documents are."""

from collections.abc import Callable
from dataclasses import dataclass, field

from lake_platform.contract.dataset import DatasetContract, Layer
from lake_platform.lake.layout import table_versions_prefix, versions_prefix
from lake_platform.lake.store import ObjectStore
from lake_platform.lake.versions import DocumentCache, VersionLog


@dataclass(frozen=True)
class Lake:
    """`landing` is read only, `lake` is ours. The resource of the same name.

    Attributes:
        settle: seconds that a landed file must be old where its dataset says nothing else.
        read_pii_key: the key of `pii: hash`, read when a dataset needs it.
        documents: what was read before, for the sensor, which looks at the newest documents again and again.
    """

    landing: ObjectStore
    lake: ObjectStore
    settle: float
    read_pii_key: Callable[[], str]
    documents: DocumentCache = field(default_factory=DocumentCache, compare=False, repr=False)

    def log(self, dataset: str, layer: Layer) -> VersionLog:
        """The numbered documents of one layer of a dataset."""
        return VersionLog(self.lake, versions_prefix(dataset, layer), self.documents)

    def table_log(self, key: str) -> VersionLog:
        """The numbered documents of a table made in the warehouse, by its `group.name`."""
        return VersionLog(self.lake, table_versions_prefix(key), self.documents)

    def settle_of(self, contract: DatasetContract) -> float:
        """Seconds that a file of this dataset must be old before it is read."""
        return self.settle if contract.arrives.settle is None else contract.arrives.settle
