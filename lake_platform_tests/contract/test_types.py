"""The type table: each pair by itself."""

import pytest

from lake_platform.contract.types import UnknownTypeError, parse_type


@pytest.mark.parametrize(
    ("text", "spark", "arrow", "redshift", "hive"),
    [
        ("smallint", "smallint", "int16", "SMALLINT", "smallint"),
        ("integer", "int", "int32", "INTEGER", "int"),
        ("int", "int", "int32", "INTEGER", "int"),
        ("bigint", "bigint", "int64", "BIGINT", "bigint"),
        ("real", "float", "float", "REAL", "float"),
        ("double precision", "double", "double", "DOUBLE PRECISION", "double"),
        ("boolean", "boolean", "bool", "BOOLEAN", "boolean"),
        ("date", "date", "date32[day]", "DATE", "date"),
        ("timestamp", "timestamp", "timestamp[us, tz=UTC]", "TIMESTAMP", "timestamp"),
        ("char(1)", "string", "string", "CHAR(1)", "char(1)"),
        ("varchar(64)", "string", "string", "VARCHAR(64)", "varchar(64)"),
        ("decimal(18,2)", "decimal(18,2)", "decimal128(18, 2)", "DECIMAL(18,2)", "decimal(18,2)"),
        ("Numeric( 5 )", "decimal(5,0)", "decimal128(5, 0)", "DECIMAL(5,0)", "decimal(5,0)"),
    ],
)
def test_a_type_in_every_system(text: str, spark: str, arrow: str, redshift: str, hive: str) -> None:
    kind = parse_type(text)

    assert (kind.spark, kind.arrow, kind.redshift, kind.hive) == (spark, arrow, redshift, hive)


@pytest.mark.parametrize(
    "text",
    [
        "text",
        "varchar",
        "varchar(0)",
        "varchar(65536)",
        "char(4097)",
        "decimal(39,2)",
        "decimal(5,6)",
        "array<int>",
        "",
    ],
)
def test_what_is_not_in_the_table_is_an_error_that_lists_it(text: str) -> None:
    with pytest.raises(UnknownTypeError, match="there are: smallint, integer, bigint"):
        parse_type(text)


def test_varchar_and_char_count_bytes() -> None:
    assert (parse_type("varchar(64)").max_bytes, parse_type("char(1)").max_bytes, parse_type("bigint").max_bytes) == (
        64,
        1,
        None,
    )
