"""How a step over many partitions tells Dagster the truth of each of them.

Left alone, Dagster marks every partition of a range as materialized, the refused ones too. So a step logs one
`AssetMaterialization` for each partition that it published, and yields its output with the marker by which Dagster
adds none of its own. The marker is Dagster's own and not public: `marked_output` is the only place that knows it, and
`test_dagster_facts.py` fails if it changes its meaning. The way back is to let the gate raise: then the good
partitions of a range arrive with the next run.
"""

from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import dagster as dg
from dagster._core.definitions.data_version import DATA_VERSION_TAG
from dagster._core.definitions.source_asset import SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION
from dagster._core.storage.tags import BACKFILL_ID_TAG

from lake_platform.assets.event_storage import kept_open
from lake_platform.assets.keys import ALL, asset_key, partitions_definition
from lake_platform.assets.metadata import PREFIX
from lake_platform.assets.results import CheckOutcome, DeclaredCheck, Metadata, PartitionResult
from lake_platform.contract.dataset import LAYERS, DatasetContract, Layer
from lake_platform.errors import TerminalError

RETRIES = dg.RetryPolicy(max_retries=2, delay=1, backoff=dg.Backoff.EXPONENTIAL)
"""For what may pass on retry; what fails again is a `dg.Failure` with retries off."""

StepEvent = dg.Output[None]


def step_arguments(
    contract: DatasetContract,
    layer: Layer,
    *,
    kinds: set[str],
    description: str,
    checks: Sequence[DeclaredCheck],
    inputs: Sequence[dg.AssetDep] = (),
) -> dict[str, Any]:
    """The arguments of `dg.multi_asset` that all layers share: spec, checks, partitions, retries.

    Args:
        inputs: assets of other datasets that the layer reads, beside the layer before it.
    """
    key = asset_key(contract.name, layer)
    partitions = partitions_definition(contract)
    before = LAYERS.index(layer) - 1
    return {
        "name": f"{contract.name}_{layer}",
        "specs": [
            dg.AssetSpec(
                key,
                deps=[*([asset_key(contract.name, LAYERS[before])] if before >= 0 else []), *inputs],
                description=description,
                group_name=contract.group or contract.name,
                kinds=kinds,
                owners=contract.owners,
                partitions_def=partitions,
                tags={"lake_platform/dataset": contract.name, "lake_platform/layer": layer},
            )
        ],
        "check_specs": check_specs(key, checks, partitions),
        "backfill_policy": dg.BackfillPolicy.single_run() if partitions else None,
        "retry_policy": RETRIES,
    }


def check_specs(
    key: dg.AssetKey, checks: Sequence[DeclaredCheck], partitions: dg.PartitionsDefinition[str] | None
) -> list[dg.AssetCheckSpec]:
    """The checks of an asset in Dagster's words; one of the whole table has no partitions."""
    return [
        dg.AssetCheckSpec(
            check.name,
            asset=key,
            description=check.description,
            blocking=check.blocking,
            partitions_def=None if check.of_table else partitions,
        )
        for check in checks
    ]


def report_step(
    context: dg.AssetExecutionContext,
    contract: DatasetContract,
    layer: Layer,
    *,
    results: Sequence[PartitionResult],
    checks: Sequence[DeclaredCheck],
    table: CheckOutcome | None = None,
) -> Iterator[StepEvent]:
    """`report_asset` for one layer of a dataset."""
    key = asset_key(contract.name, layer)
    yield from report_asset(context, key, contract.name, results=results, checks=checks, table=table)


def report_asset(
    context: dg.AssetExecutionContext,
    key: dg.AssetKey,
    name: str,
    *,
    results: Sequence[PartitionResult],
    checks: Sequence[DeclaredCheck],
    table: CheckOutcome | None = None,
) -> Iterator[StepEvent]:
    """Logs checks and materializations of each partition, then yields the outputs.

    Args:
        name: how messages call the dataset or table.
        table: the outcome of a check of the table as a whole.

    Raises:
        dagster.Failure: every partition that had something to work on was refused, and nothing is materialized; or
            the table is not what it should be. What follows does not run.
    """
    unchanged = [result.partition for result in results if result.state == "unchanged"]
    with kept_open(context.instance, run_id=context.run.run_id):
        known = told_versions(context.instance, key, unchanged)
        for result in results:
            _tell(context, key, name, result, known=known.get(result.partition))
    refused = [result for result in results if result.state == "refused"]
    if refused and not any(result.state in ("published", "unchanged") for result in results):
        raise refusal(name, refused)
    if table is not None:
        log_check(context, key, table)
        if table.error and not table.passed:
            raise dg.Failure(f"{name}: {table.name}: {table.description}", allow_retries=False)
    output = key.to_python_identifier()
    for check in checks:
        yield dg.Output(None, output_name=f"{output}_{check.name}")
    yield marked_output(output)


def told_versions(instance: dg.DagsterInstance, key: dg.AssetKey, partitions: Collection[str]) -> dict[str, str]:
    """The data version of the last materialization of each of these partitions, where Dagster has one."""
    told: dict[str, str] = {}
    if ALL in partitions:
        event = instance.get_latest_materialization_event(key)
        found = event.asset_materialization if event else None
        told |= {ALL: (found.tags or {}).get(DATA_VERSION_TAG, "")} if found else {}
    if any(partition != ALL for partition in partitions):
        tags = instance.event_log_storage.get_latest_tags_by_partition(
            key, dg.DagsterEventType.ASSET_MATERIALIZATION, [DATA_VERSION_TAG]
        )
        told |= {partition: found.get(DATA_VERSION_TAG, "") for partition, found in tags.items()}
    return told


def _tell(
    context: dg.AssetExecutionContext, key: dg.AssetKey, name: str, result: PartitionResult, *, known: str | None
) -> None:
    partition = None if result.partition == ALL else result.partition
    for check in result.checks:
        log_check(context, key, check, partition=partition)
    if result.state == "published":
        context.log_event(materialization(key, result, partition))
    elif result.state == "unchanged" and (BACKFILL_ID_TAG in context.run.tags or known != result.token):
        # Dagster calls a backfill failed where a partition of it was not materialized in its runs. In any run, the one
        # that published may have died before it told.
        metadata = _known_metadata(context.instance, key, result, partition)
        context.log_event(materialization(key, replace(result, metadata=metadata), partition))
    elif result.state == "refused":
        context.log.error(f"{name} {result.partition} is refused: {result.reason}")


def _known_metadata(
    instance: dg.DagsterInstance, key: dg.AssetKey, result: PartitionResult, partition: str | None
) -> Metadata:
    """What was told of this very version when it was published, so that the asset's page goes on showing it."""
    filtered = dg.AssetRecordsFilter(asset_key=key, asset_partitions=[partition] if partition else None)
    for record in instance.fetch_materializations(filtered, limit=1).records:
        told = record.asset_materialization
        if told is not None and (told.tags or {}).get(DATA_VERSION_TAG) == result.token:
            return told.metadata
    return {f"{PREFIX}token": result.token}


def log_check(
    context: dg.AssetExecutionContext, key: dg.AssetKey, check: CheckOutcome, *, partition: str | None = None
) -> None:
    """Records the outcome of a check, at once: also where the step fails after it."""
    context.log_event(_evaluation(key, check, partition))  # pyright: ignore[reportArgumentType] its type leaves out evaluations, which it takes


def refusal(name: str, refused: Sequence[PartitionResult]) -> dg.Failure:
    """The failure that names the refused partitions and why; it is not retried."""
    told = "; ".join(f"{result.partition}: {result.reason}" for result in refused)
    return dg.Failure(
        description=f"{name}: {len(refused)} partition(s) refused, the last good data stays. {told}",
        metadata={result.partition: result.reason or "" for result in refused},
        allow_retries=False,
    )


def marked_output(name: str) -> StepEvent:
    """An output for which Dagster records no materialization: the step has logged its own."""
    return dg.Output(None, output_name=name, metadata={SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION: True})


@contextmanager
def told_to_dagster() -> Generator[None]:
    """Turns a terminal error into a `dg.Failure` without retries; every other error is left to the retry policy.

    Raises:
        dagster.Failure: for every `TerminalError` that leaves the block.
    """
    try:
        yield
    except TerminalError as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error


def _evaluation(key: dg.AssetKey, check: CheckOutcome, partition: str | None) -> dg.AssetCheckEvaluation:
    severity = dg.AssetCheckSeverity.ERROR if check.error else dg.AssetCheckSeverity.WARN
    return dg.AssetCheckEvaluation(
        asset_key=key,
        check_name=check.name,
        passed=check.passed,
        severity=severity,
        metadata=dict(check.metadata),  # pyright: ignore[reportArgumentType] Dagster normalises raw values
        description=check.description,
        blocking=False,
        partition=partition,
    )


def materialization(key: dg.AssetKey, result: PartitionResult, partition: str | None) -> dg.AssetMaterialization:
    """A published partition in Dagster's words; its data version is the token."""
    return dg.AssetMaterialization(
        asset_key=key,
        partition=partition,
        metadata=dict(result.metadata),  # pyright: ignore[reportArgumentType] Dagster normalises raw values
        tags={DATA_VERSION_TAG: result.token},
    )
