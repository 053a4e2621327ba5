"""Casts against Python's own decimal, datetime and struct."""

import datetime as dt
import decimal
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from pyspark.sql import functions as fn

from glue_jobs.casts import cast_text, is_text, null_text, spark_type
from glue_jobs.errors import UnknownTypeError
from glue_jobs.formats import TextFormat
from glue_jobs.origins import lookup_table
from glue_jobs.protocol import ColumnSpec
from glue_jobs.session import prepare_session
from lake_platform.local.warm_spark import WarmSparkResource

pytestmark = pytest.mark.spark

BAD = "cast error"


@pytest.fixture(scope="module")
def cast(spark_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., list[Any]]:
    """Texts to values; a text that is not NULL and does not fit gives `BAD`."""
    spark = WarmSparkResource(home=str(tmp_path_factory.mktemp("home")), spark_dir=str(spark_dir)).new_session()
    prepare_session(spark, ansi=False)

    def run(
        type_: str, texts: list[str], *, max_bytes: int | None = None, formats: tuple[str, ...] = (), **form: Any
    ) -> list[Any]:
        column = ColumnSpec(name="c", type=type_, max_bytes=max_bytes, formats=formats)
        table = lookup_table(spark, [{"n": n, "t": text} for n, text in enumerate(texts)], "n int, t string")
        counted = fn.expr(null_text("t", TextFormat(**form), is_text=is_text(column)))
        value = fn.expr(cast_text(column, "x", TextFormat(**form))).cast(spark_type(column))
        rows = table.select("n", counted.alias("x")).select("n", "x", value.alias("v")).orderBy("n").collect()
        return [BAD if row["v"] is None and row["x"] is not None else row["v"] for row in rows]

    return run


CASES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("int", {}, {"12": 12, " 12 ": 12, "+7": 7, "-0": 0, "007": 7, "12abc": BAD, "12.0": BAD, "1e3": BAD, "0x1F": BAD, "": None, " ": None, "2147483647": 2147483647, "2147483648": BAD, "١٢": BAD, "1 2": BAD}),
    ("smallint", {}, {"32767": 32767, "-32769": BAD}),
    ("bigint", {}, {"9223372036854775807": 9223372036854775807, "9223372036854775808": BAD, "1,000": BAD, "5L": BAD}),
    ("bigint", {"thousands": ","}, {"1,000": 1000, "1,00": BAD, "12,345,678": 12345678, "1000": 1000, ",100": BAD}),
    ("decimal(5,2)", {}, {"1.5": "1.50", "999.99": "999.99", "1000": BAD, "1.005": BAD, "1.500": "1.50", ".5": "0.50", "5.": "5.00", "-0.01": "-0.01", "1e2": BAD, "NaN": BAD, "$5": BAD, "000999.9900": "999.99"}),
    ("decimal(38,0)", {}, {"9" * 38: "9" * 38, "1" + "0" * 38: BAD}),
    ("decimal(9,2)", {"decimal": ",", "thousands": "."}, {"1.234,50": "1234.50", "1,5": "1.50", "1.5": BAD, "1.234.567": "1234567.00"}),
    ("double", {}, {"1.5": 1.5, "1e3": 1000.0, "-.5E-2": -0.005, "1e999": BAD, "NaN": BAD, "Infinity": BAD, "1d": BAD, "1f": BAD, ".": BAD}),
    ("double", {"decimal": ","}, {"1,5": 1.5, "1.5": BAD}),
    ("double", {"thousands": ","}, {"100,000.25": 100000.25, "1,0": BAD}),
    ("float", {}, {"0.5": 0.5, "1e39": BAD}),
    ("boolean", {}, {"true": True, "F": False, "1": True, "no": False, "2": BAD, "on": BAD}),
    ("date", {}, {"2024-02-29": dt.date(2024, 2, 29), "2023-02-29": BAD, "2024-1-1": BAD, "01/02/2024": BAD, "2024-01-01T00:00:00": BAD, "0000-01-01": BAD, "0001-01-01": dt.date(1, 1, 1), "9999-12-31": dt.date(9999, 12, 31)}),
    ("date", {"formats": ("dd.MM.yyyy", "M/d/yyyy")}, {"01.02.2024": dt.date(2024, 2, 1), "1/2/2024": dt.date(2024, 1, 2), "2024-01-02": BAD, "31.02.2024": BAD}),
    ("timestamp", {}, {"2024-01-01": dt.datetime(2024, 1, 1), "2024-01-01 10:11:12": dt.datetime(2024, 1, 1, 10, 11, 12), "2024-01-01T10:11": dt.datetime(2024, 1, 1, 10, 11), "2024-01-01T10:11:12.123456Z": dt.datetime(2024, 1, 1, 10, 11, 12, 123456), "2024-01-01T10:11:12.1234567": BAD, "2024-01-01T10:11:12.1230000000": dt.datetime(2024, 1, 1, 10, 11, 12, 123000), "2020-01-01T00:00:00-08": dt.datetime(2020, 1, 1, 8), "2020-01-01T00:00:00+05:30": dt.datetime(2019, 12, 31, 18, 30), "2020-01-01T00:00:00+0530": dt.datetime(2019, 12, 31, 18, 30), "2020-01-01 00:00:00 UTC": dt.datetime(2020, 1, 1), "2024-01-01 24:00:00": BAD, "2024-01-01 23:59:60": BAD, "2024": BAD, "12:00": BAD, "1700000000": BAD}),
    ("timestamp", {"formats": ("yyyy-MM-dd'T'HH:mm:ssX", "dd.MM.yyyy HH:mm")}, {"2024-01-01T10:00:00Z": dt.datetime(2024, 1, 1, 10), "2024-01-01T10:00:00+01": dt.datetime(2024, 1, 1, 9), "01.02.2024 03:04": dt.datetime(2024, 2, 1, 3, 4), "2024-01-01 10:00:00": BAD}),
    ("timestamp", {"formats": ("epoch_ms",)}, {"1541106106796": dt.datetime(2018, 11, 1, 21, 1, 46, 796000), "-1": dt.datetime(1969, 12, 31, 23, 59, 59, 999000), "1.5": BAD, "99999999999999999": BAD}),
    ("string", {"max_bytes": 4}, {"abcd": "abcd", "abcde": BAD, "éé": "éé", "ééa": BAD, " a ": " a ", "a\0b": BAD, "": None}),
    ("string", {"nulls": ("NULL",)}, {"": "", "NULL": None, "null": "null"}),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "options", "cases"), CASES, ids=[f"{t} {o}" for t, o, _ in CASES])
def test_a_value_is_exact_or_it_is_a_cast_error(
    cast: Callable[..., list[Any]], type_: str, options: dict[str, Any], cases: dict[str, Any]
) -> None:
    found = cast(type_, list(cases), **options)

    shown = [str(v) if isinstance(v, decimal.Decimal) else v for v in found]
    assert dict(zip(cases, shown, strict=True)) == cases


def test_a_type_without_a_cast_is_an_error() -> None:
    with pytest.raises(UnknownTypeError, match="Column c has the type map"):
        cast_text(ColumnSpec(name="c", type="map<string,string>"), "x", TextFormat())


NUMBERS = st.one_of(
    st.decimals(allow_nan=True, allow_infinity=True).map(str),
    st.decimals(min_value=-(10**12), max_value=10**12, places=3).map(str),
    st.integers(-(10**20), 10**20).map(str),
    st.from_regex(r"[+-]?[0-9]{0,9}\.?[0-9]{0,5}", fullmatch=True),
    st.text(alphabet="0123456789.+-eE ,x", max_size=12),
)


def expected_decimal(text: str, precision: int, scale: int) -> Any:
    text = text.strip(" \t\r\n")
    if text == "":
        return None
    if not re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)", text):
        return BAD
    value = decimal.Decimal(text)
    with decimal.localcontext(prec=200):
        exact = value.quantize(decimal.Decimal(1).scaleb(-scale))
        return exact if exact == value and abs(value) < decimal.Decimal(10) ** (precision - scale) else BAD


@seed(1)
@settings(max_examples=12, deadline=None)
@given(texts=st.lists(NUMBERS, min_size=100, max_size=400))
def test_decimals_agree_with_python(texts: list[str], cast: Callable[..., list[Any]]) -> None:
    assert cast("decimal(18,2)", texts) == [expected_decimal(text, 18, 2) for text in texts]


def expected_integer(text: str) -> Any:
    text = text.strip(" \t\r\n")
    if text == "":
        return None
    ok = re.fullmatch(r"[+-]?[0-9]+", text) and -(2**63) <= int(text) < 2**63
    return int(text) if ok else BAD


@seed(1)
@settings(max_examples=6, deadline=None)
@given(texts=st.lists(NUMBERS, min_size=100, max_size=400))
def test_integers_agree_with_python(texts: list[str], cast: Callable[..., list[Any]]) -> None:
    assert cast("bigint", texts) == [expected_integer(text) for text in texts]


@seed(1)
@settings(max_examples=6, deadline=None)
@given(
    texts=st.lists(
        st.one_of(st.floats(allow_nan=False, allow_infinity=False).map(repr), NUMBERS), min_size=100, max_size=400
    )
)
def test_doubles_agree_with_python_to_the_bit(texts: list[str], cast: Callable[..., list[Any]]) -> None:
    def expected(text: str) -> Any:
        text = text.strip(" \t\r\n")
        if text == "":
            return None
        ok = re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", text) and abs(float(text)) != float(
            "inf"
        )
        return float(text) if ok else BAD

    bits = [v if isinstance(v, str) or v is None else struct.pack("d", v) for v in cast("double", texts)]
    wanted = [v if isinstance(v, str) or v is None else struct.pack("d", v) for v in map(expected, texts)]
    assert bits == wanted


DAYS = st.one_of(
    st.dates().map(str),
    st.tuples(st.integers(0, 9999), st.integers(0, 13), st.integers(0, 32)).map(
        lambda d: "{:04d}-{:02d}-{:02d}".format(*d)
    ),
)
CLOCKS = st.one_of(
    st.times().map(str),
    st.tuples(st.integers(0, 25), st.integers(0, 61), st.integers(0, 61)).map(
        lambda t: "{:02d}:{:02d}:{:02d}".format(*t)
    ),
)
OFFSETS = st.one_of(
    st.just(""),
    st.just("Z"),
    st.tuples(st.sampled_from("+-"), st.integers(0, 14), st.sampled_from([0, 30, 45])).map(
        lambda o: "{}{:02d}:{:02d}".format(*o)
    ),
)


@seed(1)
@settings(max_examples=10, deadline=None)
@given(texts=st.lists(st.tuples(DAYS, st.sampled_from("T "), CLOCKS, OFFSETS).map("".join), min_size=100, max_size=400))
def test_timestamps_agree_with_python(texts: list[str], cast: Callable[..., list[Any]]) -> None:
    def expected(text: str) -> Any:
        try:
            read = dt.datetime.fromisoformat(text)
            return read if read.tzinfo is None else read.astimezone(dt.UTC).replace(tzinfo=None)
        except (ValueError, OverflowError):
            return BAD

    assert cast("timestamp", texts) == [expected(text) for text in texts]
