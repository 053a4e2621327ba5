"""Tables that are made in the warehouse, over staging rows that are put there without any file or job."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lake_platform.assets.results import PartitionResult
from lake_platform.assets.table_partitions import make_partitions
from lake_platform.contract.between import DatasetSource, TableSource
from lake_platform.contract.bound import bind_tables
from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.document import Document
from lake_platform.contract.table import TableContract
from lake_platform.contract.table_inputs import BoundTable
from lake_platform.lake.lake import Lake
from lake_platform.lake.pending import Pending
from lake_platform.lake.table_inputs import InputReader
from lake_platform.lake.table_pending import table_pending
from lake_platform.warehouse.ddl import ensure_table
from lake_platform.warehouse.expressions import listed
from lake_platform.warehouse.redshift import RedshiftResource
from lake_platform.warehouse.session import Row, Session
from lake_platform.warehouse.table import TableSpec, staging_table, target_tables
from lake_platform_tests.lake.builders import NOW, memory_lake
from lake_platform_tests.lake.dying_store import DyingStore, Interrupted, Killed, die

EVENTS = [
    {"name": "ts", "type": "timestamp"},
    {"name": "userid", "type": "bigint"},
    {"name": "level", "type": "varchar(10)"},
    {"name": "song", "type": "varchar(40)"},
    {"name": "length", "type": "decimal(9,5)"},
]
SONGS = [
    {"name": "song_id", "type": "varchar(18)"},
    {"name": "title", "type": "varchar(40)"},
    {"name": "duration", "type": "decimal(9,5)"},
]
PLAYS = {
    "name": "plays",
    "group": "music",
    "description": "plays",
    "table": "plays",
    "from": ["stg_events", "stg_songs"],
    "select": "plays.sql",
    "partition": "stg_events",
    "write": "replace_partition",
    "columns": [
        {"name": "ts", "type": "timestamp", "required": True},
        {"name": "userid", "type": "bigint"},
        {"name": "songid", "type": "varchar(18)"},
    ],
    "quality": [{"rule": "RowCount > 0", "otherwise": "block"}],
}
PLAYS_SQL = """\
SELECT e.ts, e.userid, s.song_id AS songid, e._partition
FROM stg_events AS e
LEFT JOIN stg_songs AS s ON s.title = e.song AND s.duration = e.length"""


def dataset(name: str, columns: Sequence[Mapping[str, Any]], *, by: str = "day", **more: Any) -> DatasetContract:
    """A dataset of events that ends in staging."""
    partition = {"by": by, "pattern": f"(?P<{by}>.*)"} if by != "none" else {"by": "none"}
    arrives = {"prefix": f"{name}/", "partition": partition, "format": {"kind": "csv"}, "delivers": "events"}
    body = {"name": name, "description": name, "arrives": arrives, "columns": list(columns), **more}
    return DatasetContract.model_validate(body)


@dataclass
class Made:
    """A lake in memory and a corner of the warehouse, with two staged datasets and the tables over them."""

    redshift: RedshiftResource
    tables: Mapping[str, BoundTable]
    datasets: Mapping[str, DatasetContract]
    lake: Lake = field(default_factory=memory_lake)

    def stage(self, name: str, partition: str, *rows: tuple[object, ...], token: str = "t") -> None:
        """Puts the rows of a partition where COPY would, and publishes the document of staging."""
        contract = self.datasets[name]
        spec = staging_table(contract)
        origin = [(*row, partition, f"{name}.csv", "2024-01-01 00:00:00", at, token) for at, row in enumerate(rows)]
        self.redshift.run_autocommit(lambda session: ensure_table(session, spec), query_group="test")
        self.redshift.run(lambda session: _replace(session, spec, partition, origin), query_group="test")
        log = self.lake.log(contract.name, "staging")
        number = log.latest_number(partition)
        log.publish(partition, {"rows": len(rows), "content": ""}, token=f"{token}#{number}", after=number)

    def pending(self, name: str = "plays") -> Pending:
        """What the sensor would see."""
        return table_pending(self.tables[name], lake=self.lake, inputs=InputReader(self.lake), now=NOW)

    def make(self, *partitions: str, name: str = "plays", run_id: str = "run") -> dict[str, PartitionResult]:
        """What a run of these partitions does; of all that are pending, where none is named."""
        wanted = list(partitions) or sorted(self.pending(name).partitions)
        made = make_partitions(self.tables[name], wanted, lake=self.lake, redshift=self.redshift, run_id=run_id)
        return {result.partition: result for result in made}

    def make_and_die(self, at: int, *, name: str = "plays") -> None:
        """A run of all that is pending, killed at one of its operations on the lake; it ends well if it has fewer."""
        dying = replace(self.lake, lake=DyingStore(self.lake.lake, Interrupted(at, die)))
        with suppress(Killed):
            replace(self, lake=dying).make(name=name)

    def rows(self, columns: str, name: str = "plays") -> list[Row]:
        """What a table holds, in order."""
        table = self.tables[name].contract.table
        with self.redshift.autocommit(query_group="test") as session:
            return sorted(session.query(f"SELECT {columns} FROM analytics.{table}"), key=repr)

    def drop(self) -> None:
        """Takes all tables away, as a test leaves them for the next one."""
        specs = [staging_table(contract) for contract in self.datasets.values()]
        specs += [spec for table in self.tables.values() for spec in target_tables(table.contract)]
        names = ", ".join(spec.table.sql for spec in specs)
        with self.redshift.autocommit(query_group="test") as session:
            session.execute("CREATE SCHEMA IF NOT EXISTS staging")
            session.execute("CREATE SCHEMA IF NOT EXISTS analytics")
            session.execute(f"DROP TABLE IF EXISTS {names}")


def bound(datasets: Sequence[DatasetContract], *declared: tuple[Mapping[str, Any], str]) -> list[BoundTable]:
    """Tables with their SELECTs, among these datasets. What is wrong with them is raised."""
    sources = [DatasetSource(contract, Document(Path("d/defs.yaml"))) for contract in datasets]
    with TemporaryDirectory() as folder:
        tables: list[TableSource] = []
        for body, sql in declared:
            (Path(folder) / body["select"]).write_text(sql, encoding="utf-8")
            contract = TableContract.model_validate(body)
            tables.append(TableSource(contract, Document(Path(folder) / "defs.yaml")))
        found, faults = bind_tables(sources, tables)
    assert not faults, "\n".join(map(str, faults))
    return found


def plays(**changes: Any) -> dict[str, Any]:
    """The declaration of `plays` with other fields; None takes one out."""
    return {name: value for name, value in {**PLAYS, **changes}.items() if value is not None}


def making(redshift: RedshiftResource, *declared: tuple[Mapping[str, Any], str]) -> Made:
    """An empty lake with the datasets `events` (by day) and `songs` (one partition), and these tables over them."""
    datasets = [dataset("events", EVENTS), dataset("songs", SONGS, by="none")]
    tables = bound(datasets, *declared)
    found = Made(
        redshift,
        {table.contract.name: table for table in tables},
        {contract.name: contract for contract in datasets},
    )
    found.drop()
    return found


def _replace(session: Session, spec: TableSpec, partition: str, rows: Sequence[tuple[object, ...]]) -> None:
    session.execute(f"DELETE FROM {spec.table.sql} WHERE _partition = %s", (partition,))
    places = ", ".join("%s" for _ in spec.columns)
    for row in rows:
        session.execute(f"INSERT INTO {spec.table.sql} ({listed(spec.column_names)}) VALUES ({places})", row)
