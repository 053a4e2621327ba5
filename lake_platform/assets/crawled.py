"""The crawl over what landed, for a dataset that names a crawler of Glue.

It is an asset of its own behind `raw`, and no table waits for it: it comes last in a run, and its failure is told without
holding back a table. The next run of the dataset begins after it, since runs of a dataset are serial.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace

import dagster as dg
from dagster._core.storage.tags import BACKFILL_ID_TAG

from lake_platform.assets.keys import asset_key, crawler_key, partition_keys, partitions_definition
from lake_platform.assets.metadata import PREFIX
from lake_platform.assets.results import PartitionResult, absent
from lake_platform.assets.step import RETRIES, StepEvent, report_asset, told_to_dagster
from lake_platform.contract.cataloging import Cataloging
from lake_platform.contract.dataset import DatasetContract
from lake_platform.lake.crawlers import Crawl, Crawlers
from lake_platform.lake.lake import Lake

LAST = {"dagster/priority": "-1"}
"""Of the steps that could run, those of the layers go first."""
NONE_HERE = "this backend has no crawlers"


def build_crawler(contract: DatasetContract, catalog: Cataloging) -> dg.AssetsDefinition:
    """The asset that runs the crawler of a dataset and waits for its end."""
    key, partitions = crawler_key(contract.name), partitions_definition(contract)

    @dg.multi_asset(
        name=f"{contract.name}_crawler",
        specs=[
            dg.AssetSpec(
                key,
                deps=[asset_key(contract.name, "raw")],
                description=f"The crawl of {catalog.crawler} over what landed of {contract.name}. No table waits for it.",
                group_name=contract.group or contract.name,
                kinds={"glue"},
                owners=contract.owners,
                partitions_def=partitions,
                tags={"lake_platform/dataset": contract.name},
            )
        ],
        backfill_policy=dg.BackfillPolicy.single_run() if partitions else None,
        retry_policy=RETRIES,
        op_tags=LAST,
    )
    def crawler(
        context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake], crawlers: dg.ResourceParam[Crawlers]
    ) -> Iterator[StepEvent]:
        with told_to_dagster():
            results = crawl_partitions(contract, catalog, partition_keys(context), lake=lake, crawlers=crawlers)
        if any(result.reason == NONE_HERE for result in results):
            context.log.info(f"The crawler {catalog.crawler} is not run: {NONE_HERE}.")
            if BACKFILL_ID_TAG in context.run.tags:
                # Dagster calls a backfill failed where a partition of it was not materialized in its runs.
                results = [_told_unmade(result, catalog.crawler) for result in results]
        yield from report_asset(context, key, contract.name, results=results, checks=())

    return crawler


def crawl_partitions(
    contract: DatasetContract, catalog: Cataloging, partitions: Sequence[str], *, lake: Lake, crawlers: Crawlers
) -> list[PartitionResult]:
    """One crawl that has seen the files of all these partitions; `absent` where the backend has no crawlers.

    The files were there when raw took them in, so a crawl that began after that has seen them.
    """
    log = lake.log(contract.name, "raw")
    taken = {partition: document for partition in partitions if (document := log.latest(partition)) is not None}
    if not taken:
        return [absent(partition) for partition in partitions]
    crawl = crawlers.crawl(
        catalog.crawler,
        url=lake.landing.url(contract.arrives.prefix),
        after=max(dt.datetime.fromisoformat(document.published_at) for document in taken.values()),
        minutes=catalog.crawler_timeout,
    )
    return [
        _result(partition, catalog.crawler, crawl) if partition in taken else absent(partition)
        for partition in partitions
    ]


def _told_unmade(result: PartitionResult, crawler: str) -> PartitionResult:
    return replace(result, state="unchanged", token=crawler) if result.reason == NONE_HERE else result


def _result(partition: str, crawler: str, crawl: Crawl | None) -> PartitionResult:
    if crawl is None:
        return PartitionResult(partition=partition, state="absent", reason=NONE_HERE)
    return PartitionResult(
        partition=partition,
        state="published",
        token=f"{crawler} {crawl.began.isoformat()}",
        metadata={
            f"{PREFIX}crawler": crawler,
            f"{PREFIX}crawl_began": crawl.began.isoformat(),
            f"{PREFIX}crawl_database": crawl.database,
            f"{PREFIX}crawl_log": crawl.log,
        },
    )
