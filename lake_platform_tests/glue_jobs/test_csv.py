"""CSV files to rows: what a record is, and what is no row."""

import csv
import io
from dataclasses import replace

import pytest

from lake_platform_tests.glue_jobs.conftest import Bench, specs

pytestmark = pytest.mark.spark


def test_rows_arrive_typed_with_their_origin(bench: Bench) -> None:
    file = bench.file("id,name,amount\n7,Ann,1.50\n8,Bob,\n", key="t/a b[1].csv")

    result = bench.validate([file], "id bigint, name varchar(9), amount decimal(18,2)")

    first = result.valid[0]
    assert [str(first[c]) for c in ("id", "name", "amount")] == ["7", "Ann", "1.50"]
    assert (first["_partition"], first["_file"], first["_row"], first["_token"]) == (
        "2024-01-01",
        "t/a b[1].csv",
        1,
        "raw-2024-01-01",
    )
    assert first["_file_time"].isoformat() == "2024-01-02T03:04:05.678901+00:00"
    assert result.values("amount")[1] is None
    assert (result.partition.rows_in, result.partition.rows_out, result.partition.quarantine_files) == (2, 2, ())
    assert list(first) == ["id", "name", "amount", "_partition", "_file", "_file_time", "_row", "_token"]


SHAPES = {
    "no final newline": ("a,b\n1,2\n3,4", [("1", "2"), ("3", "4")]),
    "CRLF": ("a,b\r\n1,2\r\n3,4\r\n", [("1", "2"), ("3", "4")]),
    "lone CR": ("a,b\r1,2\r3,4\r", [("1", "2"), ("3", "4")]),
    "all line ends in one file": ("a,b\r\n1,2\n3,4\r5,6", [("1", "2"), ("3", "4"), ("5", "6")]),
    "blank lines are no rows": ("a,b\n\n1,2\n  \n3,4\n\n", [("1", "2"), ("3", "4")]),
    "byte order mark": ("\ufeffa,b\n1,2\n", [("1", "2")]),
    "quoted newlines": ('a,b\n"x\ny\n\nz",2\n3,"4\n"\n', [("x\ny\n\nz", "2"), ("3", "4\n")]),
    "a quoted newline in the header": ('"a","b"\n1,2\n', [("1", "2")]),
    "quotes within quotes": ('a,b\n"say ""hi""",""""\n', [('say "hi"', '"')]),
    "a quote within a bare field": ('a,b\n5" pipe,x\n', [('5" pipe', "x")]),
    "quoted delimiters": ('a,b\n"1,5","x,"\n', [("1,5", "x,")]),
    "a quoted header name": ('"a",b\n1,2\n', [("1", "2")]),
    "spaces are data in text": ("a,b\n x , y\n", [(" x ", " y")]),
    "a backslash is a character": ('a,b\n"c:\\",\\\n', [("c:\\", "\\")]),
    "a comment's apostrophe in a multi-line field": ('a,b\n"it\'s\n#5",x\n', [("it's\n#5", "x")]),
    "only a header": ("a,b\n", []),
    "only a header, no newline": ("a,b", []),
    "no byte at all": ("", []),
}


def test_a_record_is_what_a_careful_reader_sees(bench: Bench) -> None:
    files = {
        shape: [bench.file(text.encode(), header=("a", "b"), records=count(text))]
        for shape, (text, _) in SHAPES.items()
    }

    result = bench.validate(files, "a varchar(99), b varchar(99)")

    read = {
        shape: sorted((r["_row"], r["a"], r["b"]) for r in result.valid if r["_partition"] == shape) for shape in SHAPES
    }
    assert read == {shape: [(n + 1, *row) for n, row in enumerate(rows)] for shape, (_, rows) in SHAPES.items()}
    assert {p.partition: p.problem for p in result.report.partitions} == dict.fromkeys(SHAPES)
    assert result.aside == []


def count(text: str) -> int:
    """Records after the header by the standard library: an independent count."""
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    return max(0, sum(len(row) > 1 or bool(row and row[0].strip()) for row in rows) - 1)


BROKEN = {
    "too few fields": "1",
    "too many fields": "1,2,3",
    "text after a closing quote": '"1"x,2',
    "text before a quote that hides a comma": 'x"1,2",3',
}


def test_a_broken_line_is_malformed_and_keeps_its_text(bench: Bench) -> None:
    files = {
        fault: [bench.file(f"a,b\n0,0\n{line}\n9,9\n".encode(), header=("a", "b"), records=3)]
        for fault, line in BROKEN.items()
    }

    result = bench.validate(files, "a varchar(9), b varchar(9)")

    assert sorted((r["_partition"], r["a"], r["_row"]) for r in result.valid) == sorted(
        row for fault in BROKEN for row in ((fault, "0", 1), (fault, "9", 3))
    )
    found = {row["_partition"]: (row["_row"], row["_raw"], row["_reasons"]) for row in result.aside}
    assert found == {fault: (2, line, ["malformed"]) for fault, line in BROKEN.items()}
    assert all(p.reasons == {"malformed": 1} and p.problem is None for p in result.report.partitions)


def test_a_quote_that_is_never_closed_takes_the_rest_of_the_file_into_quarantine(bench: Bench) -> None:
    file = bench.file(b'a,b\n1,2\n3,"open\n5,6\n7,8\n', header=("a", "b"), records=2)

    result = bench.validate([file], "a varchar(9), b varchar(99)")

    assert result.values("a") == ["1"]
    assert result.aside[0]["_raw"] == '3,"open\n5,6\n7,8'
    assert result.partition.problem is None


def test_without_multiline_a_record_ends_with_its_line(bench: Bench) -> None:
    file = bench.file(b'a,b\n1,"x\ny"\n3,4\n', header=("a", "b"))

    result = bench.validate([file], "a varchar(9), b varchar(9)", format={"multiline": False})

    assert result.values("a") == ["3"]
    assert result.reasons() == {1: ["malformed"], 2: ["malformed"]}


FORMATS = {
    "semicolons": ({"delimiter": ";"}, b"a;b\n1;2\n", [("1", "2")]),
    "tabs, and a row of empty fields": ({"delimiter": "\t"}, b"a\tb\n1\t2\n\t\n", [("1", "2"), (None, None)]),
    "pipes and single quotes": ({"delimiter": "|", "quote": "'", "escape": "'"}, b"a|b\n'x|''y'|2\n", [("x|'y", "2")]),
    "two characters": ({"delimiter": "||"}, b'a||b\n1|2||"3||4"\n', [("1|2", "3||4")]),
    "backslash escapes": (
        {"escape": "\\"},
        b'a,b\n"x \\"y\\", z",2\n"p\nq\\"",3\n',
        [('x "y", z', "2"), ('p\nq"', "3")],
    ),
    "backslashes before anything, inside quotes only": (
        {"escape": "\\"},
        b'a,b\n"x\\, y\\\\",c:\\dir\n,"\\n"\n"a\\\nb",\n"x\\, \\"y\\"",""\n',
        [("x, y\\", "c:\\dir"), (None, "n"), ("a\nb", None), ('x, "y"', None)],
    ),
    "a character of patterns as escape": (
        {"escape": "^", "delimiter": "|", "quote": "'"},
        b"a|b\n'^|^''|'^^x'\n|'^$'\n",
        [("|'", "^x"), (None, "$")],
    ),
    "latin-1": ({"encoding": "latin-1"}, "a,b\nJosé,ü\n".encode("latin-1"), [("José", "ü")]),
    "windows-1252": ({"encoding": "cp1252"}, "a,b\n€,“\n".encode("cp1252"), [("€", "“")]),
    "utf-16 with its mark": (
        {"encoding": "utf-16"},
        'a,b\r\nJosé,"x\ny"\r\nਊ,ఀ\r\n'.encode("utf-16"),
        [("José", "x\ny"), ("ਊ", "ఀ")],
    ),
    "other nulls": ({"nulls": ["", "NULL", "n/a"]}, b"a,b\nNULL,n/a\n,x\n", [(None, None), (None, "x")]),
    "no nulls": ({"nulls": []}, b'a,b\nNULL,\n"",x\n', [("NULL", ""), ("", "x")]),
    "skipped lines": ({"skip": 3}, b"it's a \"report\n\nof today\na,b\n1,2\n", [("1", "2")]),
    "a footer": ({"footer": 1}, b"a,b\n1,2\n3,4\ntotal 2\n\n", [("1", "2"), ("3", "4")]),
    "comments": ({"comment": "#"}, b'# "open\na,b\n#1,2\n3,4\n', [("3", "4")]),
    "comments beside quoted newlines": ({"comment": "#"}, b'a,b\n# "open\n"x\n#y",2\n', [("x\n#y", "2")]),
    "no header": ({"header": False}, b"1,2\n3,4\n", [("1", "2"), ("3", "4")]),
}


@pytest.mark.parametrize(("settings", "content", "rows"), FORMATS.values(), ids=FORMATS.keys())
def test_the_format_says_how_bytes_are_read(
    bench: Bench, settings: dict[str, object], content: bytes, rows: list[tuple[str, str]]
) -> None:
    file = bench.file(content, header=() if settings.get("header") is False else ("a", "b"), records=len(rows))

    result = bench.validate([file], "a varchar(99), b varchar(99)", format=settings)

    assert result.values("a", "b") == rows
    assert result.values("_row") == list(range(1, len(rows) + 1))
    assert (result.aside, result.partition.problem) == ([], None)


def test_each_file_is_read_by_its_own_header(bench: Bench) -> None:
    files = [
        bench.file("id,region,amount\n1,north,1\n"),
        bench.file("amount,extra,id,area\n2,x,20,south\n"),
        bench.file(" ID , Region\n30,west\n"),
    ]
    identity, region, amount = specs("id bigint, region varchar(9), amount decimal(9,2)")
    columns = [identity, replace(region, aliases=("area",)), amount]

    result = bench.validate(files, columns)

    assert [(i, r, None if a is None else str(a)) for i, r, a in result.values("id", "region", "amount")] == [
        (1, "north", "1.00"),
        (20, "south", "2.00"),
        (30, "west", None),
    ]


def test_gzip_is_read_by_its_suffix(bench: Bench) -> None:
    file = bench.file('a,b\n1,"x\ny"\n', zipped=True, records=1)

    result = bench.validate([file], "a varchar(9), b varchar(9)")

    assert result.values("a", "b") == [("1", "x\ny")]


def test_names_that_mean_something_to_spark_are_only_names(bench: Bench) -> None:
    files = [bench.file(f"a\n{n}\n", name=name) for n, name in enumerate(["a[1].csv", "x{y}", "s p", "é%20+&=,", "*"])]

    result = bench.validate(files, "a int")

    assert sorted(result.values("a")) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("quoted", [False, True], ids=["lines", "lines joined"])
def test_row_numbers_do_not_depend_on_how_a_file_is_split(bench: Bench, quoted: bool) -> None:
    value = '"{}\n"' if quoted else "{}"
    lines = [value.format(n) for n in range(5000)]
    files = [bench.file("a\n" + "\n".join(lines), records=5000), bench.file("a\n" + "\n".join(lines[:10]), records=10)]
    bench.spark = bench.spark.model_copy(
        update={"spark_config": {"spark.sql.files.maxPartitionBytes": "1000", "spark.sql.files.openCostInBytes": "0"}}
    )

    result = bench.validate(files, "a varchar(9)")

    assert result.values("_row", "a") == [(n + 1, f"{n}\n" if quoted else str(n)) for n in (*range(5000), *range(10))]
    assert result.partition.problem is None


def test_a_count_that_differs_is_told_with_file_and_figures(bench: Bench) -> None:
    result = bench.validate([bench.file("a\n1\n2\n", records=3, key="t/cut.csv")], "a int")

    assert result.partition.problem == "file t/cut.csv: 3 records were counted, but Spark read 2"
