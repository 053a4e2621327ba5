"""Making the partitions of a table: what there is to do, the transaction, and the document of each."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import dagster as dg

from lake_platform.assets.keys import input_key
from lake_platform.assets.metadata import PREFIX, sample_table, table_schema
from lake_platform.assets.refused import refused_result
from lake_platform.assets.results import CheckOutcome, PartitionResult, absent
from lake_platform.assets.table_write import Made, Make, write_partitions
from lake_platform.contract.fingerprint import table_fingerprint
from lake_platform.contract.queries.lineage import column_lineage
from lake_platform.contract.rules.scan import Judged
from lake_platform.contract.table_inputs import BoundTable
from lake_platform.errors import TableRulesError
from lake_platform.lake.lake import Lake
from lake_platform.lake.refusals import Refusal, latest_refusal, record_attempt, refuse
from lake_platform.lake.table_inputs import InputReader, Versions
from lake_platform.lake.table_pending import table_pending
from lake_platform.lake.token import digest, token
from lake_platform.lake.versions import VersionDocument
from lake_platform.warehouse.batches import WriteCounts
from lake_platform.warehouse.ddl import ensure_tables
from lake_platform.warehouse.redshift import RedshiftResource
from lake_platform.warehouse.table import target_table, target_tables

LAYER = "table"
MATCHES = "table_matches_contract"
CONSERVED = "rows_conserved"


def make_partitions(
    table: BoundTable, partitions: Sequence[str], *, lake: Lake, redshift: RedshiftResource, run_id: str
) -> list[PartitionResult]:
    """Makes what is not made of these inputs yet, all in one transaction; each partition is told by itself.

    The document follows the COMMIT. A run that dies between the two is made good by the next: the ledger knows the
    tokens. An attempt is written down first, so that a killed run counts too.
    """
    fingerprint, inputs = table_fingerprint(table), InputReader(lake)
    _record_attempts(table, partitions, lake=lake, inputs=inputs, fingerprint=fingerprint, run_id=run_id)
    versions = inputs.versions(table)
    plans = [
        _plan(table, partition, lake=lake, versions=versions.get(partition), fingerprint=fingerprint)
        for partition in partitions
    ]
    makes = [plan for plan in plans if isinstance(plan, Make)]
    made = _write(table, makes, redshift=redshift) if makes else {}
    lineage = _lineage(table) if any(found.counts for found in made.values()) else None
    return [
        plan
        if isinstance(plan, PartitionResult)
        else _settle(table, lake, plan, made=made[plan.partition], fingerprint=fingerprint, lineage=lineage)
        for plan in plans
    ]


def _record_attempts(
    table: BoundTable, partitions: Sequence[str], *, lake: Lake, inputs: InputReader, fingerprint: str, run_id: str
) -> None:
    now = dt.datetime.now(dt.UTC)
    wanted = table_pending(table, lake=lake, inputs=inputs, now=now, fingerprint=fingerprint).partitions
    for partition in partitions:
        if partition in wanted:
            record_attempt(lake.lake, table.contract.key, partition, state=wanted[partition], run_id=run_id)


def _plan(
    table: BoundTable, partition: str, *, lake: Lake, versions: Versions | None, fingerprint: str
) -> Make | PartitionResult:
    """What there is to make, or what stands for the partition already."""
    if versions is None:
        return absent(partition)
    key = table.contract.key
    content = digest(dict(versions))
    work = token(key, LAYER, partition, [content], fingerprint)
    latest, told = lake.table_log(key).latest(partition), latest_refusal(lake.lake, key, partition)
    if latest is not None and latest.token == work:
        return _unchanged(partition, latest)
    if told is not None and told.token == work:
        return refused_result(partition, told)
    after = latest.number if latest else 0
    return Make(partition=partition, token=work, versions=versions, content=content, after=after)


def _write(table: BoundTable, makes: Sequence[Make], *, redshift: RedshiftResource) -> dict[str, Made]:
    """All partitions at once. Where a rule about the whole table breaks, one by one, so that it tells which."""
    group = f"{table.contract.key}_table"
    specs = target_tables(table.contract)
    redshift.run_autocommit(lambda session: ensure_tables(session, specs), query_group=group)
    try:
        return redshift.run(lambda session: write_partitions(session, table, makes), query_group=group)
    except TableRulesError as error:
        if len(makes) == 1:
            return {makes[0].partition: Made(rows=0, counts=None, judged=error.judged)}
    made: dict[str, Made] = {}
    for make in makes:
        made |= _write(table, [make], redshift=redshift)
    return made


def _settle(
    table: BoundTable,
    lake: Lake,
    make: Make,
    *,
    made: Made,
    fingerprint: str,
    lineage: dg.TableColumnLineage | None,
) -> PartitionResult:
    """Publishes the document of a partition that was written, or its refusal."""
    if made.counts is None:
        return _refuse(table, lake, make, made=made, fingerprint=fingerprint)
    body = {
        "inputs": dict(make.versions),
        "content": make.content,
        "rows": made.rows,
        "counts": _counts(made.counts),
        "rules": [asdict(rule) for rule in made.judged],
    }
    lake.table_log(table.contract.key).publish(make.partition, body, token=make.token, after=make.after)
    counts = _counts(made.counts)
    conserved = made.counts.rows == made.rows and (
        table.contract.write in ("upsert", "scd2") or made.counts.replayed or counts["inserted"] == made.rows
    )
    checks = [
        # What loses rows has stopped before: what is left, such as a column that is declared no more, is told.
        CheckOutcome(MATCHES, not made.unlike, error=False, metadata={"differences": "; ".join(made.unlike)}),
        CheckOutcome(CONSERVED, conserved, metadata={"rows": made.rows, **counts}),
        *_rule_checks(made.judged),
    ]
    metadata = {**_metadata(table, made, counts), f"{PREFIX}token": make.token, "dagster/column_lineage": lineage}
    return PartitionResult(
        partition=make.partition, state="published", token=make.token, checks=checks, metadata=metadata
    )


def _refuse(table: BoundTable, lake: Lake, make: Make, *, made: Made, fingerprint: str) -> PartitionResult:
    first = made.blocking[0]
    refusal = Refusal(
        token=make.token,
        content=make.content,
        fingerprint=fingerprint,
        layer=LAYER,
        gate=first.name,
        reason=f"rule {first.rule!r} failed: {_figures(first)}",
        checks=[asdict(check) for check in _rule_checks(made.judged)],
        figures={"rows": made.rows},
    )
    refuse(lake.lake, table.contract.key, make.partition, refusal)
    return refused_result(make.partition, refusal)


def stored_table_checks(document: VersionDocument) -> list[CheckOutcome]:
    """What the checks of a table say of a partition that was published, from its document."""
    judged = [Judged(**rule) for rule in document.body["rules"]]
    rows = {"rows": document.body["rows"], **document.body["counts"]}
    return [CheckOutcome(MATCHES, True), CheckOutcome(CONSERVED, True, metadata=rows), *_rule_checks(judged)]


def _unchanged(partition: str, document: VersionDocument) -> PartitionResult:
    checks = stored_table_checks(document)
    return PartitionResult(partition=partition, state="unchanged", token=document.token, checks=checks)


def _rule_checks(judged: Sequence[Judged]) -> list[CheckOutcome]:
    return [
        CheckOutcome(
            rule.name,
            rule.passed,
            error=rule.otherwise == "block",
            metadata={
                "rule": rule.rule,
                "otherwise": rule.otherwise,
                **rule.metrics,
                **({} if rule.failed_rows is None else {"failed_rows": rule.failed_rows}),
            },
            description=None if rule.passed else _figures(rule),
        )
        for rule in judged
    ]


def _figures(rule: Judged) -> str:
    if rule.failed_rows is not None:
        return f"{rule.failed_rows} rows break it"
    return ", ".join(f"{name} is {value:g}" for name, value in rule.metrics.items()) or "there are no rows"


def _counts(counts: WriteCounts) -> dict[str, int]:
    names = ("inserted", "updated", "closed", "deleted", "unchanged")
    return {name: getattr(counts, name) for name in names}


def _metadata(table: BoundTable, made: Made, counts: dict[str, int]) -> dict[str, Any]:
    spec = target_table(table.contract)
    metadata: dict[str, Any] = {
        "dagster/row_count": made.rows,
        "dagster/table_name": str(spec.table),
        "dagster/column_schema": table_schema(spec, table.contract.columns),
        **{f"{PREFIX}rows_{name}": value for name, value in counts.items()},
    }
    for rule in made.judged:
        for name, value in rule.metrics.items():
            metadata[f"rule/{rule.name}" if len(rule.metrics) == 1 else f"rule/{rule.name}/{name}"] = value
    if made.sample:
        metadata[f"{PREFIX}sample"] = sample_table(made.sample)
    return metadata


def _lineage(table: BoundTable) -> dg.TableColumnLineage:
    """From which columns of which assets each column is made."""
    keys = {found.name: input_key(found) for found in table.inputs}
    return dg.TableColumnLineage(
        deps_by_column={
            column: [dg.TableColumnDep(asset_key=keys[name], column_name=source) for name, source in sources]
            for column, sources in column_lineage(table).items()
        }
    )
