"""Parquet files to rows."""

import datetime as dt
import decimal
import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lake_platform_tests.glue_jobs.conftest import Bench

pytestmark = pytest.mark.spark

PARQUET = {"kind": "parquet"}


def parquet(columns: dict[str, Any], **options: Any) -> bytes:
    target = io.BytesIO()
    pq.write_table(pa.table(columns), target, **options)
    return target.getvalue()


def test_columns_of_the_declared_type_are_taken_as_they_are(bench: Bench) -> None:
    moment = dt.datetime(2024, 1, 2, 3, 4, 5, 678901, tzinfo=dt.UTC)
    content = parquet(
        {
            "id": pa.array([1, 2], pa.int64()),
            "amount": pa.array([decimal.Decimal("1.50"), None], pa.decimal128(18, 2)),
            "at": pa.array([moment, None], pa.timestamp("us", "UTC")),
            "name": ["", "NULL"],
        }
    )
    file = bench.file(content, header=("id", "amount", "at", "name"), records=2)

    result = bench.validate([file], "id bigint, amount decimal(18,2), at timestamp, name varchar(9)", format=PARQUET)

    assert result.values("id", "amount", "at", "name") == [
        (1, decimal.Decimal("1.50"), moment, ""),
        (2, None, None, "NULL"),
    ]
    assert result.partition.problem is None


def test_other_types_fit_exactly_or_are_a_cast_error(bench: Bench) -> None:
    stamps = pa.array([1704164645678901000, 1704164645678901234, None], pa.timestamp("ns"))
    content = parquet(
        {"id": [5.0, 5.5, None], "amount": [12500000.25, 0.125, 1.0], "at": stamps, "day": ["2024-01-01", "x", None]}
    )
    file = bench.file(content, header=("id", "amount", "at", "day"), records=3)

    result = bench.validate([file], "id int, amount decimal(18,2), at timestamp, day date", format=PARQUET)

    assert [str(v) for v in result.valid[0].values()][:4] == [
        "5",
        "12500000.25",
        "2024-01-02 03:04:05.678901+00:00",
        "2024-01-01",
    ]
    assert result.reasons() == {2: ["cast:id", "cast:amount", "cast:at", "cast:day"]}
    assert result.aside[0]["_raw"].startswith('{"id":5.5,"amount":0.125')


def test_files_with_equal_names_and_other_types_are_read_apart(bench: Bench) -> None:
    files = [bench.file(parquet({"id": ids}), header=("id",), records=1) for ids in ([1], ["2"])]

    result = bench.validate(files, "id bigint", format=PARQUET)

    assert sorted(result.values("id")) == [1, 2]


def test_row_numbers_are_positions_in_the_file(bench: Bench) -> None:
    content = parquet({"id": list(range(3000))}, row_group_size=100)
    file = bench.file(content, header=("id",), records=3000)
    bench.spark = bench.spark.model_copy(
        update={"spark_config": {"spark.sql.files.maxPartitionBytes": "4000", "spark.sql.files.openCostInBytes": "0"}}
    )

    result = bench.validate([file], "id bigint", format=PARQUET)

    assert result.values("_row", "id") == [(n + 1, n) for n in range(3000)]
