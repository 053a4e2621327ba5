"""The `staging` layer: COPY by manifest, counted, in one transaction a run."""

from collections.abc import Iterator, Mapping, Sequence

import dagster as dg

from lake_platform.assets.documents import made_of
from lake_platform.assets.keys import asset_key, partition_keys
from lake_platform.assets.metadata import PREFIX, column_schema
from lake_platform.assets.plan import Absent, Current, Refused, Todo, plan_step
from lake_platform.assets.registered import registered
from lake_platform.assets.results import CheckOutcome, DeclaredCheck, PartitionResult, absent
from lake_platform.assets.step import StepEvent, report_step, step_arguments, told_to_dagster
from lake_platform.assets.table_check import TABLE_CHECK, check_table, wrong_table_told
from lake_platform.contract.dataset import DatasetContract
from lake_platform.lake.catalog import Catalog
from lake_platform.lake.lake import Lake
from lake_platform.lake.layout import run_manifest_key
from lake_platform.lake.manifest import Manifest, join, read_manifest, write_manifest
from lake_platform.lake.token import digest
from lake_platform.lake.versions import VersionDocument
from lake_platform.spark.code import layer_fingerprint
from lake_platform.warehouse.ddl import ensure_table
from lake_platform.warehouse.load import StagedPartition, stage
from lake_platform.warehouse.redshift import RedshiftResource
from lake_platform.warehouse.table import staging_table

CHECKS = (
    DeclaredCheck("rows_conserved", "Rows loaded by COPY = rows in the Parquet files of the partition."),
    TABLE_CHECK,
)


def build_staging(contract: DatasetContract) -> dg.AssetsDefinition:
    """The asset that loads processed rows into `staging.stg_<dataset>`."""

    @dg.multi_asset(
        **step_arguments(
            contract,
            "staging",
            kinds={"redshift", "table"},
            description=f"staging.stg_{contract.name}: the processed rows in the warehouse, loaded by COPY.",
            checks=CHECKS,
        )
    )
    def staging(
        context: dg.AssetExecutionContext,
        lake: dg.ResourceParam[Lake],
        redshift: RedshiftResource,
        catalog: dg.ResourceParam[Catalog],
    ) -> Iterator[StepEvent]:
        key, spec = asset_key(contract.name, "staging"), staging_table(contract)
        with told_to_dagster(), wrong_table_told(context, key):
            results = stage_partitions(contract, partition_keys(context), lake=lake, redshift=redshift)
            results = registered(contract, "staging", results, lake=lake, catalog=catalog)
            table = check_table(redshift, spec, results, query_group=f"{contract.name}_staging")
        yield from report_step(context, contract, "staging", results=results, checks=CHECKS, table=table)

    return staging


def stage_partitions(
    contract: DatasetContract, partitions: Sequence[str], *, lake: Lake, redshift: RedshiftResource
) -> list[PartitionResult]:
    """Loads what was processed since these partitions were staged last; one COPY for all of them."""
    fingerprint = layer_fingerprint(contract, "staging")
    plans = plan_step(contract, "staging", lake=lake, partitions=partitions, fingerprint=fingerprint)
    todo = {plan.partition: plan.source for plan in plans if isinstance(plan, Todo)}
    if todo:
        load_partitions(contract, todo, lake=lake, redshift=redshift)
    results: list[PartitionResult] = []
    for plan in plans:
        if isinstance(plan, Absent | Refused):
            results.append(absent(plan.partition))
        elif isinstance(plan, Current):
            rows = plan.document.body["rows"]
            results.append(_result(plan.partition, plan.document.token, rows, state="unchanged"))
        else:
            rows = _manifest(lake, plan.source).record_count
            body = {**made_of(contract, plan.source, "staging"), "rows": rows, "processed": plan.source.token}
            lake.log(contract.name, "staging").publish(plan.partition, body, token=plan.token, after=plan.after)
            results.append(_result(plan.partition, plan.token, rows, state="published", contract=contract))
    return results


def load_partitions(
    contract: DatasetContract, sources: Mapping[str, VersionDocument], *, lake: Lake, redshift: RedshiftResource
) -> None:
    """Stages the processed documents of these partitions: the table as it should be, then one COPY, counted."""
    manifests = {partition: _manifest(lake, source) for partition, source in sources.items()}
    key = run_manifest_key(contract.name, digest([[p, source.token] for p, source in sorted(sources.items())]))
    url = write_manifest(lake.lake, key, join(manifests.values()))
    partitions = {
        partition: StagedPartition(token=sources[partition].token, rows=manifest.record_count)
        for partition, manifest in manifests.items()
    }
    group = f"{contract.name}_staging"
    redshift.run_autocommit(lambda session: ensure_table(session, staging_table(contract)), query_group=group)
    redshift.run(
        lambda session: stage(
            session, contract, manifest_url=url, partitions=partitions, copy_iam_role=redshift.copy_iam_role
        ),
        query_group=group,
    )


def _manifest(lake: Lake, source: VersionDocument) -> Manifest:
    return read_manifest(lake.lake, source.body["manifest"])


def _result(
    partition: str, token: str, rows: int, *, state: "str", contract: DatasetContract | None = None
) -> PartitionResult:
    metadata: dict[str, object] = {"dagster/row_count": rows, f"{PREFIX}token": token}
    if contract is not None:
        metadata |= {
            "dagster/column_schema": column_schema(contract.produced),
            "dagster/table_name": f"staging.stg_{contract.name}",
        }
    return PartitionResult(
        partition=partition,
        state="published" if state == "published" else "unchanged",
        token=token,
        checks=[CheckOutcome("rows_conserved", passed=True, metadata={"rows": rows})],
        metadata=metadata,
    )
