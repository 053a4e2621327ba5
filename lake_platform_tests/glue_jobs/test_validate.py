"""The validate job: rules, reasons, quarantine, operations, files."""

import pyarrow.parquet as pq
import pytest

from glue_jobs.protocol import BatchRuleSpec, RowRuleSpec
from lake_platform.errors import SparkJobRefusedError
from lake_platform_tests.glue_jobs.conftest import PARTITION, Bench

pytestmark = pytest.mark.spark


def rule(name: str, predicate: str, otherwise: str = "quarantine") -> RowRuleSpec:
    return RowRuleSpec(name=name, rule=f"DQDL of {name}", predicate=predicate, otherwise=otherwise)  # pyright: ignore[reportArgumentType]


def test_a_row_set_aside_has_all_its_reasons_and_its_origin(bench: Bench) -> None:
    file = bench.file("id,status,amount\n1,A,5\n,X,abc\n3,X,1\n4,B\n", key="t/k.csv", records=4)
    rules = [rule("status", "coalesce(status IN ('A'), false)"), rule("positive", "coalesce(amount > 0, false)")]

    result = bench.validate(
        [file], "id bigint!, status char(1), amount decimal(9,2)", row_rules=tuple(rules), keys=("id",)
    )

    assert result.values("id") == [1]
    assert result.reasons() == {
        2: ["cast:amount", "required:id", "rule:status", "rule:positive"],
        3: ["rule:status"],
        4: ["malformed"],
    }
    assert {k: v for k, v in result.aside[0].items() if k not in ("_reasons", "_file_time")} == {
        "_raw": ",X,abc",
        "_partition": PARTITION,
        "_file": "t/k.csv",
        "_row": 2,
        "_token": f"raw-{PARTITION}",
    }
    partition = result.partition
    assert (partition.rows_in, partition.rows_out, partition.rows_quarantined) == (4, 1, 3)
    assert partition.reasons == {
        "cast:amount": 1,
        "malformed": 1,
        "required:id": 1,
        "rule:positive": 1,
        "rule:status": 2,
    }
    assert [(o.name, o.passed, o.failed_rows) for o in partition.rules] == [
        ("status", False, 2),
        ("positive", False, 1),
    ]
    # Of the ragged row the key is believed: another field follows it.
    assert partition.unreadable_keys == 1


def test_a_rule_that_does_not_quarantine_is_counted_over_what_is_left(bench: Bench) -> None:
    file = bench.file("id,v\n1,x\n2,\nz,\n")

    result = bench.validate([file], "id int, v varchar(9)", row_rules=(rule("has_v", "v IS NOT NULL", "warn"),))

    (outcome,) = result.partition.rules
    assert (outcome.otherwise, outcome.passed, outcome.failed_rows, outcome.metrics) == (
        "warn",
        False,
        1,
        {"share_of_rows": 0.5},
    )
    assert result.values("id") == [1, 2]


def test_a_predicate_that_is_null_does_not_hold(bench: Bench) -> None:
    result = bench.validate([bench.file("id,v\n1,\n")], "id int, v int", row_rules=(rule("v", "v > 0"),))

    assert result.reasons() == {1: ["rule:v"]}


def test_a_window_sees_typed_values_of_its_partition(bench: Bench) -> None:
    files = {"2024-01-01": [bench.file("id\n1\n 1\n2\n")], "2024-01-02": [bench.file("id\n1\nx\ny\n")]}
    unique = rule("unique", "count(id) OVER (PARTITION BY _partition, id) <= 1")

    result = bench.validate(files, "id int", row_rules=(unique,))

    assert sorted((r["_partition"], r["id"]) for r in result.valid) == [("2024-01-01", 2), ("2024-01-02", 1)]


def test_changes_say_what_is_a_delete(bench: Bench) -> None:
    file = bench.file("id,op\n1,I\n2,D\n3,\n")

    result = bench.validate([file], "id int, op char(1)", delivers="changes", delete_when="op = 'D'", keys=("id",))

    assert result.values("id", "_op") == [(1, "U"), (2, "D"), (3, "U")]
    assert list(result.valid[0]) == ["id", "op", "_op", "_partition", "_file", "_file_time", "_row", "_token"]


def test_in_a_snapshot_a_key_in_quarantine_alone_is_unknown(bench: Bench) -> None:
    content = "id,name,n\n1,a,1\n2,b,x\n2,b,y\n3,c,x\n3,c,3\n4,d\n,e,5\nz,f,6\n7\n"

    result = bench.validate([bench.file(content)], "id int!, name varchar(9), n int", delivers="snapshot", keys=("id",))

    rows = sorted((r["id"], r["name"], r["n"], r["_op"]) for r in result.valid if r["_op"] == "U")
    marks = sorted((r["id"], r["name"], r["n"], r["_op"]) for r in result.valid if r["_op"] == "?")
    assert rows == [(1, "a", 1, "U"), (3, "c", 3, "U")]
    assert marks == [(2, None, None, "?"), (4, None, None, "?")]
    partition = result.partition
    assert (partition.rows_out, partition.rows_quarantined, partition.rows_unknown) == (2, 7, 2)
    # One has none, z is no number, and of the last row nobody knows whether 7 is all of its key.
    assert partition.unreadable_keys == 3
    assert sum(f.record_count for f in partition.files) == partition.rows_out + partition.rows_unknown


def test_partitions_of_one_job_do_not_mix(bench: Bench) -> None:
    files = {
        "2024-01-01": [bench.file("id\n1\n"), bench.file("id\n2\nx\n")],
        "2024-01-02": [bench.file("id\n3\n")],
        "2024-01-03": [bench.file("id\n")],
        "2024-01-04": [],
        "2024-01-05": [bench.file("id\ny\n")],
    }

    result = bench.validate(
        files, "id int", batch_rules=(BatchRuleSpec(name="rows", rule="RowCount > 0", otherwise="block"),)
    )

    told = {
        p.partition: (
            p.rows_in,
            p.rows_out,
            p.rows_quarantined,
            len(p.files),
            len(p.quarantine_files),
            p.rules[0].passed,
        )
        for p in result.report.partitions
    }
    assert told == {
        "2024-01-01": (3, 2, 1, 1, 1, True),
        "2024-01-02": (1, 1, 0, 1, 0, True),
        "2024-01-03": (0, 0, 0, 0, 0, False),
        "2024-01-04": (0, 0, 0, 0, 0, False),
        "2024-01-05": (1, 0, 1, 0, 1, False),
    }
    for partition in result.report.partitions:
        assert {row["_partition"] for row in bench.rows(partition.files)} <= {partition.partition}


def test_files_are_told_with_their_size_and_rows_and_nothing_else_is_written(bench: Bench) -> None:
    result = bench.validate([bench.file("id\n1\nx\n")], "id int")

    (file,), (aside,) = result.partition.files, result.partition.quarantine_files
    told = {bench.path(file.url), bench.path(aside.url)}
    assert {p for p in bench.path("s3://lake/out").rglob("*") if p.is_file()} == told
    assert (file.content_length, file.record_count) == (bench.path(file.url).stat().st_size, 1)
    assert "/rows/" in file.url
    assert "/quarantine/" in aside.url


def test_parquet_has_the_types_that_copy_takes(bench: Bench) -> None:
    columns = (
        "i int, s smallint, b bigint, d decimal(18,2), f double, r float, o boolean, t timestamp, y date, v varchar(9)"
    )
    file = bench.file("i,s,b,d,f,r,o,t,y,v\n1,1,1,1.5,1.5,1.5,true,2024-01-01,2024-01-01,x\n")

    result = bench.validate([file], columns)

    schema = pq.ParquetFile(bench.path(result.partition.files[0].url)).schema
    physical = {
        schema.column(n).name: (schema.column(n).physical_type, str(schema.column(n).logical_type))
        for n in range(len(schema))
    }
    assert physical["t"][0] == "INT64"
    assert "timeUnit=microseconds" in physical["t"][1]
    assert "isAdjustedToUTC=true" in physical["t"][1]
    assert (
        physical["d"] == ("INT64", "Decimal(precision=18, scale=2)")
        or physical["d"][1] == "Decimal(precision=18, scale=2)"
    )
    assert [physical[c][0] for c in ("i", "s", "b", "f", "r", "o", "y", "v")] == [
        "INT32",
        "INT32",
        "INT64",
        "DOUBLE",
        "FLOAT",
        "BOOLEAN",
        "INT32",
        "BYTE_ARRAY",
    ]


def test_a_predicate_that_spark_does_not_take_is_terminal(bench: Bench) -> None:
    with pytest.raises(SparkJobRefusedError, match="nope"):
        bench.validate([bench.file("id\n1\n")], "id int", row_rules=(rule("r", "nope > 1"),))


def test_two_names_of_a_file_for_one_column_are_an_error(bench: Bench) -> None:
    with pytest.raises(SparkJobRefusedError, match="2 of its columns could be 'id'"):
        bench.validate([bench.file(b" id,ID\n1,2\n", header=(" id", "ID"))], "id int")
