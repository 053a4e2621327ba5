"""What an SCD2 merge costs on the local warehouse: `python benchmarks/scd2_merge.py [--keys 1000000] [--changes 100000]`.

Prints one line for each publication: seconds to stage (COPY) and to publish, and what it wrote. Everything goes through
the driver, the endpoint and the statements that production uses, in a LAKE_HOME of its own that is removed at the end.
"""

import argparse
import datetime as dt
import random
import tempfile
import time
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lake_platform.contract.dataset import DatasetContract
from lake_platform.lake.manifest import Manifest, ManifestEntry, render
from lake_platform.local.redshift import ensure_endpoint, stop_endpoint
from lake_platform.warehouse.batches import Batch, WriteCounts
from lake_platform.warehouse.ddl import ensure_tables
from lake_platform.warehouse.load import StagedPartition, stage
from lake_platform.warehouse.redshift import RedshiftResource
from lake_platform.warehouse.table import staging_table, target_tables
from lake_platform.warehouse.write import publish

START = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
ATTRIBUTES = ("name", "region", "status", "amount")
SCHEMA = [
    ("customer_id", pa.int64()),
    ("name", pa.string()),
    ("region", pa.string()),
    ("status", pa.string()),
    ("amount", pa.decimal128(18, 2)),
    ("changed_at", pa.timestamp("us", tz="UTC")),
    ("_op", pa.string()),
    ("_partition", pa.string()),
    ("_file", pa.string()),
    ("_file_time", pa.timestamp("us", tz="UTC")),
    ("_row", pa.int64()),
    ("_token", pa.string()),
]


class Bench:
    """One dimension in one warehouse."""

    def __init__(self, home: Path, redshift: RedshiftResource, *, snapshots: bool) -> None:
        self._folder = home / "s3" / "lake"
        self._redshift = redshift
        self._snapshots = snapshots
        self._contract = _contract(snapshots=snapshots)
        self._number = 0
        specs = [staging_table(self._contract), *target_tables(self._contract)]
        redshift.run_autocommit(lambda session: ensure_tables(session, specs), query_group="benchmark")

    def say(self, what: str, day: int, keys: Sequence[int], *, version: int) -> None:
        """Publishes one batch in which these keys have the values of this version, and prints what it cost."""
        self._number += 1
        partition, token = f"{START + dt.timedelta(days=day):%Y-%m-%d}", f"{self._number:064d}"
        url = self._write(partition, token, keys, day=day, version=version)
        batch = Batch(
            partition=partition,
            token=token,
            number=self._number,
            rows=len(keys),
            as_of=(START + dt.timedelta(days=day)).replace(tzinfo=None),
        )
        began = time.perf_counter()
        staged = {partition: StagedPartition(token, len(keys))}
        self._redshift.run(
            lambda session: stage(
                session, self._contract, manifest_url=url, partitions=staged, copy_iam_role="default"
            ),
            query_group="benchmark",
        )
        loaded = time.perf_counter()
        counts = self._redshift.run(lambda session: publish(session, self._contract, [batch]), query_group="benchmark")
        done = time.perf_counter()
        print(f"{what:58} {loaded - began:7.2f} {done - loaded:8.2f}  {_told(counts[partition])}", flush=True)

    def _write(self, partition: str, token: str, keys: Sequence[int], *, day: int, version: int) -> str:
        moment = START + dt.timedelta(days=day)
        rows = len(keys)
        columns: list[list[object]] = [
            list(keys),
            [f"customer {key}" for key in keys],
            [f"region {(key + version) % 50}" for key in keys],
            ["A" if (key + version) % 7 else "I" for key in keys],
            [Decimal(key % 1000) + version for key in keys],
            [moment] * rows,
            ["U"] * rows,
            [partition] * rows,
            [f"customers/{partition}.csv"] * rows,
            [moment] * rows,
            list(range(rows)),
            [token] * rows,
        ]
        names = [(name, kind) for name, kind in SCHEMA if not (self._snapshots and name == "changed_at")]
        chosen = [column for (name, _), column in zip(SCHEMA, columns, strict=True) if (name in dict(names))]
        arrays = [pa.array(column, type=kind) for column, (_, kind) in zip(chosen, names, strict=True)]
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._folder / f"{self._contract.name}-{self._number}.parquet"
        pq.write_table(pa.table(arrays, names=[name for name, _ in names]), file)
        entry = ManifestEntry(url=f"s3://lake/{file.name}", content_length=file.stat().st_size, record_count=rows)
        file.with_suffix(".json").write_bytes(render(Manifest(entries=(entry,))))
        return f"s3://lake/{file.stem}.json"


def _contract(*, snapshots: bool) -> DatasetContract:
    types = {"name": "varchar(60)", "region": "varchar(20)", "status": "char(1)", "amount": "decimal(18,2)"}
    columns = [{"name": "customer_id", "type": "bigint"}, *({"name": name, "type": types[name]} for name in ATTRIBUTES)]
    if not snapshots:
        columns.append({"name": "changed_at", "type": "timestamp"})
    name = "by_snapshot" if snapshots else "by_change"
    return DatasetContract.model_validate(
        {
            "name": name,
            "description": "benchmark",
            "arrives": {
                "prefix": f"{name}/",
                "partition": {"by": "day", "from": "key", "pattern": "(?P<day>.*)"},
                "format": {"kind": "csv"},
                "delivers": "snapshot" if snapshots else "changes",
            },
            "columns": columns,
            "target": {
                "table": f"dim_{name}",
                "write": "scd2",
                "keys": ["customer_id"],
                "effective_at": "partition" if snapshots else "changed_at",
                "deletes": {"absent": "close"} if snapshots else {"when": "status = 'D'"},
            },
        }
    )


def _told(counts: WriteCounts) -> str:
    shown = ("inserted", "closed", "updated", "deleted", "unchanged")
    return ", ".join(f"{name} {value}" for name in shown if (value := getattr(counts, name)))


def main() -> None:
    """Runs the measurement."""
    parser = argparse.ArgumentParser(description="SCD2 on the local warehouse")
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--changes", type=int, default=100_000)
    given = parser.parse_args()
    every = range(given.keys)
    some = sorted(random.Random(1).sample(every, given.changes))
    with tempfile.TemporaryDirectory(prefix="scd2-") as folder:
        home = Path(folder)
        at = ensure_endpoint(home)
        redshift = RedshiftResource(
            host=at.host, port=at.port, database=at.database, user=at.user, password=at.password, ssl=False
        )
        print(f"{'':58} stage s publish s  what was written")
        try:
            changes = Bench(home, redshift, snapshots=False)
            changes.say("changes: first load of all keys", 0, every, version=0)
            changes.say("changes: newer versions of some keys", 2, some, version=1)
            changes.say("changes: late, between the two", 1, some, version=2)
            changes.say("changes: the late file again, one row of it changed", 1, [*some[1:], given.keys], version=2)
            snapshots = Bench(home, redshift, snapshots=True)
            snapshots.say("snapshot: first", 0, every, version=0)
            snapshots.say("snapshot: the same a day later", 2, every, version=0)
            snapshots.say("snapshot: some keys gone", 3, sorted(set(every) - set(some)), version=0)
            snapshots.say("snapshot: late, like the first, some other keys gone", 1, every[given.changes :], version=0)
        finally:
            stop_endpoint(home)


if __name__ == "__main__":
    main()
