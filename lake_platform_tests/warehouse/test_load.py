"""Staging by COPY, through the endpoint: every row arrives once, or nothing does."""

import datetime as dt
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lake_platform.contract.dataset import DatasetContract
from lake_platform.errors import StagingCountError
from lake_platform.warehouse.ddl import ensure_table
from lake_platform.warehouse.load import StagedPartition, missing, render_copy, stage
from lake_platform.warehouse.redshift import RedshiftResource
from lake_platform.warehouse.session import Session
from lake_platform.warehouse.table import TableColumn, TableSpec, staging_table
from lake_platform_tests.warehouse.tables import contract_of

pytestmark = pytest.mark.warehouse
COLUMNS = [{"name": "id", "type": "bigint"}, {"name": "name", "type": "varchar(20)"}]
Files = Mapping[str, tuple[str, int]]
"""By partition: token and rows."""


@pytest.fixture
def write_manifest(warehouse_home: Path, request: pytest.FixtureRequest) -> Callable[[Files], str]:
    """Writes one Parquet file for each partition, as `process` does, and the manifest that names them."""
    folder = warehouse_home / "s3" / "lake" / str(abs(hash(request.node.name)))

    def write(files: Files, *, operation: bool = False) -> str:
        folder.mkdir(parents=True, exist_ok=True)
        entries: list[dict[str, object]] = []
        for partition, (token, rows) in files.items():
            path = folder / f"{partition}-{token}.parquet"
            pq.write_table(_rows(partition, token, rows, operation=operation), path)
            size = path.stat().st_size
            url = f"s3://lake/{folder.name}/{path.name}"
            entries.append({"url": url, "mandatory": True, "meta": {"content_length": size}})
        (folder / "manifest.json").write_text(json.dumps({"entries": entries}))
        return f"s3://lake/{folder.name}/manifest.json"

    return write


def _rows(partition: str, token: str, rows: int, *, operation: bool) -> pa.Table:  # pyright: ignore[reportUnknownParameterType] - pyarrow has no types
    moment = pa.timestamp("us", tz="UTC")
    columns: dict[str, pa.Array] = {
        "id": pa.array(range(rows), pa.int64()),
        "name": pa.array([f"n{number}" for number in range(rows)]),
        **({"_op": pa.array(["U"] * rows, pa.string())} if operation else {}),
        "_partition": pa.array([partition] * rows, pa.string()),
        "_file": pa.array(["f"] * rows, pa.string()),
        "_file_time": pa.array([dt.datetime(2024, 1, 1, tzinfo=dt.UTC)] * rows, moment),
        "_row": pa.array(range(rows), pa.int64()),
        "_token": pa.array([token] * rows, pa.string()),
    }
    return pa.table(columns)


@pytest.fixture
def events() -> DatasetContract:
    return contract_of("events", "replace_partition", columns=COLUMNS)


def load(session: Session, contract: DatasetContract, url: str, files: Files) -> None:
    ensure_table(session, staging_table(contract))
    partitions = {partition: StagedPartition(*held) for partition, held in files.items()}
    stage(session, contract, manifest_url=url, partitions=partitions, copy_iam_role="default")


def held(session: Session, contract: DatasetContract) -> list[tuple[object, ...]]:
    table = staging_table(contract).table.sql
    return session.query(f"SELECT _partition, _token, COUNT(*) FROM {table} GROUP BY 1, 2 ORDER BY 1, 2")


def test_one_copy_loads_all_partitions(
    session: Session, events: DatasetContract, write_manifest: Callable[[Files], str]
) -> None:
    files = {"a": ("t1", 3), "b": ("t2", 2)}
    load(session, events, write_manifest(files), files)

    assert held(session, events) == [("a", "t1", 3), ("b", "t2", 2)]
    row = session.query_one(f"SELECT * FROM {staging_table(events).table.sql} WHERE _partition = 'a' AND id = 1")
    assert row == (1, "n1", "a", "f", dt.datetime(2024, 1, 1), 1, "t1")


def test_loading_again_does_not_append(
    session: Session, events: DatasetContract, write_manifest: Callable[[Files], str]
) -> None:
    files = {"a": ("t1", 3)}
    url = write_manifest(files)
    load(session, events, url, files)
    load(session, events, url, files)

    assert held(session, events) == [("a", "t1", 3)]


def test_events_keep_the_other_partitions(
    session: Session, events: DatasetContract, write_manifest: Callable[[Files], str]
) -> None:
    for files in ({"a": ("t1", 3), "b": ("t1", 1)}, {"b": ("t2", 2)}):
        load(session, events, write_manifest(files), files)

    assert held(session, events) == [("a", "t1", 3), ("b", "t2", 2)]


def test_changes_keep_only_the_partitions_of_the_last_run(session: Session, write_manifest: Callable[..., str]) -> None:
    changes = contract_of("changes", "upsert", columns=COLUMNS, keys=["id"], effective_at="partition")
    for files in ({"a": ("t1", 3)}, {"b": ("t2", 2)}):
        load(session, changes, write_manifest(files, operation=True), files)

    assert held(session, changes) == [("b", "t2", 2)]


def test_a_partition_without_rows_needs_no_file(
    session: Session, events: DatasetContract, write_manifest: Callable[[Files], str]
) -> None:
    load(session, events, write_manifest({"a": ("t1", 3)}), {"a": ("t1", 3)})
    load(session, events, "s3://lake/no/such/manifest", {"a": ("t2", 0)})

    assert held(session, events) == []


def test_fewer_rows_than_the_manifests_say_is_an_error_with_both_numbers(
    session: Session, events: DatasetContract, write_manifest: Callable[[Files], str]
) -> None:
    with pytest.raises(StagingCountError, match="the whole load has 3 rows after COPY, the manifests say 4"):
        load(session, events, write_manifest({"a": ("t1", 3)}), {"a": ("t1", 4)})


def test_rows_of_another_partition_or_token_do_not_make_up_for_missing_ones(
    session: Session, events: DatasetContract, write_manifest: Callable[[Files], str]
) -> None:
    url = write_manifest({"a": ("t1", 3), "b": ("t1", 2)})

    with pytest.raises(StagingCountError, match="partition a has 3 rows after COPY, the manifests say 2"):
        load(session, events, url, {"a": ("t1", 2), "b": ("t1", 3)})
    with pytest.raises(StagingCountError, match="partition b has 0 rows after COPY, the manifests say 2"):
        load(session, events, url, {"a": ("t1", 3), "b": ("t2", 2)})


def test_a_load_that_fails_leaves_staging_as_it_was(
    redshift: RedshiftResource, events: DatasetContract, write_manifest: Callable[[Files], str]
) -> None:
    files = {"a": ("t1", 3)}
    url = write_manifest(files)
    redshift.run(lambda session: load(session, events, url, files), query_group="test")

    with pytest.raises(StagingCountError):
        redshift.run(lambda session: load(session, events, url, {"a": ("t1", 4)}), query_group="test")

    with redshift.autocommit(query_group="test") as session:
        assert held(session, events) == [("a", "t1", 3)]
        session.execute(f"DROP TABLE {staging_table(events).table.sql}")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"a": StagedPartition("t1", 3)}, []),
        ({"a": StagedPartition("t2", 3)}, ["a"]),
        ({"a": StagedPartition("t1", 2)}, ["a"]),
        ({"a": StagedPartition("t1", 3), "b": StagedPartition("t1", 1)}, ["b"]),
        ({"b": StagedPartition("t1", 0)}, []),
    ],
    ids=["held", "other token", "other count", "not there", "nothing to hold"],
)
def test_missing_tells_what_staging_does_not_hold(
    session: Session,
    events: DatasetContract,
    write_manifest: Callable[[Files], str],
    asked: dict[str, StagedPartition],
    expected: list[str],
) -> None:
    load(session, events, write_manifest({"a": ("t1", 3)}), {"a": ("t1", 3)})

    assert missing(session, events, asked) == expected


def test_a_column_that_came_later_is_loaded_by_the_order_of_the_files(
    session: Session, events: DatasetContract, write_manifest: Callable[[Files], str]
) -> None:
    spec = staging_table(events)
    ensure_table(session, TableSpec(spec.table, tuple(c for c in spec.columns if c.name != "name")))
    files = {"a": ("t1", 1)}
    load(session, events, write_manifest(files), files)

    assert session.query(f"SELECT id, name, _token FROM {spec.table.sql}") == [(0, "n0", "t1")]


def test_copy_names_role_and_manifest_as_literals() -> None:
    spec = TableSpec(staging_table(contract_of("events", "replace_partition")).table, (TableColumn("id", "BIGINT"),))

    assert render_copy(spec, "s3://lake/it's", "arn:aws:iam::1:role/copy") == (
        'COPY "staging"."stg_things" ("id")\n'
        "FROM 's3://lake/it''s'\n"
        "IAM_ROLE 'arn:aws:iam::1:role/copy'\n"
        "MANIFEST\n"
        "FORMAT AS PARQUET"
    )
