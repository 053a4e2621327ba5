"""From the contract to a `JobRequest`: types, rules and expressions become the text that the jobs run."""

from collections.abc import Mapping, Sequence

from glue_jobs.protocol import BatchRuleSpec, ColumnSpec, InputTable, JobRequest, PartitionWork, RowRuleSpec
from lake_platform.contract.compiled import compile_expression, compile_produced_rules, compile_rules
from lake_platform.contract.dataset import Column, DatasetContract
from lake_platform.contract.rules import CompiledRowRule
from lake_platform.contract.types import parse_type


def validate_request(
    contract: DatasetContract, *, token: str, output: str, partitions: Sequence[PartitionWork]
) -> JobRequest:
    """What the `validate` job is asked for these partitions. `output` is the folder of this attempt alone."""
    rules = compile_rules(contract)
    deletes = contract.target.deletes if contract.target else None
    return JobRequest(
        job="validate",
        dataset=contract.name,
        token=token,
        output=output,
        partitions=tuple(partitions),
        columns=tuple(column_spec(column) for column in contract.columns),
        format=contract.arrives.format.model_dump(),
        row_rules=_row_rules(rules.row),
        batch_rules=tuple(
            BatchRuleSpec(name=rule.name, rule=rule.rule, otherwise=rule.otherwise) for rule in rules.batch
        ),
        delete_when=compile_expression(contract, deletes.when).spark_sql if deletes and deletes.when else None,
        keys=tuple(contract.target.keys) if contract.target and contract.arrives.delivers != "events" else (),
        delivers=contract.arrives.delivers,
        sets_aside=contract.quarantine is not None,
    )


def process_request(
    contract: DatasetContract,
    *,
    token: str,
    output: str,
    partitions: Sequence[PartitionWork],
    inputs: Mapping[str, InputTable],
    pii_key: str | None,
) -> JobRequest:
    """What the `process` job is asked. `inputs` are the rows of other datasets, by the transform's names."""
    return JobRequest(
        job="process",
        dataset=contract.name,
        token=token,
        output=output,
        partitions=tuple(partitions),
        columns=tuple(column_spec(column) for column in contract.columns),
        keys=tuple(contract.target.keys) if contract.target else (),
        delivers=contract.arrives.delivers,
        transform=contract.transform.run if contract.transform else None,
        inputs=dict(inputs),
        produces=tuple(column_spec(column) for column in contract.produced),
        rows=contract.transform.rows if contract.transform else "same",
        counted=contract.transform.count if contract.transform else None,
        sums=contract.transform.sums if contract.transform else {},
        row_rules=_row_rules(compile_produced_rules(contract)),
        pii_key=pii_key,
    )


def _row_rules(rules: Sequence[CompiledRowRule]) -> tuple[RowRuleSpec, ...]:
    return tuple(
        RowRuleSpec(name=rule.name, rule=rule.rule, predicate=rule.spark_sql, otherwise=rule.otherwise)
        for rule in rules
    )


def input_table(contract: DatasetContract, urls: Sequence[str]) -> InputTable:
    """The processed rows of a dataset, as a transform of another one gets them."""
    return InputTable(columns=tuple(map(column_spec, contract.produced)), urls=tuple(urls))


def column_spec(column: Column) -> ColumnSpec:
    """A column in the words of the jobs."""
    kind = parse_type(column.type)
    return ColumnSpec(
        name=column.name,
        type=kind.spark,
        required=column.required,
        aliases=tuple(column.aliases),
        path=column.path,
        formats=tuple(column.formats),
        max_bytes=kind.max_bytes,
        pii=column.pii,
    )
