"""The `target` layer: the published table, written in one transaction by its write mode."""

from collections.abc import Iterator, Mapping, Sequence

import dagster as dg

from lake_platform.assets.documents import made_of
from lake_platform.assets.keys import asset_key, partition_keys
from lake_platform.assets.metadata import PREFIX, table_schema
from lake_platform.assets.plan import Absent, Current, Plan, Refused, Todo, plan_step
from lake_platform.assets.registered import registered
from lake_platform.assets.results import CheckOutcome, DeclaredCheck, PartitionResult, absent
from lake_platform.assets.staging import load_partitions
from lake_platform.assets.step import StepEvent, refusal, report_step, step_arguments, told_to_dagster
from lake_platform.assets.stored_checks import stored_checks
from lake_platform.assets.table_check import TABLE_CHECK, check_table, wrong_table_told
from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.partitions import ALL, logical_start
from lake_platform.errors import NotStagedError
from lake_platform.lake.catalog import Catalog
from lake_platform.lake.lake import Lake
from lake_platform.lake.refusals import latest_refusal
from lake_platform.lake.versions import VersionDocument
from lake_platform.spark.code import layer_fingerprint
from lake_platform.warehouse.batches import Batch, WriteCounts
from lake_platform.warehouse.ddl import ensure_tables
from lake_platform.warehouse.redshift import RedshiftResource
from lake_platform.warehouse.table import target_table, target_tables
from lake_platform.warehouse.write import publish

CHECKS = (
    DeclaredCheck("rows_conserved", "Every staged row of the partition was taken by the table or its history."),
    TABLE_CHECK,
)


def build_target(contract: DatasetContract) -> dg.AssetsDefinition:
    """The asset that publishes staged rows; at its end it names the refused partitions of the run."""
    assert contract.target is not None

    @dg.multi_asset(
        **step_arguments(
            contract,
            "target",
            kinds={"redshift", "table"},
            description=f"{contract.target.table}, written by {contract.target.write}.",
            checks=CHECKS,
        )
    )
    def target(
        context: dg.AssetExecutionContext,
        lake: dg.ResourceParam[Lake],
        redshift: RedshiftResource,
        catalog: dg.ResourceParam[Catalog],
    ) -> Iterator[StepEvent]:
        partitions = partition_keys(context)
        key, spec = asset_key(contract.name, "target"), target_table(contract)
        with told_to_dagster(), wrong_table_told(context, key):
            results = publish_partitions(contract, partitions, lake=lake, redshift=redshift)
            results = registered(contract, "target", results, lake=lake, catalog=catalog)
            table = check_table(redshift, spec, results, query_group=f"{contract.name}_target")
        yield from report_step(context, contract, "target", results=results, checks=CHECKS, table=table)
        if refused := refused_partitions(contract, partitions, lake=lake):
            raise refusal(contract.name, refused)

    return target


def publish_partitions(
    contract: DatasetContract, partitions: Sequence[str], *, lake: Lake, redshift: RedshiftResource
) -> list[PartitionResult]:
    """Publishes what was staged since these partitions were published last, all in one transaction.

    The document follows the COMMIT. A run that dies between the two is made good by the next: the ledger knows the
    tokens, nothing is written twice.
    """
    fingerprint = layer_fingerprint(contract, "target")
    plans = plan_step(contract, "target", lake=lake, partitions=partitions, fingerprint=fingerprint)
    todo = [plan for plan in plans if isinstance(plan, Todo)]
    counts = _write(contract, todo, lake=lake, redshift=redshift) if todo else {}
    return [_result(contract, lake, plan, counts) for plan in plans]


def refused_partitions(contract: DatasetContract, partitions: Sequence[str], *, lake: Lake) -> list[PartitionResult]:
    """The partitions whose raw content was refused and so did not get to the last layer."""
    raw = lake.log(contract.name, "raw")
    refused: list[PartitionResult] = []
    for partition in partitions:
        told, known = latest_refusal(lake.lake, contract.name, partition), raw.latest(partition)
        last = lake.log(contract.name, contract.layers[-1]).latest(partition) if told else None
        reached = last is not None and known is not None and last.body["content"] == known.body["content"]
        if told and known and told.content == known.body["content"] and not reached:
            reason = f"{told.gate}: {told.reason}"
            refused.append(PartitionResult(partition=partition, state="refused", token=told.token, reason=reason))
    return refused


def _write(
    contract: DatasetContract, todo: Sequence[Todo], *, lake: Lake, redshift: RedshiftResource
) -> dict[str, WriteCounts]:
    """Writes all batches, all or none. Staging that another run took meanwhile is loaded again, once."""
    sources = {plan.partition: _processed(contract, lake, plan.partition) for plan in todo}
    batches = [_batch(contract, lake, plan, sources[plan.partition]) for plan in todo]
    group = f"{contract.name}_target"
    redshift.run_autocommit(lambda session: ensure_tables(session, target_tables(contract)), query_group=group)
    try:
        return redshift.run(lambda session: publish(session, contract, batches), query_group=group)
    except NotStagedError:
        load_partitions(contract, sources, lake=lake, redshift=redshift)
        return redshift.run(lambda session: publish(session, contract, batches), query_group=group)


def _processed(contract: DatasetContract, lake: Lake, partition: str) -> VersionDocument:
    document = lake.log(contract.name, "processed").latest(partition)
    assert document is not None, "what is staged was processed"
    return document


def _batch(contract: DatasetContract, lake: Lake, plan: Todo, source: VersionDocument) -> Batch:
    raw = lake.log(contract.name, "raw").latest(plan.partition)
    statuses = {file["status"] for file in raw.body["files"]} if raw else set[str]()
    return Batch(
        partition=plan.partition,
        token=source.token,
        number=source.number,
        rows=plan.source.body["rows"],
        as_of=None if plan.partition == ALL else logical_start(plan.partition),
        closes=source.body["unreadable_keys"] == 0,
        withdrawn=statuses == {"withdrawn"},
    )


def _result(contract: DatasetContract, lake: Lake, plan: Plan, counts: Mapping[str, WriteCounts]) -> PartitionResult:
    if isinstance(plan, Absent | Refused):
        return absent(plan.partition)
    if isinstance(plan, Current):
        checks = stored_checks(contract, "target", plan.document)
        return PartitionResult(partition=plan.partition, state="unchanged", token=plan.document.token, checks=checks)
    count = counts[plan.partition]
    staged = int(plan.source.body["rows"])
    body = {
        **made_of(contract, plan.source, "target"),
        "rows": count.rows,
        "staged": staged,
        "counts": _counts(count),
    }
    lake.log(contract.name, "target").publish(plan.partition, body, token=plan.token, after=plan.after)
    check = CheckOutcome(
        "rows_conserved", passed=count.rows == staged, metadata={"rows": count.rows, "staged": staged, **_counts(count)}
    )
    return PartitionResult(
        partition=plan.partition,
        state="published",
        token=plan.token,
        checks=[check],
        metadata=_metadata(contract, plan, count),
    )


def _counts(count: WriteCounts) -> dict[str, int]:
    return {
        "inserted": count.inserted,
        "updated": count.updated,
        "closed": count.closed,
        "deleted": count.deleted,
        "unchanged": count.unchanged,
    }


def _metadata(contract: DatasetContract, plan: Todo, count: WriteCounts) -> dict[str, object]:
    assert contract.target is not None
    return {
        "dagster/row_count": count.rows,
        "dagster/table_name": contract.target.table,
        "dagster/column_schema": table_schema(target_table(contract), contract.produced),
        f"{PREFIX}token": plan.token,
        **{f"{PREFIX}rows_{name}": value for name, value in _counts(count).items()},
    }
