"""The `processed` layer: the transform, then Parquet with the exact columns and types of the table."""

from collections.abc import Iterator, Mapping, Sequence

import dagster as dg

from glue_jobs.protocol import InputFile, PartitionReport, PartitionWork
from lake_platform.assets.conservation import GATE, declared_conservation, judge_conservation
from lake_platform.assets.documents import layer_body
from lake_platform.assets.inputs import input_dependencies, input_metadata, input_tables
from lake_platform.assets.jobs import run_for
from lake_platform.assets.keys import partition_keys
from lake_platform.assets.metadata import report_metadata
from lake_platform.assets.outcomes import Verdict, rule_checks
from lake_platform.assets.plan import Absent, Current, Plan, Refused, Todo, plan_step
from lake_platform.assets.refused import refuse_partition, still_refused
from lake_platform.assets.registered import registered
from lake_platform.assets.results import DeclaredCheck, PartitionResult, absent
from lake_platform.assets.step import StepEvent, report_step, step_arguments, told_to_dagster
from lake_platform.assets.stored_checks import stored_checks
from lake_platform.contract.compiled import compile_produced_rules
from lake_platform.contract.dataset import DatasetContract
from lake_platform.lake.catalog import Catalog
from lake_platform.lake.inputs import INPUTS, Inputs, published_inputs
from lake_platform.lake.lake import Lake
from lake_platform.lake.manifest import read_manifest
from lake_platform.spark.code import layer_fingerprint
from lake_platform.spark.requests import process_request
from lake_platform.spark.runner import JobRunner


def build_processed(contract: DatasetContract) -> dg.AssetsDefinition:
    """The asset that holds the rows as the table will."""
    checks = declared_checks(contract)

    @dg.multi_asset(
        **step_arguments(
            contract,
            "processed",
            kinds={"pyspark", "parquet"},
            description="The rows after the transform, as Parquet in the order and with the types of the table.",
            checks=checks,
            inputs=input_dependencies(contract),
        )
    )
    def processed(
        context: dg.AssetExecutionContext,
        lake: dg.ResourceParam[Lake],
        spark: dg.ResourceParam[JobRunner],
        catalog: dg.ResourceParam[Catalog],
    ) -> Iterator[StepEvent]:
        with told_to_dagster():
            results = process_partitions(contract, partition_keys(context), lake=lake, spark=spark)
            results = registered(contract, "processed", results, lake=lake, catalog=catalog)
        yield from report_step(context, contract, "processed", results=results, checks=checks)

    return processed


def declared_checks(contract: DatasetContract) -> tuple[DeclaredCheck, ...]:
    """Conservation, and one for each rule about the produced rows, named after it."""
    rules = [
        DeclaredCheck(rule.name, f"{rule.rule}, otherwise {rule.otherwise}", blocking=False)
        for rule in compile_produced_rules(contract)
    ]
    return (declared_conservation(contract), *rules)


def process_partitions(
    contract: DatasetContract, partitions: Sequence[str], *, lake: Lake, spark: JobRunner
) -> list[PartitionResult]:
    """Transforms what was validated; a partition that was refused there keeps its last good rows.

    A transform that loses or makes up rows has its partition refused.

    Raises:
        InputNotPublishedError: nothing is published yet of a dataset that the transform reads.
        InputColumnsError: what is published of it has other columns than its contract.
    """
    fingerprint = layer_fingerprint(contract, "processed")
    inputs = published_inputs(lake, contract)
    plans = plan_step(
        contract, "processed", lake=lake, partitions=partitions, fingerprint=fingerprint, inputs=inputs.tokens()
    )
    todo = [plan for plan in plans if isinstance(plan, Todo)]
    tables = input_tables(contract, lake, inputs) if todo else {}
    reports = run_for(
        contract,
        "processed",
        lake=lake,
        spark=spark,
        work=[_work(lake, plan) for plan in todo],
        make_request=lambda token, output, work: process_request(
            contract, token=token, output=output, partitions=work, inputs=tables, pii_key=_pii_key(contract, lake)
        ),
    )
    return [_result(contract, lake, plan, reports, inputs=inputs) for plan in plans]


def _pii_key(contract: DatasetContract, lake: Lake) -> str | None:
    return lake.read_pii_key() if any(column.pii for column in contract.produced) else None


def _work(lake: Lake, plan: Todo) -> PartitionWork:
    manifest = read_manifest(lake.lake, plan.source.body["manifest"])
    return PartitionWork(
        partition=plan.partition,
        token=plan.token,
        files=tuple(
            InputFile(url=entry.url, key=entry.url, time="", size=entry.content_length, records=entry.record_count)
            for entry in manifest.entries
        ),
    )


def _result(
    contract: DatasetContract, lake: Lake, plan: Plan, reports: Mapping[str, PartitionReport], *, inputs: Inputs
) -> PartitionResult:
    if isinstance(plan, Absent):
        return absent(plan.partition)
    if isinstance(plan, Refused):
        return still_refused(contract, plan, lake=lake)
    if isinstance(plan, Current):
        token = plan.document.token
        checks = stored_checks(contract, "processed", plan.document)
        return PartitionResult(partition=plan.partition, state="unchanged", token=token, checks=checks)
    report = reports[plan.partition]
    check = judge_conservation(contract, report)
    metadata = report_metadata(report, contract.produced, token=plan.token)
    if not check.passed:
        verdict = Verdict(check.description, GATE)
        return refuse_partition(
            contract,
            "processed",
            lake=lake,
            plan=plan,
            verdict=verdict,
            checks=[check],
            metadata=metadata,
            inputs=inputs.tokens(),
        )
    body = layer_body(contract, "processed", lake=lake, report=report, source=plan.source)
    body["unreadable_keys"] = plan.source.body["unreadable_keys"]
    body |= {INPUTS: inputs.tokens(), "read": inputs.document_numbers()}
    lake.log(contract.name, "processed").publish(plan.partition, body, token=plan.token, after=plan.after)
    return PartitionResult(
        partition=plan.partition,
        state="published",
        token=plan.token,
        checks=[check, *rule_checks(report, Verdict(None))],
        metadata={**metadata, **input_metadata(inputs)},
    )
