"""Asset keys, and the partitions of a dataset in Dagster's words."""

import datetime as dt

import dagster as dg

from lake_platform.contract.arrives import Partitioning
from lake_platform.contract.dataset import DatasetContract, Layer
from lake_platform.contract.notebook import NotebookContract
from lake_platform.contract.partitions import stands_in
from lake_platform.contract.table import TableContract
from lake_platform.contract.table_inputs import Input
from lake_platform.lake.process import PENDING_TAG

ALL = "all"
"""The partition key of a dataset with `by: none`; Dagster sees no partitions there."""


def asset_key(dataset: str, layer: Layer) -> dg.AssetKey:
    """`[dataset, dataset_layer]`: the UI labels a node with the last part only."""
    return dg.AssetKey([dataset, f"{dataset}_{layer}"])


def crawler_key(dataset: str) -> dg.AssetKey:
    """`[dataset, dataset_crawler]`: the crawl over what landed, where the dataset names a crawler."""
    return dg.AssetKey([dataset, f"{dataset}_crawler"])


def dataset_keys(contract: DatasetContract) -> list[dg.AssetKey]:
    """The keys of all layers that the dataset declares, raw first, and of its crawl."""
    crawler = [crawler_key(contract.name)] if contract.catalog else []
    return [*(asset_key(contract.name, layer) for layer in contract.layers), *crawler]


def table_key(contract: TableContract | NotebookContract) -> dg.AssetKey:
    """`[group, table]`, and so for a notebook."""
    return dg.AssetKey(list(contract.path))


def input_key(found: Input) -> dg.AssetKey:
    """The asset that an input of a table is."""
    if found.kind == "table":
        return dg.AssetKey(found.owner.split("."))
    return asset_key(found.owner, "staging" if found.kind == "staging" else "target")


def partitions_definition(contract: DatasetContract) -> dg.PartitionsDefinition[str] | None:
    """The partitions of all layers of a dataset; None for `by: none`.

    `end_offset=1` makes the running hour, day or month a partition too: Dagster's own default ends with the last
    complete one, and a file of today would have to wait for tomorrow.
    """
    return partitions_of(contract.arrives.partition)


def partitions_of(partition: Partitioning) -> dg.PartitionsDefinition[str] | None:
    """The same, of what a declaration says of its partitions."""
    if partition.by == "none":
        return None
    start = dt.datetime.fromisoformat(_full_date(partition.start))
    if partition.by == "hour":
        return dg.HourlyPartitionsDefinition(start_date=start, fmt="%Y-%m-%dT%H", timezone="UTC", end_offset=1)
    if partition.by == "day":
        return dg.DailyPartitionsDefinition(start_date=start, timezone="UTC", end_offset=1)
    return dg.MonthlyPartitionsDefinition(start_date=start, fmt="%Y-%m", timezone="UTC", end_offset=1)


def partition_keys(context: dg.AssetExecutionContext) -> list[str]:
    """The partitions that this run works on, in their order; `["all"]` where the dataset has none.

    A run of a span that bridges partitions without work leaves them alone: made again, they would take up whatever
    has changed in code or inputs since, and only a backfill does that.
    """
    if not (context.has_partition_key or context.has_partition_key_range):
        return [ALL]
    asked = context.run.tags.get(PENDING_TAG)
    return [key for key in context.partition_keys if asked is None or stands_in(asked, key)]


def _full_date(text: str) -> str:
    """`2015-01` and `2015-01-01T05` to what `fromisoformat` reads."""
    return f"{text}-01" if len(text) == len("2015-01") else text
