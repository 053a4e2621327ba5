"""One transaction of a table that is made in the warehouse: make the rows, judge them, write those that may be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lake_platform.contract.partitions import ALL, logical_start
from lake_platform.contract.queries.bind import bind_select, read_table_select
from lake_platform.contract.queries.select import output_names
from lake_platform.contract.rules.scan import Judged, Scan, compile_scan
from lake_platform.contract.table_inputs import BoundTable
from lake_platform.errors import TableRulesError
from lake_platform.warehouse.batches import Batch, WriteCounts
from lake_platform.warehouse.ddl import differences
from lake_platform.warehouse.expressions import listed
from lake_platform.warehouse.ledger import Ledger
from lake_platform.warehouse.make import WANTED, make_rows, render_forget
from lake_platform.warehouse.names import TableName
from lake_platform.warehouse.session import Session
from lake_platform.warehouse.table import staging_table, target_name, target_table
from lake_platform.warehouse.write import apply

KEYED = ("upsert", "scd2")
SAMPLE_ROWS = 10


@dataclass(frozen=True, kw_only=True)
class Make:
    """One partition that is to be made.

    Attributes:
        versions: the versions of the inputs that were seen before the transaction.
        content: their digest.
        after: the number of the document that the new one replaces.
    """

    partition: str
    token: str
    versions: Mapping[str, str]
    content: str
    after: int


@dataclass(frozen=True, kw_only=True)
class Made:
    """What became of one partition.

    Attributes:
        rows: how many the SELECT gave.
        counts: what the write did; None where a rule blocked it.
        unlike: where the table is not as declared.
        sample: some rows of the table, of the newest partition only.
    """

    rows: int
    counts: WriteCounts | None
    judged: Sequence[Judged]
    unlike: Sequence[str] = ()
    sample: Sequence[Mapping[str, Any]] = ()

    @property
    def blocking(self) -> list[Judged]:
        """The rules that hold the partition back."""
        return [rule for rule in self.judged if rule.otherwise == "block" and not rule.passed]


def write_partitions(session: Session, table: BoundTable, makes: Sequence[Make]) -> dict[str, Made]:
    """Makes and writes these partitions, in the caller's transaction; must be the first thing that it does.

    A partition that breaks a blocking rule is left out, and the others go on. Rules of a table with keys are about the
    table as a whole, so they hold back all that is written with them.

    Raises:
        TableRulesError: a blocking rule about the table as a whole does not hold.
    """
    contract, staged = table.contract, staging_table(table.contract)
    keyed = contract.write in KEYED
    ledger = Ledger.open(session, target_name(contract))
    yields = output_names(read_table_select(table))
    wanted = {make.partition: make.token for make in makes}
    rows = make_rows(session, staged, bind_select(table, WANTED), yields=yields, wanted=wanted)
    of_rows = _scan(session, table, compile_scan(contract, required=True, declared=not keyed), staged.table.sql, wanted)
    made = {
        make.partition: Made(rows=rows[make.partition], counts=None, judged=of_rows[make.partition]) for make in makes
    }
    good = [make for make in makes if not made[make.partition].blocking]
    counts = apply(session, contract, ledger, [_batch(make, rows[make.partition]) for make in good]) if good else {}
    of_table = _judge_table(session, table) if keyed and good else []
    unlike = differences(session, target_table(contract)) if good else []
    for make in good:
        known = made[make.partition]
        made[make.partition] = Made(
            rows=known.rows,
            counts=counts[make.partition],
            judged=[*known.judged, *of_table],
            unlike=unlike,
            sample=_sample(session, table, make.partition) if make is good[-1] else (),
        )
    for statement in render_forget(staged):
        session.execute(statement)
    return made


def _judge_table(session: Session, table: BoundTable) -> list[Judged]:
    contract = table.contract
    names = [column.name for column in contract.columns]
    relation = f"(\n  SELECT {listed(names)}, '{ALL}' AS \"_partition\"\n  FROM {target_name(contract).sql}\n)"
    judged = _scan(session, table, compile_scan(contract, required=False, declared=True), relation, [ALL])[ALL]
    broken = [rule for rule in judged if rule.otherwise == "block" and not rule.passed]
    if broken:
        raise TableRulesError(str(target_name(contract)), judged)
    return judged


def _scan(
    session: Session, table: BoundTable, scan: Scan, relation: str, partitions: Sequence[str] | Mapping[str, str]
) -> dict[str, list[Judged]]:
    """What the rules say of each partition; a partition without rows is judged as well."""
    if not scan.rules:
        return {partition: [] for partition in partitions}
    tables = {found.name: TableName(found.schema, found.table).sql for found in table.inputs}
    found = {str(row[0]): row[1:] for row in session.query(scan.sql(relation, tables))}
    return {partition: scan.judge(found.get(partition, (0,))) for partition in partitions}


def _batch(make: Make, rows: int) -> Batch:
    return Batch(
        partition=make.partition,
        token=make.token,
        number=make.after + 1,
        rows=rows,
        as_of=None if make.partition == ALL else logical_start(make.partition),
    )


def _sample(session: Session, table: BoundTable, partition: str) -> list[dict[str, Any]]:
    names = [column.name for column in table.contract.columns]
    parted = table.contract.write == "replace_partition"
    names_sql, place = listed(names), target_name(table.contract).sql
    where, values = ("\nWHERE _partition = %s", (partition,)) if parted else ("", ())
    order = ", ".join(str(number + 1) for number in range(min(3, len(names))))
    rows = session.query(f"SELECT {names_sql}\nFROM {place}{where}\nORDER BY {order}\nLIMIT {SAMPLE_ROWS:d}", values)
    return [dict(zip(names, row, strict=True)) for row in rows]
