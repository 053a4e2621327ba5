"""Redshift itself: credentials of IAM, COPY by manifest with a role, a history, UNLOAD."""

import datetime as dt
import io
import json
import os
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lake_platform.aws.redshift import build_aws_redshift
from lake_platform.aws.settings import AwsSettings
from lake_platform.contract.dataset import DatasetContract
from lake_platform.warehouse.batches import Batch
from lake_platform.warehouse.ddl import ensure_tables
from lake_platform.warehouse.load import StagedPartition, stage
from lake_platform.warehouse.redshift import RedshiftResource
from lake_platform.warehouse.session import Session
from lake_platform.warehouse.table import staging_table, target_tables
from lake_platform.warehouse.write import publish
from lake_platform_tests.account.account import VARIABLES, Account
from lake_platform_tests.warehouse.tables import COLUMNS, KEYS, TRACKED, contract_of, day, partition

REACHED_BY = tuple(f"LAKE_TEST_AWS_REDSHIFT_{kind}" for kind in ("WORKGROUP", "CLUSTER", "HOST"))
MOMENT = pa.timestamp("us", tz="UTC")
ARROW: Mapping[str, Any] = {
    "id": pa.int64(),
    "amount": pa.decimal128(18, 2),
    "changed_at": MOMENT,
    "_file_time": MOMENT,
    "_row": pa.int64(),
}


@pytest.fixture
def redshift(account: Account, monkeypatch: pytest.MonkeyPatch) -> RedshiftResource:
    """The warehouse, as the platform reaches it."""
    if not any(os.environ.get(name) for name in REACHED_BY):
        pytest.skip(f"none of {', '.join(REACHED_BY)} is set")
    for name in VARIABLES:
        if name.startswith("LAKE_TEST_AWS_REDSHIFT_") and name in os.environ:
            monkeypatch.setenv(name.replace("LAKE_TEST_AWS_", "LAKE_"), os.environ[name])
    return build_aws_redshift(AwsSettings.from_environment())


@pytest.fixture
def contract(account: Account, redshift: RedshiftResource) -> DatasetContract:
    """A history of changes, whose tables are dropped at the end."""
    contract = contract_of(
        "changes", "scd2", name=account.unique, columns=COLUMNS, keys=KEYS, tracked=TRACKED, effective_at="changed_at",
        deletes={"when": "name = 'gone'"},
    )  # fmt: skip
    tables = [staging_table(contract), *target_tables(contract)]

    def drop(session: Session) -> None:
        for spec in tables:
            session.execute(f"DROP TABLE IF EXISTS {spec.table.sql}")

    account.undo.append(lambda: redshift.run_autocommit(drop, query_group=account.unique))
    redshift.run_autocommit(lambda session: ensure_tables(session, tables), query_group=account.unique)
    return contract


def staged(account: Account, contract: DatasetContract, number: int, rows: Sequence[Mapping[str, object]]) -> str:
    """The address of a manifest of one file with these rows."""
    names, token = staging_table(contract).column_names, f"t{number}"
    told = {
        "_op": "U", "_partition": partition(number), "_file": "f", "_file_time": dt.datetime(2024, 1, 1, tzinfo=dt.UTC),
        "_row": 1, "_token": token,
    }  # fmt: skip
    columns = {name: pa.array([{**told, **row}[name] for row in rows], ARROW.get(name, pa.string())) for name in names}
    data = io.BytesIO()
    pq.write_table(pa.table(columns), data)
    bucket, at = account.bucket(), f"{account.unique}/{number}"
    s3 = account.client("s3")
    s3.put_object(Bucket=bucket, Key=f"{at}.parquet", Body=data.getvalue())
    entry = {"url": f"s3://{bucket}/{at}.parquet", "mandatory": True, "meta": {"content_length": data.tell()}}
    s3.put_object(Bucket=bucket, Key=f"{at}.manifest", Body=json.dumps({"entries": [entry]}).encode())
    return f"s3://{bucket}/{at}.manifest"


def row(name: str, when: int) -> dict[str, object]:
    moment = day(when).replace(tzinfo=dt.UTC)
    return {"id": 1, "part": "x", "name": name, "amount": Decimal("1.50"), "note": "n", "changed_at": moment}


def test_rows_go_by_copy_into_a_history(
    account: Account, redshift: RedshiftResource, contract: DatasetContract
) -> None:
    for number, name in ((1, "a"), (2, "b")):
        url = staged(account, contract, number, [row(name, number)])
        held = {partition(number): StagedPartition(f"t{number}", 1)}
        redshift.run(
            lambda session, url=url, held=held: stage(
                session, contract, manifest_url=url, partitions=held, copy_iam_role=redshift.copy_iam_role
            ),
            query_group=account.unique,
        )
        batch = Batch(partition=partition(number), token=f"t{number}", number=1, rows=1, as_of=day(number))
        # Twice: the ledger knows the batch.
        for _ in range(2):
            redshift.run(lambda session, batch=batch: publish(session, contract, [batch]), query_group=account.unique)

    history = target_tables(contract)[0].table.sql
    with redshift.autocommit(query_group=account.unique) as session:
        found = session.query(f"SELECT name, valid_from, valid_to, is_current FROM {history} ORDER BY valid_from")
    assert [tuple(each) for each in found] == [("a", day(1), day(2), False), ("b", day(2), None, True)]


def test_unload_writes_a_manifest_that_copy_takes(
    account: Account, redshift: RedshiftResource, contract: DatasetContract
) -> None:
    """The manifests of the platform have the shape of UNLOAD's."""
    url = staged(account, contract, 1, [row("a", 1)])
    held = {partition(1): StagedPartition("t1", 1)}
    role = "default" if redshift.copy_iam_role == "default" else f"'{redshift.copy_iam_role}'"
    table, out = staging_table(contract).table.sql, f"s3://{account.bucket()}/{account.unique}/out/"

    def unload(session: Session) -> None:
        stage(session, contract, manifest_url=url, partitions=held, copy_iam_role=redshift.copy_iam_role)
        session.execute(
            f"UNLOAD ('SELECT * FROM {table}') TO '{out}' IAM_ROLE {role} FORMAT AS PARQUET MANIFEST VERBOSE"
        )

    redshift.run(unload, query_group=account.unique)

    key = f"{account.unique}/out/manifest"
    told = json.loads(account.client("s3").get_object(Bucket=account.bucket(), Key=key)["Body"].read())
    assert {"url", "meta"} <= told["entries"][0].keys()
    assert sum(each["meta"]["record_count"] for each in told["entries"]) == 1


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT CAST('x ' AS varchar(2)) = CAST('x' AS varchar(2))", True),
        ("SELECT to_date('2024-02-30', 'YYYY-MM-DD')::varchar(10)", "2024-03-01"),
        ("SELECT concat('a', NULL)", None),
        ("SELECT octet_length(CAST('ééé' AS varchar(3)))", 2),
        ("SELECT date_trunc('week', DATE '2024-03-06')::varchar(30)", "2024-03-04 00:00:00"),
        ("SELECT extract(dow FROM DATE '2024-03-03')", 0),
    ],
)
def test_redshift_does_what_the_table_of_differences_says(
    redshift: RedshiftResource, statement: str, expected: object
) -> None:
    with redshift.autocommit(query_group="differences") as session:
        found = session.query_one(statement)[0]

    assert (type(found), found) == (type(expected), expected)
