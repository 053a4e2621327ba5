"""The process job: the transform and its promise, personal data, exact types."""

import hashlib
import hmac
from typing import Any

import pytest
from pyspark.sql import DataFrame
from pyspark.sql import functions as fn

from glue_jobs.protocol import ColumnSpec, InputTable, RowRuleSpec
from lake_platform.errors import SparkJobRefusedError
from lake_platform_tests.glue_jobs.conftest import Bench, Result, specs

pytestmark = pytest.mark.spark

COLUMNS = "id bigint!, name varchar(9), n int"
HERE = __name__
META = ["_partition", "_file", "_file_time", "_row", "_token"]


@pytest.fixture
def validated(bench: Bench) -> Result:
    return bench.validate(
        {"2024-01-01": [bench.file("id,name,n\n1, a ,1\n2,b,2\n")], "2024-01-02": [bench.file("id,name,n\n3,c,\n")]},
        COLUMNS,
    )


def test_without_a_transform_rows_pass_with_a_new_token(bench: Bench, validated: Result) -> None:
    result = bench.process(validated, COLUMNS)

    assert [list(row) for row in result.valid] == [["id", "name", "n", *META]] * 3
    assert sorted((r["id"], r["name"], r["n"], r["_partition"], r["_row"], r["_token"]) for r in result.valid) == [
        (1, " a ", 1, "2024-01-01", 1, "raw-2024-01-01"),
        (2, "b", 2, "2024-01-01", 2, "raw-2024-01-01"),
        (3, "c", None, "2024-01-02", 1, "raw-2024-01-02"),
    ]
    assert [(p.partition, p.rows_in, p.rows_out, p.rows_dropped) for p in result.report.partitions] == [
        ("2024-01-01", 2, 2, 0),
        ("2024-01-02", 1, 1, 0),
    ]
    assert result.report.partitions[0].sample == ({"id": 1, "name": " a ", "n": 1}, {"id": 2, "name": "b", "n": 2})


def doubled(rows: DataFrame) -> DataFrame:
    return rows.select(fn.upper(fn.trim("name")).alias("label"), (fn.col("n") * 2).alias("twice"), "id", *META)


def test_columns_are_those_of_produces_in_their_order_and_types(bench: Bench, validated: Result) -> None:
    result = bench.process(
        validated, COLUMNS, transform=f"{HERE}:doubled", produces=specs("id int, twice decimal(9,2), label varchar(9)")
    )

    assert [list(row)[:3] for row in result.valid] == [["id", "twice", "label"]] * 3
    assert [str(v) for v in result.values("twice")] == ["2.00", "4.00", "None"] or sorted(
        map(str, result.values("twice"))
    ) == ["2.00", "4.00", "None"]
    assert sorted(result.values("label")) == ["A", "B", "C"]


def kept_and_dropped(rows: DataFrame) -> tuple[DataFrame, DataFrame]:
    return rows.where("id <> 2"), rows.where("id = 2").withColumn("_reason", fn.lit("two"))


def test_a_filter_tells_what_it_drops_and_why(bench: Bench, validated: Result) -> None:
    result = bench.process(validated, COLUMNS, transform=f"{HERE}:kept_and_dropped", rows="filter")

    first, second = result.report.partitions
    assert (first.rows_in, first.rows_out, first.rows_dropped, first.reasons) == (2, 1, 1, {"two": 1})
    assert (second.rows_in, second.rows_out, second.rows_dropped, second.reasons) == (1, 1, 0, {})


def twice(rows: DataFrame) -> DataFrame:
    return rows.unionByName(rows)


def test_expand_may_repeat_rows(bench: Bench, validated: Result) -> None:
    result = bench.process(validated, COLUMNS, transform=f"{HERE}:twice", rows="expand")

    assert [(p.rows_in, p.rows_out) for p in result.report.partitions] == [(2, 4), (1, 2)]


def joined(rows: DataFrame, countries: DataFrame) -> DataFrame:
    assert countries.columns == ["id", "name"]
    return rows.join(countries.select(fn.col("id").alias("n"), fn.col("name").alias("country")), "n", "left").select(
        "id", "country", *META
    )


def test_inputs_are_the_rows_of_other_datasets(bench: Bench, validated: Result) -> None:
    other = bench.validate([bench.file("id,name\n1,CH\n2,FR\n")], "id int, name varchar(9)")
    table = InputTable(columns=specs("id int, name varchar(9)"), urls=tuple(f.url for f in other.partition.files))

    result = bench.process(
        validated,
        COLUMNS,
        transform=f"{HERE}:joined",
        inputs={"countries": table},
        produces=specs("id bigint, country varchar(2)"),
    )

    assert sorted((r["id"], r["country"]) for r in result.valid) == [(1, "CH"), (2, "FR"), (3, None)]


def test_an_input_without_rows_is_an_empty_table(bench: Bench, validated: Result) -> None:
    result = bench.process(
        validated,
        COLUMNS,
        transform=f"{HERE}:joined",
        inputs={"countries": InputTable(columns=specs("id int, name varchar(9)"))},
        produces=specs("id bigint, country varchar(2)"),
    )

    assert sorted((r["id"], r["country"]) for r in result.valid) == [(1, None), (2, None), (3, None)]


def test_the_marker_rows_of_a_snapshot_are_no_rows_of_an_input(bench: Bench, validated: Result) -> None:
    """A key whose row is in quarantine has a marker row; joined, it would look like a country without a name."""
    is_good = RowRuleSpec(name="name_known", rule="", predicate="name <> 'X'", otherwise="quarantine")
    other = bench.validate(
        [bench.file("id,name\n1,CH\n2,X\n")],
        "id int!, name varchar(9)",
        delivers="snapshot",
        keys=("id",),
        row_rules=(is_good,),
    )
    assert other.partition.rows_unknown == 1
    table = InputTable(columns=specs("id int, name varchar(9)"), urls=tuple(f.url for f in other.partition.files))

    result = bench.process(
        validated,
        COLUMNS,
        transform=f"{HERE}:counted",
        inputs={"countries": table},
        produces=specs("id bigint, known int"),
    )

    assert set(result.values("known")) == {1}


def counted(rows: DataFrame, countries: DataFrame) -> DataFrame:
    return rows.crossJoin(countries.agg(fn.count("*").cast("int").alias("known"))).select("id", "known", *META)


def loses(rows: DataFrame) -> DataFrame:
    return rows.where("id <> 2")


def changes_row(rows: DataFrame) -> DataFrame:
    return rows.withColumn("_row", fn.col("_row") + 1)


def adds_column(rows: DataFrame) -> DataFrame:
    return rows.withColumn("x", fn.lit(1)).drop("n")


def drops_without_reason(rows: DataFrame) -> tuple[DataFrame, DataFrame]:
    return rows.where("id <> 2"), rows.where("id = 2").withColumn("_reason", fn.lit(None).cast("string"))


def returns_text(rows: DataFrame) -> str:
    return "rows"


BROKEN: dict[str, tuple[str, str, str]] = {
    "loses a row": ("loses", "same", r"loses 1 row\(s\).*first in partition 2024-01-01"),
    "repeats rows": ("twice", "same", r"makes up or repeats 3 row\(s\)"),
    "changes a meta column": ("changes_row", "same", "loses 2 row|makes up"),
    "yields other columns": ("adds_column", "same", "lacks `n`; adds `x`"),
    "expand loses a row": ("loses", "expand", "loses 1 row.*may not drop any"),
    "filter returns one frame": ("loses", "filter", r"returns DataFrame: rows: filter returns the pair"),
    "filter gives no reason": ("drops_without_reason", "filter", "drops rows without a _reason"),
    "returns no frame": ("returns_text", "same", "returns str, not a DataFrame"),
    "is not there": ("nowhere", "same", "has no function 'nowhere'"),
    "does what nobody knows": ("loses", "shuffle", "declared with rows: shuffle"),
}


@pytest.mark.parametrize(("function", "rows", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_a_transform_that_breaks_its_promise_is_a_terminal_error(
    bench: Bench, validated: Result, function: str, rows: str, message: str
) -> None:
    with pytest.raises(SparkJobRefusedError, match=message):
        bench.process(validated, COLUMNS, transform=f"{HERE}:{function}", rows=rows)


def test_a_module_that_is_not_there_is_named(bench: Bench, validated: Result) -> None:
    with pytest.raises(SparkJobRefusedError, match=r"No module named 'glue_jobs\.transforms\.nope'"):
        bench.process(validated, COLUMNS, transform="glue_jobs.transforms.nope:run")


def wide(rows: DataFrame) -> DataFrame:
    return rows.withColumn("name", fn.lit("far too long for it"))


def overflowing(rows: DataFrame) -> DataFrame:
    return rows.withColumn("n", fn.lit(2147483647) + fn.col("id").cast("int"))


def fractions(rows: DataFrame) -> DataFrame:
    return rows.withColumn("n", fn.col("id") / 2)


def test_a_value_that_does_not_fit_its_column_is_an_error_not_null(bench: Bench, validated: Result) -> None:
    with pytest.raises(SparkJobRefusedError, match=r"2024-01-01: 2 value\(s\) of column name do not fit varchar\(9\)"):
        bench.process(validated, COLUMNS, transform=f"{HERE}:wide")
    with pytest.raises(SparkJobRefusedError, match=r"1 value\(s\) of column n do not fit int"):
        bench.process(validated, COLUMNS, transform=f"{HERE}:fractions")


def test_arithmetic_that_overflows_raises(bench: Bench, validated: Result) -> None:
    with pytest.raises(Exception, match="ARITHMETIC_OVERFLOW"):
        bench.process(validated, COLUMNS, transform=f"{HERE}:overflowing")


@pytest.fixture
def snapshot(bench: Bench) -> Result:
    return bench.validate([bench.file("id,name,n\n1,a,1\n2,b,x\n")], COLUMNS, delivers="snapshot", keys=("id",))


def test_markers_of_unknown_keys_pass_the_transform(bench: Bench, snapshot: Result) -> None:
    columns = specs(COLUMNS)

    result = bench.process(snapshot, columns, delivers="snapshot", keys=("id",), transform=f"{HERE}:with_op")

    assert sorted((r["id"], r["name"], r["_op"]) for r in result.valid) == [(1, "A", "U"), (2, None, "?")]
    partition = result.partition
    assert (partition.rows_in, partition.rows_out, partition.rows_unknown, len(partition.sample)) == (1, 1, 1, 1)


def with_op(rows: DataFrame) -> DataFrame:
    return rows.withColumn("name", fn.upper("name"))


def drops_markers(rows: DataFrame) -> tuple[DataFrame, DataFrame]:
    return rows.where("name IS NOT NULL"), rows.where("name IS NULL").withColumn("_reason", fn.lit("no name"))


def test_a_filter_may_not_drop_markers_or_deletes(bench: Bench, snapshot: Result) -> None:
    with pytest.raises(SparkJobRefusedError, match="drops rows whose _op is not 'U'"):
        bench.process(
            snapshot, COLUMNS, delivers="snapshot", keys=("id",), transform=f"{HERE}:drops_markers", rows="filter"
        )


def test_personal_data_is_hashed_with_the_key(bench: Bench) -> None:
    texts = ["a@b.c", "é" * 40, "x" * 200]
    columns = [ColumnSpec(name="email", type="string", max_bytes=320, pii="hash")]
    validated = bench.validate(
        [bench.file("email\n" + "\n".join(texts) + '\n"NULL"\n')], columns, format={"nulls": ["NULL"]}
    )

    def hashed(key: str) -> list[Any]:
        return bench.process(validated, columns, pii_key=key).values("email")

    for key in ("k", "a key that is longer than the sixty-four bytes of a block of SHA-256, so it is hashed first"):
        assert hashed(key) == [hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest() for text in texts] + [
            None
        ]
    with pytest.raises(SparkJobRefusedError, match=r"t.email has pii: hash, but the job was given no key"):
        bench.process(validated, columns)


def test_a_partition_without_rows_gives_no_file(bench: Bench) -> None:
    result = bench.process(bench.validate([bench.file("id,name,n\n")], COLUMNS), COLUMNS, transform=f"{HERE}:with_op")

    assert (result.partition.rows_in, result.partition.rows_out, result.partition.files) == (0, 0, ())


CUSTOMERS = "customer_id bigint!, op char(1), name varchar(200), region varchar(64), address varchar(400), status char(1), email varchar(320), amount decimal(18,2), event_timestamp timestamp!"


def test_customers_are_spelled_one_way(bench: Bench) -> None:
    lines = [
        "customer_id,op,name,region,address,status,email,amount,event_timestamp",
        "1,U,  Ann   Lee ,NORTH east,x  y , a, Ann@Example.COM ,1.50,2024-01-01",
        '2,D," ",,,,,,2024-01-01',
    ]
    validated = bench.validate(
        [bench.file("\n".join(lines))],
        CUSTOMERS.replace("char(1), email", "varchar(9), email"),
        delivers="changes",
        keys=("customer_id",),
        delete_when="op = 'D'",
    )
    produces = specs(CUSTOMERS.replace("op char(1), ", ""))

    result = bench.process(
        validated,
        CUSTOMERS,
        delivers="changes",
        keys=("customer_id",),
        transform="glue_jobs.transforms.customers:standardise",
        produces=produces,
    )

    found = [
        [*[str(v) for v in row.values()][:7], row["_op"]]
        for row in sorted(result.valid, key=lambda r: r["customer_id"])
    ]
    assert found == [
        ["1", "Ann Lee", "North East", "x y", "A", "ann@example.com", "1.50", "U"],
        ["2", "None", "None", "None", "None", "None", "None", "D"],
    ]
