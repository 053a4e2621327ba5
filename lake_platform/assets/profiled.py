"""What the raw asset's page shows of the content of files: a look at the newest partition, not a reading of all."""

from collections.abc import Sequence
from dataclasses import replace

import dagster as dg

from lake_platform.assets.metadata import PREFIX
from lake_platform.assets.results import PartitionResult
from lake_platform.contract.dataset import DatasetContract
from lake_platform.discovery.dataset import contract_types, profile_files
from lake_platform.discovery.profile import render_markdown
from lake_platform.lake.lake import Lake
from lake_platform.lake.reading.unreadable import UnreadableFileError

LOOKED = 1_000
"""Records of one file of one partition of a run: some hundredths of a second, however much has landed."""


def profiled(contract: DatasetContract, lake: Lake, results: Sequence[PartitionResult]) -> list[PartitionResult]:
    """The results, the newest published one with a profile of its newest file."""
    published = max((result.partition for result in results if result.state == "published"), default=None)
    return [
        replace(result, metadata={**result.metadata, **_profile(contract, lake, result.partition)})
        if result.partition == published
        else result
        for result in results
    ]


def _profile(contract: DatasetContract, lake: Lake, partition: str) -> dict[str, object]:
    document = lake.log(contract.name, "raw").latest(partition)
    files = [file for file in document.body["files"] if file["status"] == "accepted"] if document else []
    try:
        scan = profile_files(lake, contract, files[-1:], limit=LOOKED)
    except UnreadableFileError:
        # What is wrong with the copy is told by the job that reads all of it.
        return {}
    if not scan.columns or not scan.rows:
        return {}
    told = f"The first {scan.rows} record(s) of {files[-1]['key']}. All of them: `lake profile {contract.name}`.\n\n"
    table = render_markdown(scan, contract_types(scan, contract), contract.arrives.format.nulls)
    return {f"{PREFIX}profile": dg.MetadataValue.md(told + table)}
