"""From a span of pending partitions to the run that Dagster is asked for."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import dagster as dg
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG

from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.notebook import Derived
from lake_platform.contract.partitions import render_keys
from lake_platform.lake.process import PENDING_TAG

DATASET_TAG = "lake_platform/dataset"
STATE_TAG = "lake_platform/state"
"""The digest of what a run was asked to work on."""


@dataclass(frozen=True, kw_only=True)
class SpanRequest:
    """One run for all layers of a dataset, or for one table, over a span of partitions.

    Attributes:
        partitions: those that are pending; the span may bridge others, which the run skips.
        partition_key: set where the span is one partition.
    """

    dataset: str
    asset_keys: Sequence[dg.AssetKey]
    partitions: tuple[str, ...]
    first: str
    last: str
    state: str
    partition_key: str | None
    tags: Mapping[str, str]

    def run_request(self, runs_before: int) -> dg.RunRequest:
        """The same for the daemon.

        Args:
            runs_before: the finished runs of this very state; with each, the run key is another one.
        """
        return dg.RunRequest(
            run_key=f"{self.state}:{runs_before}",
            asset_selection=list(self.asset_keys),
            partition_key=self.partition_key,
            tags=dict(self.tags),
        )


def span_request(
    contract: DatasetContract, asset_keys: Sequence[dg.AssetKey], *, partitions: Sequence[str], state: str
) -> SpanRequest:
    """The run for these pending partitions, in their order.

    Args:
        state: digest of what is pending and of the attempts so far.
    """
    return request_of(
        contract.name,
        asset_keys,
        tag=contract.name,
        partitions=partitions,
        partitioned=contract.arrives.partition.by != "none",
        state=state,
    )


def table_request(table: Derived, *, partitions: Sequence[str], state: str) -> SpanRequest:
    """The run of a table made in the warehouse, or of a notebook, for these pending partitions, in their order."""
    key = dg.AssetKey(list(table.contract.path))
    return request_of(
        table.contract.name,
        [key],
        tag=key.to_user_string(),
        partitions=partitions,
        partitioned=table.partitioning is not None and table.partitioning.by != "none",
        state=state,
    )


def request_of(
    name: str,
    asset_keys: Sequence[dg.AssetKey],
    *,
    tag: str,
    partitions: Sequence[str],
    partitioned: bool,
    state: str,
) -> SpanRequest:
    """One run over the span of these partitions. What lies between them, the run leaves alone.

    Args:
        tag: what the run is known by while it lives: a dataset, or `group/table`.
        partitioned: whether Dagster knows partitions of these assets.
    """
    first, last = partitions[0], partitions[-1]
    ranged = partitioned and first != last
    digest = hashlib.sha256(f"{tag}\n{first}\n{last}\n{state}".encode()).hexdigest()
    tags = {DATASET_TAG: tag, STATE_TAG: digest}
    if ranged:
        tags |= {ASSET_PARTITION_RANGE_START_TAG: first, ASSET_PARTITION_RANGE_END_TAG: last}
        told = render_keys(partitions)
        tags |= {PENDING_TAG: told} if " " in told else {}
    return SpanRequest(
        dataset=name,
        asset_keys=asset_keys,
        partitions=tuple(partitions),
        first=first,
        last=last,
        state=digest,
        partition_key=first if partitioned and not ranged else None,
        tags=tags,
    )
