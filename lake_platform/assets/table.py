"""A table that is made inside the warehouse: one asset, made per partition of an input or as a whole."""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from lake_platform.assets.keys import input_key, partition_keys, partitions_of, table_key
from lake_platform.assets.registered import registered_table
from lake_platform.assets.results import DeclaredCheck
from lake_platform.assets.step import RETRIES, StepEvent, check_specs, refusal, report_asset, told_to_dagster
from lake_platform.assets.table_partitions import LAYER, make_partitions
from lake_platform.contract.rules.scan import compile_scan
from lake_platform.contract.table_inputs import BoundTable
from lake_platform.lake.catalog import Catalog
from lake_platform.lake.lake import Lake
from lake_platform.lake.process import PROCESS_TAG, process_tag
from lake_platform.warehouse.redshift import RedshiftResource
from lake_platform.warehouse.table import target_table

OWN_CHECKS = (
    DeclaredCheck("table_matches_contract", "The table exists, with the declared columns and types."),
    DeclaredCheck("rows_conserved", "Every row of the SELECT was taken by the table or its history."),
)


def build_table(table: BoundTable) -> dg.AssetsDefinition:
    """The asset `[group, table]`; a run of it makes its partitions, and at its end names those that were refused."""
    contract, checks, key = table.contract, declared_checks(table), table_key(table.contract)

    @dg.multi_asset(**table_arguments(table, checks))
    def made(
        context: dg.AssetExecutionContext,
        lake: dg.ResourceParam[Lake],
        redshift: RedshiftResource,
        catalog: dg.ResourceParam[Catalog],
    ) -> Iterator[StepEvent]:
        context.instance.add_run_tags(context.run.run_id, {PROCESS_TAG: process_tag()})
        with told_to_dagster():
            results = make_partitions(
                table, partition_keys(context), lake=lake, redshift=redshift, run_id=context.run.run_id
            )
            results = registered_table(table, results, lake=lake, catalog=catalog)
        yield from report_asset(context, key, contract.name, results=results, checks=checks)
        if refused := [result for result in results if result.state == "refused"]:
            raise refusal(contract.name, refused)

    return made


def table_arguments(table: BoundTable, checks: Sequence[DeclaredCheck]) -> dict[str, Any]:
    """The arguments of `dg.multi_asset`: spec, checks, partitions, retries."""
    contract, key = table.contract, table_key(table.contract)
    partitions = partitions_of(table.partitioning) if table.partitioning else None
    return {
        "name": f"{contract.group or contract.name}__{contract.name}",
        "specs": [
            dg.AssetSpec(
                key,
                # Only the input that the table is made by is read by partition; of the others all that is published.
                deps=[
                    dg.AssetDep(
                        input_key(found), partition_mapping=None if found is table.parted else dg.AllPartitionMapping()
                    )
                    for found in table.inputs
                ],
                description=f"{contract.description}. {target_table(contract).table}, written by {contract.write}.",
                group_name=contract.group or contract.name,
                kinds={"redshift", "table"},
                owners=contract.owners,
                partitions_def=partitions,
                tags={"lake_platform/table": contract.name, "lake_platform/layer": LAYER},
            )
        ],
        "check_specs": check_specs(key, checks, partitions),
        "backfill_policy": dg.BackfillPolicy.single_run() if partitions else None,
        "retry_policy": RETRIES,
    }


def declared_checks(table: BoundTable) -> tuple[DeclaredCheck, ...]:
    """The platform's own checks and one for each rule, named after it."""
    rules = compile_scan(table.contract, required=True, declared=True).rules
    return OWN_CHECKS + tuple(
        DeclaredCheck(rule.name, f"{rule.rule}, otherwise {rule.otherwise}", blocking=rule.otherwise == "block")
        for rule in rules
    )
