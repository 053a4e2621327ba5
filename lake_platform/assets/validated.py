"""The `validated` layer: one Spark job casts the rows and applies the rules; the gate stands here."""

from collections.abc import Iterator, Sequence

import dagster as dg

from glue_jobs.protocol import InputFile, PartitionReport, PartitionWork
from lake_platform.assets.jobs import JobStep, figures, report_metadata
from lake_platform.assets.keys import partition_keys
from lake_platform.assets.outcomes import Verdict, judge, rule_checks
from lake_platform.assets.plan import Absent, Current, Plan, Refused, Todo, plan_step
from lake_platform.assets.results import CheckOutcome, DeclaredCheck, PartitionResult, absent
from lake_platform.assets.step import StepEvent, report_step, step_arguments, told_to_dagster
from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.rules import compile_rules
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
        context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake], spark: dg.ResourceParam[JobRunner]
    ) -> Iterator[StepEvent]:
        with told_to_dagster():
            results = validate_partitions(contract, partition_keys(context), lake=lake, spark=spark)
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
    readable = [plan for plan in plans if isinstance(plan, Todo) and not plan.source.body.get("refused")]
    reports = run_for(
        contract,
        "validated",
        lake=lake,
        spark=spark,
        work=[_work(plan) for plan in readable],
        make_request=lambda job, output: validate_request(
            contract, token=job, output=output, partitions=[_work(plan) for plan in readable]
        ),
    )
    return [_result(contract, plan, reports, lake=lake) for plan in plans]


def _work(plan: Todo) -> PartitionWork:
    """The accepted files of the partition, oldest first."""
    files = [file for file in plan.source.body["files"] if file["status"] == "accepted"]
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
