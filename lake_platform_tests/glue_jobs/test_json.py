"""JSON lines and JSON arrays to rows."""

import json

import pytest

from glue_jobs.errors import PathConflictError
from glue_jobs.protocol import ColumnSpec
from lake_platform.errors import SparkJobRefusedError
from lake_platform_tests.glue_jobs.conftest import Bench, specs

pytestmark = pytest.mark.spark

JSON = {"kind": "json"}


def test_lines_are_rows_and_a_missing_key_is_null(bench: Bench) -> None:
    file = bench.file(
        b'{"id": 1, "name": "Ann", "ok": true}\r\n\r\n{"id": 2, "extra": [1]}\r\n{"name": null, "id": "3"}',
        records=3,
    )

    result = bench.validate([file], "id bigint, name varchar(9), ok boolean", format=JSON)

    assert result.values("id", "name", "ok", "_row") == [(1, "Ann", True, 1), (2, None, None, 2), (3, None, None, 3)]
    assert result.partition.problem is None


def test_names_match_without_regard_to_case_file_by_file(bench: Bench) -> None:
    files = [
        bench.file(b'{"ID": 1, "Name": "Ann"}\n', header=["ID", "Name"], records=1),
        bench.file(b'{"id": 2, "ID": 9, " name": "Bo"}\n', header=["id", "ID", " name"], records=1),
        bench.file(b'[{"Id": 3}, {"name": "Cy"}]', header=["Id", "name"], records=2),
        bench.file(b'{"id": null, "ID": 9}', header=["id", "ID"], records=1),
    ]

    result = bench.validate(files, "id bigint, name varchar(9)", format=JSON)

    assert result.values("id", "name") == [(1, "Ann"), (2, "Bo"), (3, None), (None, "Cy"), (None, None)]
    assert result.partition.problem is None


LINES = {
    '{"id": 1}': [],
    '{"id": 1': ["malformed"],
    '{"id": 1}{"id": 2}': ["malformed"],
    '{"id": 1}, {"id": 2}': ["malformed"],
    '{"id": 1} trailing': ["malformed"],
    '{"id": 1}] [': ["malformed"],
    "[1]": ["malformed"],
    '"text"': ["malformed"],
    "null": ["malformed"],
    "version https://git-lfs.github.com/spec/v1": ["malformed"],
    '{"id": "x"}': ["cast:id"],
    '{"id": 1.5}': ["cast:id"],
    '{"id": {"a": 1}}': ["cast:id"],
}


def test_a_line_is_one_object_or_it_is_malformed(bench: Bench) -> None:
    file = bench.file("\n".join(LINES).encode(), records=len(LINES))

    result = bench.validate([file], "id bigint", format=JSON)

    found = {row["_raw"]: row["_reasons"] for row in result.aside} | {json.dumps({"id": 1}): []}
    assert found == LINES


ARRAYS = {
    "pretty": (b'\n [\n {"id": 1},\n {"id": 2}\n]\n', [1, 2], 0),
    "one line": (b'[{"id": 1},{"id": 2}]', [1, 2], 0),
    "byte order mark": b'\xef\xbb\xbf[{"id": 1}]' and (b'\xef\xbb\xbf[{"id": 1}]', [1], 0),
    "empty": (b"[\n\n]", [], 0),
    "an element that is no object": (b'[{"id": 1}, 2]', [1], 1),
    "never closed": (b'[\n{"id": 1},', [], 1),
    "something after it": (b'[{"id": 1}] x', [], 1),
    "one object over many lines": (b'{\n "id": 1\n}', [1], 0),
}


def test_an_array_is_read_whole(bench: Bench) -> None:
    files = {shape: [bench.file(content, records=len(ids) + bad)] for shape, (content, ids, bad) in ARRAYS.items()}

    result = bench.validate(files, "id int", format=JSON)

    found = {shape: sorted(row["id"] for row in result.valid if row["_partition"] == shape) for shape in ARRAYS}
    assert found == {shape: ids for shape, (_, ids, _) in ARRAYS.items()}
    assert {p.partition: (p.rows_quarantined, p.problem) for p in result.report.partitions} == {
        shape: (bad, None) for shape, (_, _, bad) in ARRAYS.items()
    }


@pytest.mark.parametrize("content", ["{}\n{}", "[{},{}]"], ids=["lines", "array"])
def test_money_is_read_as_it_is_written(bench: Bench, content: str) -> None:
    """Spark's own text of a JSON number goes through a double: 9007199254740993.25 would end in .0."""
    numbers = ['{"amount": 9007199254740993.25}', '{"amount": "12.50"}']
    parts = content.split("{}")
    file = bench.file((parts[0] + numbers[0] + parts[1] + numbers[1] + parts[2]).encode())
    bad = bench.file(b'{"amount": 1.005}\n{"amount": "x"}\n{"amount": 1e30}\n{"amount": null}')

    result = bench.validate([file, bad], "amount decimal(18,2)", format=JSON)

    assert [None if v is None else str(v) for v in result.values("amount")] == ["9007199254740993.25", "12.50", None]
    assert result.reasons() == {1: ["cast:amount"], 2: ["cast:amount"], 3: ["cast:amount"]}


def test_a_path_leads_into_objects_and_an_alias_is_another_key(bench: Bench) -> None:
    columns = [
        ColumnSpec(name="city", type="string", path="user.address.city"),
        ColumnSpec(name="credit", type="decimal(9,2)", path="$.user.credit"),
        ColumnSpec(name="region", type="string", aliases=("area",)),
        ColumnSpec(name="tags", type="string"),
    ]
    file = bench.file(
        b'{"user": {"address": {"city": "Bern"}, "credit": 1.5}, "area": "CH", "tags": ["a", {"b": 1}]}\n{"user": 5}'
    )

    result = bench.validate([file], columns, format=JSON)

    assert [
        (c, None if m is None else str(m), r, t) for c, m, r, t in result.values("city", "credit", "region", "tags")
    ] == [
        ("Bern", "1.50", "CH", '["a",{"b":1}]'),
        (None, None, None, None),
    ]


def test_a_value_cannot_be_read_whole_and_in_parts(bench: Bench) -> None:
    columns = [ColumnSpec(name="user", type="string"), ColumnSpec(name="city", type="string", path="user.city")]

    with pytest.raises(SparkJobRefusedError, match=r"Column city reads 'user\.city'") as caught:
        bench.validate([bench.file(b"{}")], columns, format=JSON)

    assert isinstance(caught.value.__cause__, PathConflictError)


def test_an_empty_file_has_no_rows(bench: Bench) -> None:
    result = bench.validate([bench.file(b"", records=0)], specs("id int"), format=JSON)

    assert (result.partition.rows_in, result.partition.files, result.partition.problem) == (0, (), None)
