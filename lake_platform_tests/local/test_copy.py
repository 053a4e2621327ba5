"""COPY from Parquet by manifest, through the driver."""

import datetime
import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from redshift_connector.error import ProgrammingError

from lake_platform_tests.local.conftest import Connect, Sql, sql_of, told

pytestmark = pytest.mark.warehouse

Manifest = Callable[[Sequence[pa.Table]], str]
DOT = "\\."
ROLE = "IAM_ROLE 'arn:aws:iam::123456789012:role/lake' MANIFEST FORMAT AS PARQUET"


def test_every_type_is_loaded_exactly(sql: Sql, manifest_of: Manifest) -> None:
    sql("""CREATE TABLE t (a smallint, b int, c bigint, d real, e double precision, f decimal(18,2), g boolean,
        h char(2), i varchar(40), j date, k timestamp, l timestamptz)""")
    moment = datetime.datetime(2024, 2, 29, 1, 2, 3, 456789)
    table = pa.table(
        {
            "a": pa.array([1, None], pa.int16()),
            "b": pa.array([2, None], pa.int32()),
            "c": pa.array([2**62, None], pa.int64()),
            "d": pa.array([0.1, None], pa.float32()),
            "e": pa.array([0.1, None], pa.float64()),
            "f": pa.array([Decimal("-1234567890123456.78"), None], pa.decimal128(18, 2)),
            "g": pa.array([False, None]),
            "h": pa.array(["D", None]),
            "i": pa.array(['quote " comma , line\nback\\slash \\. é', None]),
            "j": pa.array([datetime.date(1900, 1, 1), None]),
            "k": pa.array([moment, None], pa.timestamp("us")),
            "l": pa.array([moment, None], pa.timestamp("us", "UTC")),
        }
    )

    sql(f"COPY t FROM '{manifest_of([table])}' {ROLE}")

    rows = sql("SELECT * FROM t ORDER BY a NULLS LAST")
    assert rows[0][2:7] == [2**62, pytest.approx(0.1), 0.1, Decimal("-1234567890123456.78"), False]
    assert rows[0][7:11] == ["D ", 'quote " comma , line\nback\\slash \\. é', datetime.date(1900, 1, 1), moment]
    assert rows[0][11] == moment.replace(tzinfo=datetime.UTC)
    assert rows[1] == [None] * 12


def test_empty_text_and_null_stay_apart(sql: Sql, manifest_of: Manifest) -> None:
    sql("CREATE TABLE t (a varchar(5))")

    sql(f"COPY t FROM '{manifest_of([pa.table({'a': ['', None, DOT, 'NULL']})])}' {ROLE}")

    rows = sql("SELECT a IS NULL, a FROM t ORDER BY a")
    assert sorted(map(str, rows)) == sorted(map(str, [[False, ""], [False, "NULL"], [False, "\\."], [True, None]]))


def test_columns_go_by_position_and_the_list_names_them(sql: Sql, manifest_of: Manifest) -> None:
    sql("CREATE TABLE t (id bigint IDENTITY(1,1), a bigint, b varchar(5), c int)")
    table = pa.table({"other": ["x"], "names": pa.array([7], pa.int64())})

    sql(f"COPY here.t (b, a) FROM '{manifest_of([table])}' {ROLE}")

    assert sql("SELECT id, a, b, c FROM t") == [[1, 7, "x", None]]


def test_the_count_is_of_the_session_and_survives_a_rollback(connect: Connect, sql: Sql, manifest_of: Manifest) -> None:
    sql("CREATE TABLE t (a bigint)")
    uri = manifest_of([pa.table({"a": [1, 2]}), pa.table({"a": [3]})])
    connection = connect(autocommit=False)
    run = sql_of(connection)
    assert run("SELECT pg_last_copy_count(), pg_last_copy_id()") == [[0, -1]]

    run(f"COPY here.t FROM '{uri}' {ROLE}")
    inside = run("SELECT pg_last_copy_count(), count(*) FROM here.t")
    connection.rollback()

    assert inside == [[3, 3]]
    assert run("SELECT pg_last_copy_count(), count(*) FROM here.t") == [[3, 0]]
    assert sql("SELECT pg_last_copy_count()") == [[0]]
    assert b"Load into table 't' completed, 3 record(s) loaded successfully." in connection.notices[-1].values()


def test_a_copy_is_part_of_the_callers_transaction(connect: Connect, sql: Sql, manifest_of: Manifest) -> None:
    uri = manifest_of([pa.table({"a": [1]})])
    connection = connect(autocommit=False)
    run = sql_of(connection)

    run("CREATE TABLE here.fresh (a bigint)")
    run("DELETE FROM here.fresh")
    run(f"COPY here.fresh FROM '{uri}' {ROLE}")
    connection.commit()

    assert sql("SELECT * FROM fresh") == [[1]]


def test_a_manifest_without_entries_loads_nothing(sql: Sql, manifest_of: Manifest) -> None:
    sql("CREATE TABLE t (a bigint)")

    sql(f"COPY t FROM '{manifest_of([])}' {ROLE}")

    assert sql("SELECT pg_last_copy_count()") == [[0]]


def test_a_prefix_is_loaded_without_a_manifest(sql: Sql, bucket: Path) -> None:
    sql("CREATE TABLE t (a bigint)")
    for name in ("many/1.parquet", "many/2.parquet", "many/_SUCCESS", "many_not/1.parquet"):
        (bucket / name).parent.mkdir(exist_ok=True)
        pq.write_table(pa.table({"a": [1]}), bucket / name)

    sql("COPY t FROM 's3://lake/many/' IAM_ROLE DEFAULT FORMAT AS PARQUET")

    assert sql("SELECT count(*) FROM t") == [[2]]


def test_a_file_that_fails_half_way_leaves_nothing(connect: Connect, sql: Sql, manifest_of: Manifest) -> None:
    sql("CREATE TABLE t (a varchar(4))")
    sql("INSERT INTO t VALUES ('old')")
    good, bad = pa.table({"a": ["x"] * 100_000}), pa.table({"a": ["ok", "ééé"]})
    connection = connect(autocommit=False)

    with pytest.raises(ProgrammingError) as error:
        sql_of(connection)(f"COPY here.t FROM '{manifest_of([good, bad])}' {ROLE}")
    connection.rollback()

    assert told(error)["C"] == "XX000"
    assert told(error)["M"] == "Spectrum Scan Error"
    assert "code:      15001" in told(error)["D"]
    assert "longer than the length defined in the table. Table: 4, Data: 6" in told(error)["D"]
    assert sql("SELECT * FROM t") == [["old"]]


def test_a_load_error_is_kept_after_the_rollback(sql: Sql, manifest_of: Manifest) -> None:
    sql("CREATE TABLE t (a varchar(1))")
    with pytest.raises(ProgrammingError):
        sql(f"COPY t FROM '{manifest_of([pa.table({'a': ['xx']})])}' {ROLE}")

    rows = sql("SELECT colname, err_code, err_reason FROM stl_load_errors WHERE query = pg_last_copy_id()")

    assert rows[0][:2] == ["a", 15001]
    assert sql("SELECT error_message FROM sys_load_error_detail WHERE query_id = pg_last_copy_id()") == [[rows[0][2]]]


@pytest.mark.parametrize(
    ("kind", "array"),
    [
        ("bigint", pa.array([1], pa.int32())),
        ("int", pa.array([1], pa.int64())),
        ("int", pa.array([1], pa.int16())),
        ("smallint", pa.array([1], pa.int32())),
        ("bigint", pa.array([1], pa.uint64())),
        ("double precision", pa.array([1.0], pa.float32())),
        ("decimal(18,2)", pa.array([Decimal("1.00")], pa.decimal128(10, 2))),
        ("decimal(18,2)", pa.array([Decimal("1.000")], pa.decimal128(18, 3))),
        ("varchar(10)", pa.array([1], pa.int64())),
        ("bigint", pa.array(["1"])),
        ("date", pa.array([1], pa.timestamp("us"))),
        ("timestamp", pa.array([1], pa.date32())),
        ("boolean", pa.array([1], pa.int16())),
        ("varchar(10)", pa.array([["x"]])),
        ("varchar(10)", pa.array([b"x"])),
    ],
    ids=str,
)
def test_another_type_is_an_incompatible_schema(sql: Sql, manifest_of: Manifest, kind: str, array: Any) -> None:
    sql(f"CREATE TABLE t (a {kind})")

    with pytest.raises(ProgrammingError) as error:
        sql(f"COPY t FROM '{manifest_of([pa.table({'a': array})])}' {ROLE}")

    assert "code:      15007" in told(error)["D"]
    assert "has an incompatible Parquet schema for column" in told(error)["D"]


def test_dictionaries_and_large_strings_of_arrow_are_plain_strings(sql: Sql, manifest_of: Manifest) -> None:
    sql("CREATE TABLE t (a varchar(5), b varchar(5), c timestamp)")
    table = pa.table(
        {
            "a": pa.array(["x", "x"]).dictionary_encode(),
            "b": pa.array(["y", None], pa.large_string()),
            "c": pa.array([0, 1], pa.timestamp("ms", "Europe/Berlin")),
        }
    )

    sql(f"COPY t FROM '{manifest_of([table])}' {ROLE}")

    assert sql("SELECT a, b, c::varchar(30) FROM t ORDER BY c")[0] == ["x", "y", "1970-01-01 00:00:00"]


def test_timestamps_of_int96_are_loaded(sql: Sql, bucket: Path) -> None:
    sql("CREATE TABLE t (a timestamp)")
    moment = datetime.datetime(2024, 1, 2, 3, 4, 5, 678901)
    (bucket / "int96").mkdir(exist_ok=True)
    pq.write_table(pa.table({"a": [moment]}), bucket / "int96" / "f.parquet", use_deprecated_int96_timestamps=True)

    sql("COPY t FROM 's3://lake/int96/' IAM_ROLE DEFAULT FORMAT AS PARQUET")

    assert sql("SELECT a FROM t") == [[moment]]


def test_another_number_of_columns_is_refused(sql: Sql, manifest_of: Manifest) -> None:
    sql("CREATE TABLE t (a bigint, b bigint)")

    with pytest.raises(ProgrammingError) as error:
        sql(f"COPY t FROM '{manifest_of([pa.table({'a': [1]})])}' {ROLE}")

    assert "Unmatched number of columns between table and file. Table columns: 2, Data columns: 1" in told(error)["D"]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"url": "s3://lake/absent", "mandatory": True, "meta": {"content_length": 1}}, "does not exist"),
        ({"url": "s3://lake/here.parquet", "mandatory": True}, "no meta.content_length"),
        ({"url": "s3://lake/here.parquet", "meta": {"content_length": 1}}, "the manifest says 1 bytes"),
        ({"url": "s3://lake/../x", "meta": {"content_length": 1}}, "not valid"),
        ({"uri": "s3://lake/here.parquet"}, "Problem reading manifest file"),
    ],
    ids=["mandatory file", "no length", "wrong length", "traversal", "no url"],
)
def test_a_manifest_is_held_to_its_word(sql: Sql, bucket: Path, entry: dict[str, Any], message: str) -> None:
    sql("CREATE TABLE t (a bigint)")
    pq.write_table(pa.table({"a": [1]}), bucket / "here.parquet")
    (bucket / "bad.manifest").write_text(json.dumps({"entries": [entry]}))

    with pytest.raises(ProgrammingError, match=message):
        sql(f"COPY t FROM 's3://lake/bad.manifest' {ROLE}")


def test_an_optional_file_that_is_gone_is_left_out(sql: Sql, bucket: Path) -> None:
    sql("CREATE TABLE t (a bigint)")
    (bucket / "gone.manifest").write_text(json.dumps({"entries": [{"url": "s3://lake/gone", "mandatory": False}]}))

    sql(f"COPY t FROM 's3://lake/gone.manifest' {ROLE}")

    assert sql("SELECT count(*) FROM t") == [[0]]


def test_what_is_no_parquet_is_refused(sql: Sql, bucket: Path) -> None:
    sql("CREATE TABLE t (a bigint)")
    (bucket / "text").mkdir(exist_ok=True)
    (bucket / "text" / "f").write_text("a\n1\n")

    with pytest.raises(ProgrammingError, match="is no Parquet file"):
        sql("COPY t FROM 's3://lake/text/' IAM_ROLE DEFAULT FORMAT AS PARQUET")


def test_null_in_a_column_that_takes_none_is_refused(sql: Sql, manifest_of: Manifest) -> None:
    sql("CREATE TABLE t (a bigint NOT NULL)")

    with pytest.raises(ProgrammingError, match="Cannot insert a NULL value into column a"):
        sql(f"COPY t FROM '{manifest_of([pa.table({'a': pa.array([1, None], pa.int64())})])}' {ROLE}")


def test_a_table_that_is_not_there_is_told(sql: Sql, manifest_of: Manifest) -> None:
    with pytest.raises(ProgrammingError) as error:
        sql(f"COPY absent FROM '{manifest_of([])}' {ROLE}")

    assert told(error)["C"] == "42P01"
