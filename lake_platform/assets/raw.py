"""The `raw` layer: what landed, inspected once, copied into the lake, and the list of what counts."""

import datetime as dt
from collections.abc import Iterator, Sequence

import dagster as dg

from lake_platform.assets.keys import partition_keys
from lake_platform.assets.results import CheckOutcome, DeclaredCheck, PartitionResult, absent
from lake_platform.assets.step import StepEvent, report_step, step_arguments, told_to_dagster
from lake_platform.contract.dataset import DatasetContract
from lake_platform.lake.accept import RawOutcome, accept
from lake_platform.lake.attempts import record_attempt
from lake_platform.lake.lake import Lake
from lake_platform.lake.process import PROCESS_TAG, process_tag
from lake_platform.spark.code import layer_fingerprint

CHECKS = (
    DeclaredCheck("files_accounted", "Every landed file is accepted, a duplicate, refused or withdrawn; none is lost."),
)


def build_raw(contract: DatasetContract) -> dg.AssetsDefinition:
    """The asset that takes what landed into the lake."""

    @dg.multi_asset(
        **step_arguments(
            contract,
            "raw",
            kinds={"s3", contract.arrives.format.kind},
            description=f"{contract.description}. The accepted files of each partition, as they landed.",
            checks=CHECKS,
        )
    )
    def raw(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> Iterator[StepEvent]:
        context.instance.add_run_tags(context.run_id, {PROCESS_TAG: process_tag()})
        with told_to_dagster():
            results = accept_partitions(contract, lake, partition_keys(context), run_id=context.run_id)
        yield from report_step(context, contract, "raw", results=results, checks=CHECKS)

    return raw
