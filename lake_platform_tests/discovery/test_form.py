"""Kind, encoding and dialect of files, faults included."""

import gzip
import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lake_platform.errors import SampleError
from lake_platform_tests.discovery.samples import contract_of, find, types

DIALECTS: dict[str, tuple[str | bytes, dict[str, Any], list[str]]] = {
    "commas": ("id,name\n1,one\n2,two\n", {"header": True, "delimiter": ","}, ["id", "name"]),
    "semicolons and decimal commas": ("a;b\n1,5;x\n2,25;y\n", {"delimiter": ";", "decimal": ","}, ["a", "b"]),
    "semicolons and decimal commas, no header": (
        "1,5;2,5\n3,5;4,5\n",
        {"delimiter": ";", "decimal": ",", "header": False},
        ["column_1", "column_2"],
    ),
    "tabs": ("a\tb\n1\t2,3 x\n", {"delimiter": "\t"}, ["a", "b"]),
    "pipes, no header, line ends in quotes": (
        '1|2|"p1"\n2|3|"p\nbla\nbla"\n',
        {"delimiter": "|", "header": False},
        ["column_1", "column_2", "column_3"],
    ),
    "three line ends": ("1,a,2\r\n2,b,3\n3,c,4\r", {"header": False}, ["column_1", "column_2", "column_3"]),
    "a single column with commas": ("note\nhello, you\nplain\nplain too\nand so on\n", {"delimiter": ","}, ["note"]),
    "single quotes": ("a,b\n'x,y',1\n'z',2\n", {"quote": "'", "escape": "'"}, ["a", "b"]),
    "backslashes": ('a,b\n"1","x\\, y"\n"2","x (\\"y\\")"\n', {"quote": '"', "escape": "\\"}, ["a", "b"]),
    "doubled quotes": ('a,b\n1,"x ""y"", z"\n', {"quote": '"', "escape": '"'}, ["a", "b"]),
    "a note above": ("some notes...\nid,on\n1,2000-12-13\n", {"skip": 1, "header": True}, ["id", "on"]),
    "comments above": ("# made by x\nid,on\n1,2000-12-13\n", {"comment": "#", "skip": 0}, ["id", "on"]),
    "a mark of UTF-8": (b"\xef\xbb\xbfid,name\r\n1,Mark\r\n", {"encoding": "utf-8"}, ["id", "name"]),
    "latin-1": ("id,name\n1,José\n2,Müller\n".encode("latin-1"), {"encoding": "latin-1"}, ["id", "name"]),
    "windows-1252": ("id,name\n1,€ José\n2,“Müller”\n".encode("cp1252"), {"encoding": "windows-1252"}, ["id", "name"]),
    "windows-1251": (
        ("имя,город,n\n" + "Иван,Москва,1\nПётр,Казань,2\n" * 20).encode("cp1251"),  # noqa: RUF001 it is Cyrillic
        {"encoding": "windows-1251"},
        ["column_1", "column_2", "n"],
    ),
    "utf-16 with its mark": ("id,name\n1,José\n".encode("utf-16"), {"encoding": "utf-16"}, ["id", "name"]),
    "utf-16 without": ("id,name\n1,José\n".encode("utf-16-le"), {"encoding": "utf-16le"}, ["id", "name"]),
    "short rows": ("h1,h2\n1,x\n2\n3,x\n4,x\n", {"delimiter": ",", "header": True}, ["h1", "h2"]),
    "rows of every length": ("1,2,3\n1,2,3,4\n1\n1,2\n", {"header": False}, ["column_1", "column_2", "column_3"]),
    "only a header": ("abs_file_name", {"header": True}, ["abs_file_name"]),
    "a header twice": ("a,b,A\n1,x,y\n2,x,y\n", {"header": False, "skip": 1}, ["column_1", "column_2", "column_3"]),
    "a header of nothing": (",,\n1,x,y\n", {"header": False, "skip": 1}, ["column_1", "column_2", "column_3"]),
    "texts only": ("name,city\nAnn,Bern\nBo,Rome\n", {"header": True}, ["name", "city"]),
}


@pytest.mark.parametrize(("content", "settings", "names"), DIALECTS.values(), ids=DIALECTS.keys())
def test_the_dialect_of_a_file(
    tmp_path: Path, content: str | bytes, settings: dict[str, Any], names: list[str]
) -> None:
    found = find(tmp_path, a_csv=content)

    assert {name: getattr(found.form, name) for name in settings} == settings
    assert list(types(found)) == names
    assert contract_of(found).arrives.format == found.form


def test_records_with_faults_are_counted_and_shown(tmp_path: Path) -> None:
    found = find(tmp_path, a_csv='h1,h2\n1,x\n2\n3,x,y\n"4"5,x\n6,x\n')

    assert (found.scan.rows, found.scan.faulty) == (5, 3)
    assert [fault.partition(": ")[0] for fault in found.scan.faults] == [
        "record 2 of a.csv has 1 field(s)",
        "record 3 of a.csv has 3 field(s)",
        "record 4 of a.csv has text around a quoted field",
    ]
    assert types(found)["h1"] == "integer"


def parquet(**columns: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.json", '{"id": 1}\n{"id": 2}\n', "json"),
        ("a.json", '[\n{"id": 1},\n{"id": 2}]', "json"),
        ("a.json", '\ufeff{\n "id": 1,\n "of": {"x": [1]}\n}', "json"),
        ("a.txt", '{"id": 1}\r\n{"id": 2}', "json"),
        ("a.csv.gz", gzip.compress(b"id,x\n1,2\n"), "csv"),
        ("a.json.gz", gzip.compress(b'{"id": 1}'), "json"),
        ("a.parquet", parquet(id=[1, 2]), "parquet"),
        ("data", parquet(id=[1, 2]), "parquet"),
        ("a.csv", 'id,x\n1,"{"\n', "csv"),
    ],
)
def test_the_kind_of_a_file_is_seen_in_its_bytes(tmp_path: Path, name: str, content: str | bytes, kind: str) -> None:
    (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)

    found = find(tmp_path)

    assert (found.form.kind, types(found)["id"]) == (kind, "bigint" if kind == "parquet" else "integer")
    assert contract_of(found).arrives.format.kind == kind


REFUSED: dict[str, tuple[str, str | bytes, str]] = {
    "empty": ("a.csv", b"", "is empty, 0 bytes"),
    "blank": ("a.csv", b"\n \n", "holds no line with text"),
    "binary": ("a.csv", bytes(range(256)) * 9, "looks like UTF-16|binary"),
    "a picture": ("a.csv", b"\x89PNG\r\n\x1a\n" + bytes(99), "is a PNG image"),
    "an LFS pointer": ("a.json", "version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "is a Git LFS pointer"),
    "an error page": ("a.csv", "<!DOCTYPE html><html><body>503", "is an HTML page"),
    "an error page, packed": ("a.csv.gz", gzip.compress(b"<html>503"), "is an HTML page"),
    "cut gzip": ("a.csv.gz", gzip.compress(b"id,x\n1,2\n" * 999)[:-9], "gzip file is cut off"),
    "gzip by another name": ("a.csv", gzip.compress(b"id,x\n1,2\n"), "does not end in .gz"),
    "cut Parquet": ("a.parquet", parquet(id=[1])[:-9], "is not Parquet, or is cut off"),
    "an open quote": ("a.csv", 'a,b\n1,"x\n2,y\n', "a quote opens in the line '1,\"x.* does not close"),
    "an open array": ("a.json", '[{"id": 1}, {"id"', "JSON array is cut off"),
    "an empty array": ("a.json", "[\n]", "hold no record"),
    "objects in one line": ("a.json", '{"a":1}{"a":2}\n', "none of 1 record.* is no JSON object"),
}


@pytest.mark.parametrize(("name", "content", "told"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_a_dataset_is_told(tmp_path: Path, name: str, content: str | bytes, told: str) -> None:
    (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)

    with pytest.raises(SampleError, match=told):
        find(tmp_path)


MIXED: dict[str, tuple[dict[str, str | bytes], str]] = {
    "columns": (
        {"a_csv": "id,name,email\n1,x,y\n", "b_csv": "id,name,age\n1,x,3\n"},
        "different columns: .*email.*age|age.*email",
    ),
    "kinds": ({"a_csv": "id\n1\n", "b_json": '{"id": 1}'}, r"2 kinds, csv \(a.csv\), json \(b.json\)"),
    "encodings": (
        {"a_csv": "id,x\n1,é\n".encode("latin-1"), "b_csv": "id,x\n1,é\n"},
        r"2 encodings, latin-1 \(a.csv\), utf-8 \(b.csv\)",
    ),
    "records": ({"a_json": '{"id": 1}', "b_json": '{"other": 1, "names": 2}'}, "different columns"),
}


@pytest.mark.parametrize(("files", "told"), MIXED.values(), ids=MIXED.keys())
def test_files_that_are_no_one_dataset_are_told(tmp_path: Path, files: dict[str, str | bytes], told: str) -> None:
    with pytest.raises(SampleError, match=told):
        find(tmp_path, **files)


def test_a_column_that_came_later_may_be_missing(tmp_path: Path) -> None:
    found = find(tmp_path, a_csv="id,name\n1,x\n", b_csv="id,name,age\n2,y,30\n")

    assert found.optional == ("age",)
    assert contract_of(found).evolution.missing == "warn"
    assert [each.scan.empty for each in found.schema.columns] == [0, 0, 1]


def test_one_bad_file_among_good_ones_is_named(tmp_path: Path) -> None:
    found = find(tmp_path, a_csv="id,name\n1,x\n", b_csv=b"", c_csv="id,name\n2,y\n")

    assert list(found.unreadable) == ["b.csv"]
    assert found.scan.rows == 2


def test_nested_json_is_columns_with_paths(tmp_path: Path) -> None:
    found = find(tmp_path, a_json='{"id": 1, "at": {"city": "x", "geo": {"lat": 1.5}}, "tags": [1.10], "ID": 2}\n')

    assert [(each.name, each.path, each.type) for each in found.schema.columns] == [
        ("id", "id", "integer"),
        ("at_city", "at.city", "varchar(4)"),
        ("at_geo_lat", "at.geo.lat", "decimal(18,1)"),
        ("tags", None, "varchar(8)"),
        ("id_2", "ID", "integer"),
    ]
    assert column_paths(found) == {"id": "id", "at_city": "at.city", "at_geo_lat": "at.geo.lat", "id_2": "ID"}


def column_paths(found: Any) -> dict[str, str]:
    return {each.name: each.path for each in contract_of(found).columns if each.path}
