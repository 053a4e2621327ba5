"""The `raw` layer: what landed, inspected once, copied into the lake, and the list of what counts."""

import datetime as dt
from collections.abc import Iterator, Sequence

import dagster as dg

from lake_platform.assets.keys import partition_keys
from lake_platform.assets.metadata import PREFIX
from lake_platform.assets.profiled import profiled
from lake_platform.assets.registered import registered
from lake_platform.assets.results import DeclaredCheck, PartitionResult, absent
from lake_platform.assets.step import StepEvent, report_step, step_arguments, told_to_dagster
from lake_platform.assets.stored_checks import file_checks
from lake_platform.contract.dataset import DatasetContract
from lake_platform.lake.accept import RawOutcome, accept
from lake_platform.lake.catalog import Catalog
from lake_platform.lake.lake import Lake
from lake_platform.lake.landing import Landing, scan
from lake_platform.lake.pending import pending
from lake_platform.lake.process import PROCESS_TAG, process_tag
from lake_platform.lake.refusals import record_attempt
from lake_platform.lake.waiting import look_at_inputs
from lake_platform.spark.code import fingerprints

CHECKS = (
    DeclaredCheck("files_accounted", "Every landed file is accepted, a duplicate, refused or withdrawn; none is lost."),
    DeclaredCheck("files_readable", "No file is refused as a file.", blocking=False),
)


def build_raw(contract: DatasetContract) -> dg.AssetsDefinition:
    """The asset that takes what landed into the lake."""

    @dg.multi_asset(
        **step_arguments(
            contract,
            "raw",
            kinds={"s3", contract.arrives.format.kind},
            description=f"{contract.description}. The files of each partition, as they landed.",
            checks=CHECKS,
        )
    )
    def raw(
        context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake], catalog: dg.ResourceParam[Catalog]
    ) -> Iterator[StepEvent]:
        context.instance.add_run_tags(context.run.run_id, {PROCESS_TAG: process_tag()})
        with told_to_dagster():
            results = accept_partitions(contract, lake, partition_keys(context), run_id=context.run.run_id)
            results = registered(contract, "raw", results, lake=lake, catalog=catalog)
            results = profiled(contract, lake, results)
        yield from report_step(context, contract, "raw", results=results, checks=CHECKS)

    return raw


def accept_partitions(
    contract: DatasetContract, lake: Lake, partitions: Sequence[str], *, run_id: str
) -> list[PartitionResult]:
    """Takes in what landed for these partitions. An attempt is written down first, so that a killed run counts too."""
    now = dt.datetime.now(dt.UTC)
    whole, fingerprint = fingerprints(contract)
    landing = scan(lake.landing, contract, now=now, settle=lake.settle_of(contract))
    inputs = look_at_inputs(lake, contract, now=now, fingerprints=fingerprints)
    wanted = pending(
        lake, contract, landing, now=now, fingerprint=whole, raw_fingerprint=fingerprint, inputs=inputs
    ).partitions
    for partition in partitions:
        if partition in wanted:
            record_attempt(lake.lake, contract.name, partition, state=wanted[partition], run_id=run_id)
    return [_accept(contract, lake, partition, landing, fingerprint=fingerprint) for partition in partitions]


def _accept(
    contract: DatasetContract, lake: Lake, partition: str, landing: Landing, *, fingerprint: str
) -> PartitionResult:
    # A file that is too young may be half a file: its partition waits, as in the sensor.
    landed = () if partition in landing.unsettled else landing.partitions.get(partition, ())
    outcome = accept(lake, contract, partition, landed=landed, fingerprint=fingerprint)
    if outcome is None:
        return absent(partition)
    return PartitionResult(
        partition=partition,
        state="published" if outcome.published else "unchanged",
        token=outcome.document.token,
        checks=file_checks(outcome.document),
        metadata=_metadata(outcome),
    )


def _metadata(outcome: RawOutcome) -> dict[str, object]:
    body = outcome.document.body
    accepted = [file for file in body["files"] if file["status"] == "accepted"]
    lines = [
        f"| {file['key']} | {file['status']} | {file['reason'] or '; '.join(file['warnings'])} |"
        for file in body["files"]
    ]
    counted = [file["records"] for file in accepted]
    metadata: dict[str, object] = {f"{PREFIX}files_{name}": number for name, number in body["counts"].items()}
    metadata |= {
        f"{PREFIX}bytes": sum(file["size"] for file in accepted),
        f"{PREFIX}token": outcome.document.token,
        f"{PREFIX}files": dg.MetadataValue.md(
            "\n".join(["| file | status | told |", "| --- | --- | --- |", *lines[:50]])
        ),
    }
    if None not in counted:
        metadata["dagster/row_count"] = sum(counted)
    return metadata
