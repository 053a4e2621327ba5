"""Partitions that must not be published: the document that says so, and what a step says of them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

from glue_jobs.protocol import OutputFile
from lake_platform.assets.outcomes import Verdict
from lake_platform.assets.plan import Refused, Todo
from lake_platform.assets.results import CheckOutcome, PartitionResult
from lake_platform.contract.dataset import DatasetContract, Layer
from lake_platform.lake.lake import Lake
from lake_platform.lake.refusals import Refusal, refuse
from lake_platform.spark.code import dataset_fingerprint


def refuse_partition(
    contract: DatasetContract,
    layer: Layer,
    *,
    lake: Lake,
    plan: Todo,
    verdict: Verdict,
    checks: Sequence[CheckOutcome],
    metadata: Mapping[str, object],
    quarantine: Sequence[OutputFile] = (),
    inputs: Mapping[str, str] | None = None,
) -> PartitionResult:
    """Writes down why; the last good document stays. It holds for these files under this contract and code.

    Args:
        inputs: the versions of other datasets that were read; other ones wake the partition as well.
    """
    refusal = Refusal(
        token=plan.token,
        content=plan.source.body["content"],
        fingerprint=dataset_fingerprint(contract),
        layer=layer,
        gate=verdict.gate or "",
        reason=verdict.refused or "",
        checks=[asdict(check) for check in checks],
        figures={name: value for name, value in metadata.items() if isinstance(value, int | float | str)},
        quarantine=[asdict(file) for file in quarantine],
        inputs=inputs or {},
    )
    refuse(lake.lake, contract.name, plan.partition, refusal)
    return refused_result(plan.partition, refusal)


def still_refused(contract: DatasetContract, plan: Refused, *, lake: Lake) -> PartitionResult:
    """The same again: it holds for this contract and code now, also where they changed behind the refusing layer only."""
    refuse(lake.lake, contract.name, plan.partition, replace(plan.refusal, fingerprint=dataset_fingerprint(contract)))
    return refused_result(plan.partition, plan.refusal)


def refused_result(partition: str, refusal: Refusal) -> PartitionResult:
    """What a step says of a partition under a standing refusal: its gate, reason, checks and figures."""
    return PartitionResult(
        partition=partition,
        state="refused",
        token=refusal.token,
        reason=f"{refusal.gate}: {refusal.reason}",
        checks=[CheckOutcome(**check) for check in refusal.checks],
        metadata=refusal.figures,
    )
