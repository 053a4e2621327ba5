"""One landed file: what it holds, and the reasons for which it is refused."""

import gzip
import hashlib
import io
import json
import re
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lake_platform.contract.dataset import DatasetContract
from lake_platform.lake.reading.inspection import FileFindings, inspected
from lake_platform_tests.lake.builders import contract

ROWS = "id,name\n1,one\n2,two\n"


def find(content: bytes | str, key: str = "orders/a.csv", **arrives: Any) -> FileFindings:
    """What is found under `orders` with these settings."""
    return find_in(contract(**arrives), content, key)


def find_in(of: DatasetContract, content: bytes | str, key: str = "orders/a.csv") -> FileFindings:
    data = content.encode() if isinstance(content, str) else content
    with inspected(io.BytesIO(data), of, key) as (findings, copy):
        assert copy.read() == data
    assert findings.sha256 == hashlib.sha256(data).hexdigest()
    assert findings.size == len(data)
    return findings


def csv_format(**settings: Any) -> dict[str, Any]:
    return {"kind": "csv", **settings}


def test_a_plain_file() -> None:
    found = find(ROWS)

    assert (found.header, found.records, found.refused, found.compressed) == (("id", "name"), 2, None, False)
    assert found.drift.warnings == ()


@pytest.mark.parametrize(
    ("content", "header", "records"),
    [
        ("\n \n\t\n", (), 0),
        ("id,name", ("id", "name"), 0),
        ("id,name\n", ("id", "name"), 0),
        ("id,name\r\n1,one\r\n\r\n2,two", ("id", "name"), 2),
        ("id,name\r1,one\r2,two\r", ("id", "name"), 2),
        ('id,name\n1,"a\nb"\n2,"c ""d"" e"\n', ("id", "name"), 2),
        ('id,name\n1,"a\n\n# no\nb"\n', ("id", "name"), 1),
        ('id,name\n1,it"s\n2,6" of\n', ("id", "name"), 2),
        ('id,name\n""\n', ("id", "name"), 1),
        ('"id","na\nme"\n1,2\n', ("id", "na\nme"), 1),
        (b"\xef\xbb\xbfid,name\n1,one\n", ("id", "name"), 1),
        ("id,name\n1,\0\n", ("id", "name"), 1),
    ],
)
def test_records_of_csv(content: bytes | str, header: tuple[str, ...], records: int) -> None:
    found = find_in(contract(evolution={"missing": "warn", "added": "ignore"}), content)

    assert (found.header, found.records, found.refused) == (header, records, None)


@pytest.mark.parametrize(
    ("settings", "content", "records"),
    [
        ({"skip": 2}, "made by x\n\nid,name\n1,one\n", 1),
        ({"comment": "#"}, '# "quote\nid,name\n#1,one\n2,"a\n#b"\n', 1),
        ({"footer": 1}, "id,name\n1,one\ntotal,1\n", 1),
        ({"footer": 3}, "id,name\n1,one\n", 0),
        ({"header": False}, "1,one\n2,two\n", 2),
        ({"multiline": False}, 'id,name\n1,"a\n2,b"\n', 2),
        ({"delimiter": "\t"}, "id\tname\n\t\n1\tone\n", 2),
        ({"escape": "\\"}, 'id,name\n1,"a \\" b\nc"\n', 1),
        ({"escape": "\\"}, 'id,name\n1,"a"\\\n2,b\n', 2),
        ({"escape": "\\"}, 'id,name\n1,"a\\\n2,b"\n', 1),
        ({"escape": "\\"}, 'id,name\n1,\\"a\n2,"\\\\"\n', 2),
        ({"delimiter": "||"}, 'id||name\n1||"a||b\nc"\n2||d|"e\n', 2),
        ({"delimiter": "||"}, '"i""d"||"na\nme"\n1||2\n', 1),
        ({"quote": "'"}, "id,name\n1,'a\nb'\n", 1),
        ({"encoding": "latin-1"}, "id,name\n1,\xe9\n".encode("latin-1"), 1),
        ({"encoding": "utf-16"}, "id,name\n1,one\n".encode("utf-16"), 1),
        ({"encoding": "utf-16-le"}, "id,name\n1,one\n".encode("utf-16-le"), 1),
    ],
)
def test_records_of_other_dialects(settings: dict[str, Any], content: bytes | str, records: int) -> None:
    found = find(content, format=csv_format(**settings), evolution={"missing": "warn"})

    assert (found.records, found.refused) == (records, None)


@pytest.mark.parametrize(
    ("content", "settings", "told"),
    [
        (b"id,name\n1,one\n2,\xe9t\xe9\n", {}, r"byte 16 \(line 3\) is not utf-8: e9; set arrives.format.encoding"),
        (b"id,name\n1,on\xc3", {}, r"byte 12 \(line 2\) is not utf-8: c3"),
        (b"id,name\n" + b"1,one\n" * 100_000 + b"\xff", {}, r"byte 600008 \(line 100002\)"),
        (b"\xef\xbb\xbfid,name\n\xff", {}, r"byte 11 \(line 2\)"),
        ("id,name\n".encode("utf-16"), {}, "mark of UTF-16, the contract says encoding: utf-8"),
        ("id,name\n".encode("utf-32"), {}, "mark of UTF-32"),
        ("id,name\n".encode("utf-16-le"), {}, "looks like UTF-16"),
        ("id,name\n".encode("utf-16-be"), {}, "looks like UTF-16"),
        ("id,näme\n", {"encoding": "ascii"}, r"byte 4 \(line 1\) is not ascii"),
    ],
)
def test_bytes_of_another_encoding_are_refused_with_their_place(
    content: Any, settings: dict[str, Any], told: str
) -> None:
    found = find(content, format=csv_format(**settings))

    assert found.refused is not None
    assert re.search(told, found.refused), found.refused
    assert found.records is None


@pytest.mark.parametrize(
    ("content", "key", "told"),
    [
        (gzip.compress(ROWS.encode()), "orders/a.csv", "is gzip, but its name does not end in .gz"),
        (ROWS, "orders/a.csv.gz", "ends in .gz, but the file is not gzip"),
        (gzip.compress(ROWS.encode() * 1000)[:-20], "orders/a.csv.gz", "cut off, after"),
        (gzip.compress(ROWS.encode() * 1000)[:-1], "orders/a.csv.gz", "cut off, after"),
        (gzip.compress(ROWS.encode())[:-8] + bytes(8), "orders/a.csv.gz", "is damaged, after"),
        (gzip.compress(ROWS.encode()) + b"trailing", "orders/a.csv.gz", "damaged"),
        (b"PK\x03\x04" + bytes(50), "orders/a.csv", "is a zip archive, the contract says csv"),
        (b"BZh91AY" + bytes(50), "orders/a.csv", "packed with bzip2"),
        (b"PAR1" + bytes(50), "orders/a.csv", "is Parquet, the contract says csv"),
        (b"ORC" + bytes(50), "orders/a.csv", "is ORC, the contract says csv"),
        (b"\x89PNG\r\n" + bytes(50), "orders/a.csv", "is a PNG image, the contract says csv"),
        ("\ufeff\n <!DOCTYPE html>\n<html>", "orders/a.csv", "is an HTML page, maybe the error page of a server"),
        ("<?xml version='1.0'?><Error/>", "orders/a.csv", "is XML, maybe the error message of a server"),
        ("", "orders/a.csv", "is empty, 0 bytes: land it again"),
        ("", "orders/a.csv.gz", "is empty, 0 bytes: land it again"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n", "orders/a.csv", "Git LFS pointer"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n", "orders/a.csv.gz", "Git LFS pointer"),
    ],
)
def test_what_is_not_what_it_says_is_refused(content: Any, key: str, told: str) -> None:
    found = find(content, key)

    assert found.refused is not None
    assert told in found.refused


def test_a_header_may_begin_like_another_format() -> None:
    found = find_in(contract(columns=[{"name": "orc", "type": "bigint"}]), "ORC\n1\n")

    assert (found.header, found.records, found.refused) == (("ORC",), 1, None)


def test_gzip_is_counted_inside() -> None:
    two_members = gzip.compress(b"id,name\n1,one\n") + gzip.compress(b"2,two\n")

    found = find(two_members, "orders/a.csv.gz")

    assert (found.header, found.records, found.compressed, found.refused) == (("id", "name"), 2, True, None)
    assert find(gzip.compress(b""), "orders/a.csv.gz").records == 0


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = gzip.compress(bytes(100 << 20), 9)

    found = find(bomb, "orders/a.csv.gz")

    assert found.refused is not None
    assert "bomb" in found.refused


def test_a_well_packed_file_is_no_bomb() -> None:
    rows = ("id,name\n" + "".join(f"{n},{n % 7}\n" for n in range(3_000_000))).encode()

    found = find(gzip.compress(rows, 1), "orders/a.csv.gz")

    assert (found.records, found.refused) == (3_000_000, None)


def test_a_line_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lake_platform.lake.reading.inspection.MAX_RECORD", 1 << 20)

    assert find("id,name\n" + "x" * (3 << 20)).refused == "line 2 is longer than 1 MiB"


def test_a_quote_that_never_closes_in_a_large_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lake_platform.lake.reading.counting.MAX_RECORD", 1000)

    found = find('id,name\n1,"open\n' + "2,two\n" * 1000)

    assert found.refused is not None
    assert "a quote opens after 0 records, in the line '1,\"open" in found.refused


@pytest.mark.parametrize("settings", [{}, {"escape": "\\"}, {"delimiter": "||"}])
@pytest.mark.parametrize("tail", ['3,"cut', '3,"cut\n4,four\n', '3||"cut\n4||four\n'])
def test_a_file_that_ends_inside_quotes_is_refused(settings: dict[str, Any], tail: str) -> None:
    delimiter = settings.get("delimiter", ",")
    text = f"id{delimiter}name\n1{delimiter}one\n{tail}"
    inside = (delimiter == "||") == ("||" in tail)

    found = find(text, format=csv_format(**settings), evolution={"missing": "warn"})

    assert (found.refused is not None) == inside
    if inside:
        assert "a quote opens after 1 records" in (found.refused or "")
        assert find(text, format=csv_format(**settings, multiline=False)).refused is None


JSON_LINES = '{"id": 1}\n{"id": 2}\n'


@pytest.mark.parametrize(
    ("content", "records"),
    [
        ("\n \n", 0),
        (JSON_LINES, 2),
        ("\n" + JSON_LINES + "\n \t\n", 2),
        (JSON_LINES.replace("\n", "\r\n"), 2),
        ('{"id": 1}', 1),
        ("[]", 0),
        (" \n[ ]\n", 0),
        ('[{"id": 1}]', 1),
        ('\ufeff[\n {"id": 1},\n {"id": [1, {"a": "],["}]}\n]\n', 2),
        ("[" + ",".join(json.dumps({"id": n, "name": "x" * 50}) for n in range(50_000)) + "]", 50_000),
        ("[" + ",".join(str(n) for n in range(300_000)) + "]", 300_000),
        ('{\n "id": 1,\n "name": "one"\n}\n', 1),
        ('{\n "id": 1\n},\n{\n "id": 2\n}', 2),
        ("broken\n", 1),
    ],
)
def test_records_of_json(content: str, records: int) -> None:
    found = find(content, "orders/a.json", format={"kind": "json"})

    assert (found.records, found.refused) == (records, None)


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ("[]", ()),
        ("[1, 2]", ()),
        ("broken\n" + JSON_LINES, ("id",)),
        ('{"name": 1}\n{"id": 2}\n', ("name", "id")),
        ('[{"id": 1}, {"name": {"x": 1}}]', ("id", "name")),
        ('{"id": 1}\n' * 2000 + '{"name": 1}\n', ("id", "name")),
        ('{"id": 1, "name": 2}\n' * 2000 + '{"late": 1}\n', ("id", "name")),
    ],
)
def test_names_of_json_are_looked_for_until_each_column_was_seen(content: str, names: tuple[str, ...]) -> None:
    assert find(content, "orders/a.json", format={"kind": "json"}).header == names


@pytest.mark.parametrize(
    ("content", "refused", "warnings"),
    [
        (JSON_LINES, None, ["no record has the keys, so they are NULL: name"]),
        ('{"id": 1, "Name": 2}', None, []),
        ('{"id": 1, "name": 2, "extra": 3}', None, ["columns are not in the contract: extra"]),
        ('{"id": 1, "name": 2, "ID": 3, "Id": 4}', None, ["columns are not in the contract: ID, Id"]),
        ('{"ID": 1, "Id": 2, "name": 3}', "2 columns of the file could be 'id': 'ID', 'Id'", []),
        ('{"id": 1, "nom": 2}', "columns are missing: name", ["columns are not in the contract: nom"]),
    ],
)
def test_json_that_differs_from_the_contract_is_told(content: str, refused: str | None, warnings: list[str]) -> None:
    found = find(content, "orders/a.json", format={"kind": "json"})

    assert (found.refused, list(found.drift.warnings)) == (refused, warnings)


def test_paths_lead_into_known_names() -> None:
    columns = [{"name": "id", "type": "bigint"}, {"name": "city", "type": "varchar(9)", "path": "at.city"}]
    of = contract(columns=columns, format={"kind": "json"})

    assert find_in(of, '{"id": 1, "at": {"city": "x"}}', "orders/a.json").drift.warnings == ()


@pytest.mark.parametrize(
    "content", ['[{"id": 1}, {"id"', '[{"id": 1}', '[{"id": 1} {"id": 2}]', "[1,]", "[1] 2", "[" * 100_000]
)
def test_a_damaged_array_is_refused(content: str) -> None:
    found = find(content, "orders/a.json", format={"kind": "json"})

    assert found.refused is not None
    assert "JSON" in found.refused


def test_json_lines_only_where_the_contract_says_so() -> None:
    found = find("[1]\n[2]\n", "orders/a.json", format={"kind": "json", "multiline": False})

    assert found.records == 2


def parquet(**columns: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def test_a_parquet_file_tells_its_names_and_rows() -> None:
    found = find(parquet(id=[1, 2], name=["a", "b"]), "orders/a.parquet", format={"kind": "parquet"})

    assert (found.header, found.records, found.refused) == (("id", "name"), 2, None)


@pytest.mark.parametrize("content", [parquet(id=[1])[:-10], b"PAR1 is not enough", ROWS.encode()])
def test_damaged_parquet_is_refused(content: bytes) -> None:
    found = find(content, "orders/a.parquet", format={"kind": "parquet"})

    assert found.refused is not None
    assert "not Parquet, or is cut off" in found.refused


@pytest.mark.parametrize(
    ("values", "kind", "fits"),
    [
        (pa.array([1], pa.int32()), "bigint", True),
        (pa.array([1.0]), "bigint", True),
        (pa.array(["1"]), "bigint", True),
        (pa.array([None]), "bigint", True),
        (pa.array(["1"]).dictionary_encode(), "date", True),
        (pa.array([True]), "bigint", False),
        (pa.array([1], pa.timestamp("ns")), "bigint", False),
        (pa.array([1], pa.timestamp("ns")), "timestamp", True),
        (pa.array([1], pa.date32()), "timestamp", True),
        (pa.array([1], pa.timestamp("us")), "date", False),
        (pa.array([1]), "date", False),
        (pa.array([[1]]), "varchar(10)", False),
        (pa.array([b"x"]), "varchar(10)", True),
        (pa.array([b"x"]), "integer", False),
    ],
)
def test_parquet_types_that_cannot_become_the_declared_one(values: Any, kind: str, fits: bool) -> None:
    content = parquet(id=values)
    columns = [{"name": "id", "type": kind}]

    strict = find_in(contract(columns=columns, format={"kind": "parquet"}), content, "orders/a.parquet")
    mild = find_in(
        contract(columns=columns, format={"kind": "parquet"}, evolution={"retyped": "warn"}),
        content,
        "orders/a.parquet",
    )

    assert (strict.refused is None) == fits
    assert mild.refused is None
    assert (mild.drift.warnings == ()) == fits
    if not fits:
        assert f"the contract says {kind}" in (strict.refused or "")


COLUMNS = [
    {"name": "id", "type": "bigint"},
    {"name": "region", "type": "varchar(9)", "aliases": ["area"]},
]


@pytest.mark.parametrize(
    ("header", "evolution", "warnings", "refused"),
    [
        ("id,region", {}, 0, None),
        ("region,id", {}, 0, None),
        (" ID ,Area", {}, 0, None),
        ("id,area,region", {}, 1, None),
        ("id,region,new", {}, 1, None),
        ("id,region,new", {"added": "ignore"}, 0, None),
        ("id,region,new", {"added": "fail"}, 0, "columns are not in the contract: new"),
        ("id", {}, 0, "columns are missing: region"),
        ("id", {"missing": "warn"}, 1, None),
        ("id,region,region", {}, 0, "2 columns of the file could be 'region': 'region', 'region'"),
        ("id,Region,AREA", {}, 0, "2 columns of the file could be 'region': 'Region', 'AREA'"),
        ("id,Region,region", {}, 1, None),
        ("1,one", {}, 1, "columns are missing: id, region"),
    ],
)
def test_a_header_against_the_contract(
    header: str, evolution: dict[str, str], warnings: int, refused: str | None
) -> None:
    found = find_in(contract(columns=COLUMNS, evolution=evolution), f"{header}\n1,a,b\n")

    assert found.refused == refused
    assert len(found.drift.warnings) == warnings


def test_what_differs_is_told() -> None:
    drift = find_in(contract(columns=COLUMNS), "new,area,ID\n").drift

    assert (drift.added, drift.missing) == (("new",), ())
    assert set(drift.renamed) == {"ID is id", "area is region"}
    assert drift.reordered


@pytest.mark.parametrize("make", [lambda: ROWS.encode() * 500_000])
def test_a_large_file_is_the_same(make: Callable[[], bytes]) -> None:
    assert find_in(contract(), make()).records == 1_499_999


def test_the_jobs_and_the_lake_match_names_alike() -> None:
    """Both sides have code of their own: the lake must refuse what the jobs cannot tell apart."""
    from itertools import product

    from glue_jobs.errors import HeaderError
    from glue_jobs.headers import match_columns
    from glue_jobs.protocol import ColumnSpec
    from lake_platform.lake.reading.drift import match_names
    from lake_platform.lake.reading.unreadable import UnreadableFileError

    columns = contract(columns=COLUMNS[:2]).columns
    specs = [ColumnSpec(name=c.name, type=c.type, aliases=tuple(c.aliases)) for c in columns]
    names = ["id", "ID", "region", " Region", "area", "AREA", "x"]
    for header in product(names, repeat=3):
        try:
            jobs: object = match_columns(header, specs, key="k")
        except HeaderError:
            jobs = None
        try:
            ours: object = match_names(header, columns)
        except UnreadableFileError:
            ours = None
        assert ours == jobs, header
