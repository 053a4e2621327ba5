"""The `validated` layer: one Spark job casts the rows and applies the rules; the gate stands here."""

from collections.abc import Iterator, Mapping, Sequence

import dagster as dg

from glue_jobs.protocol import InputFile, PartitionReport, PartitionWork
from lake_platform.assets.documents import layer_body
from lake_platform.assets.jobs import run_for
from lake_platform.assets.keys import partition_keys
from lake_platform.assets.metadata import report_metadata
from lake_platform.assets.outcomes import Verdict, judge, own_checks, rule_checks
from lake_platform.assets.plan import Absent, Current, Plan, Refused, Todo, plan_step
from lake_platform.assets.refused import refuse_partition, still_refused
from lake_platform.assets.registered import registered
from lake_platform.assets.results import CheckOutcome, DeclaredCheck, PartitionResult, absent
from lake_platform.assets.step import StepEvent, report_step, step_arguments, told_to_dagster
from lake_platform.assets.stored_checks import stored_checks
from lake_platform.contract.compiled import compile_rules
from lake_platform.contract.dataset import DatasetContract
from lake_platform.lake.catalog import Catalog
from lake_platform.lake.lake import Lake
from lake_platform.spark.code import layer_fingerprint
from lake_platform.spark.requests import validate_request
from lake_platform.spark.runner import JobRunner

OWN_CHECKS = (
    DeclaredCheck("matches_contract", "The files have the columns and types of the contract."),
    DeclaredCheck("rows_conserved", "Rows read = valid rows + rows in quarantine, and as many as were counted."),
    DeclaredCheck("rows_readable", "Every row could be read and cast.", blocking=False),
)


def build_validated(contract: DatasetContract) -> dg.AssetsDefinition:
    """The asset that lets valid rows through, sets the others aside and refuses what must not be published."""
    checks = declared_checks(contract)

    @dg.multi_asset(
        **step_arguments(
            contract,
            "validated",
            kinds={"pyspark", "deequ"},
            description="The valid rows, cast to the types of the contract. The others are in quarantine, with reasons.",
            checks=checks,
        )
    )
    def validated(
        context: dg.AssetExecutionContext,
        lake: dg.ResourceParam[Lake],
        spark: dg.ResourceParam[JobRunner],
        catalog: dg.ResourceParam[Catalog],
    ) -> Iterator[StepEvent]:
        with told_to_dagster():
            results = validate_partitions(contract, partition_keys(context), lake=lake, spark=spark)
            results = registered(contract, "validated", results, lake=lake, catalog=catalog)
        yield from report_step(context, contract, "validated", results=results, checks=checks)

    return validated


def declared_checks(contract: DatasetContract) -> tuple[DeclaredCheck, ...]:
    """The platform's own checks and one for each rule, named after it."""
    rules = compile_rules(contract)
    return OWN_CHECKS + tuple(
        DeclaredCheck(rule.name, f"{rule.rule}, otherwise {rule.otherwise}", blocking=rule.otherwise == "block")
        for rule in (*rules.row, *rules.batch)
    )


def validate_partitions(
    contract: DatasetContract, partitions: Sequence[str], *, lake: Lake, spark: JobRunner
) -> list[PartitionResult]:
    """Validates what raw accepted. One job for all partitions with work; each is published or refused by itself."""
    fingerprint = layer_fingerprint(contract, "validated")
    plans = plan_step(contract, "validated", lake=lake, partitions=partitions, fingerprint=fingerprint)
    readable = [plan for plan in plans if isinstance(plan, Todo) and plan.source.body["refused"] is None]
    reports = run_for(
        contract,
        "validated",
        lake=lake,
        spark=spark,
        work=[_work(plan) for plan in readable],
        make_request=lambda token, output, work: validate_request(
            contract, token=token, output=output, partitions=work
        ),
    )
    return [_result(contract, lake, plan, reports) for plan in plans]


def _work(plan: Todo) -> PartitionWork:
    """The accepted files of the partition, oldest first; Spark cannot read those that hold nothing, not even a header."""
    files = [file for file in plan.source.body["files"] if file["status"] == "accepted" and file["records"] != 0]
    return PartitionWork(
        partition=plan.partition,
        token=plan.token,
        files=tuple(
            InputFile(
                url=file["url"],
                key=file["key"],
                time=file["time"],
                size=file["size"],
                header=tuple(file["header"]),
                records=file["records"],
            )
            for file in files
        ),
    )


def _result(
    contract: DatasetContract, lake: Lake, plan: Plan, reports: Mapping[str, PartitionReport]
) -> PartitionResult:
    if isinstance(plan, Absent):
        return absent(plan.partition)
    if isinstance(plan, Refused):
        return still_refused(contract, plan, lake=lake)
    if isinstance(plan, Current):
        token = plan.document.token
        checks = stored_checks(contract, "validated", plan.document)
        return PartitionResult(partition=plan.partition, state="unchanged", token=token, checks=checks)
    return _judged(contract, lake, plan, reports.get(plan.partition))


def _judged(contract: DatasetContract, lake: Lake, plan: Todo, report: PartitionReport | None) -> PartitionResult:
    """Publishes or refuses. `report` is None where the files were refused before any row was read."""
    if report is None:
        verdict = Verdict(plan.source.body["refused"], "matches_contract")
        checks = [CheckOutcome(check.name, passed=False, error=True) for check in declared_checks(contract)[:1]]
        return refuse_partition(
            contract, "validated", lake=lake, plan=plan, verdict=verdict, checks=checks, metadata={}
        )
    statuses = {file["status"] for file in plan.source.body["files"]}
    verdict = judge(contract, report, withdrawn=statuses == {"withdrawn"})
    checks = [*own_checks(report, verdict), *rule_checks(report, verdict)]
    metadata = report_metadata(report, contract.columns, token=plan.token)
    if verdict.refused is not None:
        return refuse_partition(
            contract,
            "validated",
            lake=lake,
            plan=plan,
            verdict=verdict,
            checks=checks,
            metadata=metadata,
            quarantine=report.quarantine_files,
        )
    body = layer_body(contract, "validated", lake=lake, report=report, source=plan.source)
    lake.log(contract.name, "validated").publish(plan.partition, body, token=plan.token, after=plan.after)
    return PartitionResult(
        partition=plan.partition, state="published", token=plan.token, checks=checks, metadata=metadata
    )
