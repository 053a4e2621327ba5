"""Types, formats, nulls, keys and rules: what all values say, and the evidence."""

from pathlib import Path

import pytest

from lake_platform_tests.discovery.samples import column, contract_of, find, types

TYPES: dict[str, tuple[list[str], str, tuple[str, ...], str]] = {
    "integers": (["1", "-20", "+3"], "integer", (), "e.g."),
    "long integers": (["1", "123456789012"], "bigint", (), ""),
    "too long for any integer": (["1" * 25], "decimal(27,0)", (), ""),
    "decimals": (["1", "2.25"], "decimal(18,2)", (), "no integer: '2.25' in record 2"),
    "exponents": (["1", "2e-7"], "double precision", (), "no integer"),
    "many digits": (["0.1234567890123"], "double precision", (), ""),
    "leading zeros": (["02", "15"], "varchar(4)", (), "leading zeros would be lost: '02'"),
    "a leading zero far down": (["10", "02"], "varchar(4)", (), "not all is number: '02' in record 2"),
    "one text among numbers": (["1", "2.5", "T"], "varchar(4)", (), "not all is number: 'T' in record 3"),
    "booleans": (["true", "False"], "boolean", (), ""),
    "one letter": (["t", "t"], "varchar(4)", (), "boolean if it is meant so"),
    "two letters": (["y", "n"], "boolean", (), ""),
    "ISO dates": (["2024-01-31", "2024-02-29"], "date", (), ""),
    "no day of the calendar": (["2024-01-31", "2024-02-30"], "varchar(16)", (), "not all is ISO date: '2024-02-30'"),
    "ISO times": (["2024-01-31 10:00", "2024-01-31T10:00:00.5+02:00", "2024-01-31"], "timestamp", (), "no date alone"),
    "day first": (["1-2-2024", "13-2-2024"], "date", ("d-M-yyyy",), "day first: '13-2-2024' in record 2"),
    "month first": (["1/2/2024", "12/31/2024"], "date", ("M/d/yyyy",), "month first: '12/31/2024' in record 2"),
    "both may be first": (["1/2/2024", "2/1/2024"], "varchar(16)", (), "cannot be told apart: '1/2/2024'"),
    "neither is always first": (["13/1/2024", "1/13/2024"], "varchar(16)", (), "not all is date, day first"),
    "two spellings": (
        ["31/1/2024 10:00", "31/1/2024 10:00:30"],
        "timestamp",
        ("d/M/yyyy HH:mm", "d/M/yyyy HH:mm:ss"),
        "",
    ),
    "names of months": (["1 Jan 2024", "15 Dec 2024"], "date", ("d MMM yyyy",), ""),
    "slashes": (["2024/01/31"], "date", ("yyyy/MM/dd",), ""),
    "eight digits": (["20240131"], "integer", (), ""),
    "spaces around numbers": ([" 1", "2 "], "integer", (), ""),
    "mixed dates": (["2024-03-08", "03/10/2024"], "varchar(16)", (), "not all is ISO date: '03/10/2024'"),
    "thousands": (["50", "100,000.25"], "decimal(18,2)", (), "'100,000.25' in record 2"),
    "no value": (["", ""], "varchar(256)", (), "the type is a guess"),
}


@pytest.mark.parametrize(("values", "type_", "formats", "told"), TYPES.values(), ids=TYPES.keys())
def test_the_type_is_what_all_values_are(
    tmp_path: Path, values: list[str], type_: str, formats: tuple[str, ...], told: str
) -> None:
    found = find(tmp_path, a_csv="n,v\n" + "".join(f'x,"{value}"\n' for value in values))

    assert (column(found, "v").type, column(found, "v").formats) == (type_, formats)
    if told != "e.g.":
        assert told in "; ".join(column(found, "v").notes)
    assert contract_of(found).columns[1].type == type_


@pytest.mark.parametrize(
    ("header", "value", "type_", "formats"),
    [
        ("flight_date", "20240131", "date", ("yyyyMMdd",)),
        ("ts", "1541105830796", "timestamp", ("epoch_ms",)),
        ("created_at", "1541105830", "timestamp", ("epoch_s",)),
        ("amount", "1541105830", "bigint", ()),
    ],
)
def test_a_name_may_say_what_digits_are(
    tmp_path: Path, header: str, value: str, type_: str, formats: tuple[str, ...]
) -> None:
    found = find(tmp_path, a_csv=f"n,{header}\nx,{value}\n")

    assert (column(found, header).type, column(found, header).formats) == (type_, formats)


NULLS: dict[str, tuple[str, list[str], dict[str, str]]] = {
    "spellings among numbers": (
        "name,age,height\nAnn,31,1.73\nBo,null,\nCy,26,none\n",
        ["", "null", "none"],
        {"name": "varchar(4)", "age": "integer", "height": "decimal(18,2)"},
    ),
    "a value among codes": ("code,n\nNA,1\nEU,2\n", [""], {"code": "varchar(4)", "n": "integer"}),
    "a code here, no number there": ("code,n\nNA,1\nEU,NA\n", [""], {"code": "varchar(4)", "n": "varchar(4)"}),
    "not like the texts beside it": ("plate,n\nNA,1\nN123X,NA\n", ["", "NA"], {"plate": "varchar(8)", "n": "integer"}),
    "nothing else": ("a,b\nNA,1\nNA,2\n", [""], {"a": "varchar(4)", "b": "integer"}),
    "sure even in texts": ("a,b\nNULL,1\nabcd,NULL\n", ["", "NULL"], {"a": "varchar(8)", "b": "integer"}),
}


@pytest.mark.parametrize(("content", "nulls", "expected"), NULLS.values(), ids=NULLS.keys())
def test_a_spelling_is_null_only_with_evidence(
    tmp_path: Path, content: str, nulls: list[str], expected: dict[str, str]
) -> None:
    found = find(tmp_path, a_csv=content)

    assert (found.form.nulls, types(found)) == (nulls, expected)
    told = " ".join([*found.schema.notes, *(note for each in found.schema.columns for note in each.notes)])
    assert all(repr(null) in told for null in nulls[1:])


NAMES = {
    "Order ID": ("order_id", ["Order ID"]),
    "OriginAirportID": ("origin_airport_id", ["OriginAirportID"]),
    "Name": ("name", []),
    " barks": ("barks", []),
    "2015 total": ("column_2015_total", ["2015 total"]),
    "größe": ("gr_e", ["größe"]),
    "a'b\"c: #x": ("a_b_c_x", ["a'b\"c: #x"]),
}


@pytest.mark.parametrize(("header", "name", "aliases"), [(header, *expected) for header, expected in NAMES.items()])
def test_names_become_identifiers_that_files_are_read_by(
    tmp_path: Path, header: str, name: str, aliases: list[str]
) -> None:
    spelled = '"' + header.replace('"', '""') + '"'
    found = find(tmp_path, a_csv=f"{spelled},n\nx,1\ny,2\n")

    first = contract_of(found).columns[0]

    assert (first.name, first.aliases) == (name, aliases)


def test_names_that_become_alike_are_told_apart(tmp_path: Path) -> None:
    found = find(tmp_path, a_csv="a b,a-b,a_b\n1,2,3\n")

    assert [each.name for each in contract_of(found).columns] == ["a_b_2", "a_b_3", "a_b"]


ROWS = 30


def test_the_key_and_the_rules_come_from_all_records(tmp_path: Path) -> None:
    lines = [f"{n % 3},{100 + n},{'AB'[n % 2]},{'' if n == 5 else n / 4},X-{n:03}" for n in range(ROWS)]
    found = find(tmp_path, a_csv="kind,order_id,status,amount,label\n" + "\n".join(lines))

    contract = contract_of(found)

    assert [each.name for each in contract.columns if each.required] == ["order_id"]
    assert [(each.rule, each.otherwise) for each in contract.quality] == [
        ("RowCount > 0", "warn"),
        ('IsComplete "kind"', "warn"),
        ('ColumnValues "kind" >= 0', "warn"),
        ('IsUnique "order_id"', "quarantine"),
        ('IsComplete "status"', "warn"),
        ('ColumnValues "status" in ["A", "B"]', "warn"),
        ('Completeness "amount" > 0.95', "warn"),
        ('IsComplete "label"', "warn"),
        ('ColumnValues "label" matches "[A-Z]-[0-9]{3}"', "warn"),
    ]


@pytest.mark.parametrize("last", ["1", ""])
def test_one_repeated_or_missing_value_far_down_is_no_key(tmp_path: Path, last: str) -> None:
    found = find(tmp_path, a_csv="id,n\n" + "".join(f"{n},x\n" for n in range(5000)) + f"{last},x\n")

    assert found.schema.key is None


def test_few_records_make_no_key(tmp_path: Path) -> None:
    found = find(tmp_path, a_csv="id,n\n1,x\n2,y\n")

    assert found.schema.key is None
    assert "unique in all 2 records" in column(found, "id").notes
