"""A notebook as an asset: it runs when what it reads has changed, and what it shows is kept and shown."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from lake_platform.assets.keys import input_key, table_key
from lake_platform.assets.notebook_run import RAN, run_partition
from lake_platform.assets.results import DeclaredCheck
from lake_platform.assets.step import RETRIES, StepEvent, check_specs, report_asset, told_to_dagster
from lake_platform.contract.notebook import BoundNotebook
from lake_platform.lake.lake import Lake
from lake_platform.lake.process import PROCESS_TAG, process_tag
from lake_platform.notebooks.run import NotebookRunner

CHECKS = (DeclaredCheck(RAN, "Every cell ran to its end, and what the cells assert holds."),)


def build_notebook(notebook: BoundNotebook) -> dg.AssetsDefinition:
    """The asset `[group, notebook]`."""
    contract, key = notebook.contract, table_key(notebook.contract)

    @dg.multi_asset(**notebook_arguments(notebook))
    def ran(
        context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake], notebooks: dg.ResourceParam[NotebookRunner]
    ) -> Iterator[StepEvent]:
        context.instance.add_run_tags(context.run.run_id, {PROCESS_TAG: process_tag()})
        with told_to_dagster():
            result = run_partition(notebook, lake=lake, runner=notebooks, run_id=context.run.run_id)
        yield from report_asset(context, key, contract.name, results=[result], checks=CHECKS)

    return ran


def notebook_arguments(notebook: BoundNotebook) -> dict[str, Any]:
    """The arguments of `dg.multi_asset`: spec, check, retries."""
    contract, key = notebook.contract, table_key(notebook.contract)
    return {
        "name": "__".join(contract.path),
        "specs": [
            dg.AssetSpec(
                key,
                deps=[
                    dg.AssetDep(input_key(found), partition_mapping=dg.AllPartitionMapping())
                    for found in notebook.inputs
                ],
                description=f"{contract.description}. {contract.notebook}, run by papermill.",
                group_name=contract.path[0],
                kinds={"jupyter"},
                owners=contract.owners,
                tags={"lake_platform/notebook": contract.name},
            )
        ],
        "check_specs": check_specs(key, CHECKS, None),
        "retry_policy": RETRIES,
    }
