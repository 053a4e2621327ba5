"""A small dimension and what is staged for it, written as plain rows."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from lake_platform.contract.dataset import DatasetContract
from lake_platform.warehouse.batches import Batch, WriteCounts
from lake_platform.warehouse.ddl import ensure_tables
from lake_platform.warehouse.expressions import listed
from lake_platform.warehouse.session import Row, Session
from lake_platform.warehouse.table import staging_table, target_tables
from lake_platform.warehouse.write import publish

START = dt.datetime(2024, 1, 1)
COLUMNS = [
    {"name": "id", "type": "bigint", "required": True},
    {"name": "part", "type": "varchar(10)", "required": True},
    {"name": "name", "type": "varchar(40)"},
    {"name": "amount", "type": "decimal(18,2)"},
    {"name": "note", "type": "varchar(40)"},
    {"name": "changed_at", "type": "timestamp"},
]
KEYS = ["id", "part"]
TRACKED = ["name", "amount"]


def day(number: int) -> dt.datetime:
    """The moment of a logical day."""
    return START + dt.timedelta(days=number)


def partition(number: int) -> str:
    """The key of a logical day."""
    return day(number).strftime("%Y-%m-%d")


def contract_of(
    delivers: str,
    write: str,
    *,
    name: str = "things",
    columns: Sequence[Mapping[str, object]] = COLUMNS,
    **target: Any,
) -> DatasetContract:
    """A contract with this target."""
    return DatasetContract.model_validate(
        {
            "name": name,
            "description": "things",
            "arrives": {
                "prefix": f"{name}/",
                "partition": {"by": "day", "from": "key", "pattern": "(?P<day>.*)"},
                "format": {"kind": "csv"},
                "delivers": delivers,
            },
            "columns": [{**column, "required": column["name"] in target.get("keys", ())} for column in columns],
            "target": {"table": f"dim_{name}", "write": write, **target},
        }
    )


def history_contract(
    delivers: Literal["changes", "snapshot"], *, absent: str = "close", **target: object
) -> DatasetContract:
    """A contract of the dimension that most tests use: `note` is not tracked."""
    columns = COLUMNS if delivers == "changes" else COLUMNS[:-1]
    effective = "changed_at" if delivers == "changes" else "partition"
    deletes = {"absent": absent} if delivers == "snapshot" else {"when": "name = 'gone'"}
    settings: dict[str, Any] = {
        "keys": KEYS,
        "tracked": TRACKED,
        "effective_at": effective,
        "deletes": deletes,
        **target,
    }
    return contract_of(delivers, "scd2", columns=columns, **settings)


@dataclass(frozen=True)
class StagedRow:
    """One row of staging: the produced columns by name, what the file said of it, and its rank."""

    values: Mapping[str, object]
    op: str = "U"
    row: int = 1
    file_time: dt.datetime = START
    file: str = "f"


@dataclass
class Warehouse:
    """A dimension under test: what is staged and published, and what it then holds."""

    session: Session
    contract: DatasetContract
    numbers: dict[str, int] = field(default_factory=dict[str, int])

    def __post_init__(self) -> None:
        ensure_tables(self.session, [staging_table(self.contract), *target_tables(self.contract)])

    def stage(self, batch: Batch, rows: Iterable[StagedRow]) -> None:
        """Puts the rows of a batch where COPY would."""
        spec = staging_table(self.contract)
        values = [_values(spec.column_names, batch, row) for row in rows]
        self.session.execute(f"DELETE FROM {spec.table.sql} WHERE _partition = %s", (batch.partition,))
        while values:
            # Few different texts: the endpoint reads each text once, and long ones slowly.
            size = max(power for power in (1, 4, 16, 64) if power <= len(values))
            now, values = values[:size], values[size:]
            places = ", ".join(["(" + ", ".join(["%s"] * len(spec.columns)) + ")"] * size)
            insert = f"INSERT INTO {spec.table.sql} ({listed(spec.column_names)}) VALUES {places}"
            self.session.execute(insert, [value for row in now for value in row])

    def publish(self, said: Mapping[Batch, Sequence[StagedRow]]) -> dict[str, WriteCounts]:
        """Stages and publishes batches at once."""
        for batch, rows in said.items():
            self.stage(batch, rows)
        return publish(self.session, self.contract, list(said))

    def say(self, number: int, *rows: StagedRow, token: str = "", **more: Any) -> WriteCounts:
        """Publishes one batch, that of a logical day, under a new token."""
        key = partition(number)
        self.numbers[key] = self.numbers.get(key, 0) + 1
        batch = Batch(
            partition=key,
            token=token or f"{key}#{self.numbers[key]}",
            number=self.numbers[key],
            rows=len(rows),
            as_of=day(number),
            **more,
        )
        return self.publish({batch: rows})[key]

    def rows(self, columns: str = "*", *, table: int = 0) -> list[Row]:
        """What a table of the target holds, sorted as text."""
        name = target_tables(self.contract)[table].table.sql
        return sorted(self.session.query(f"SELECT {columns} FROM {name}"), key=repr)


def _values(columns: Sequence[str], batch: Batch, row: StagedRow) -> list[object]:
    known: dict[str, object] = {
        "_op": row.op,
        "_partition": batch.partition,
        "_file": row.file,
        "_file_time": row.file_time,
        "_row": row.row,
        "_token": batch.token,
    }
    return [known[name] if name in known else row.values.get(name) for name in columns]
