"""Fields of dialects that the csv module does not know; where it knows them, it says the same."""

import csv

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_platform.lake.reading.quoting import Quoting

TEXT = st.lists(st.sampled_from(["a", "b ", '"', '""', ",", "\\", ""]), max_size=12).map("".join)


@settings(max_examples=300)
@given(TEXT)
def test_doubled_quotes_are_as_in_the_csv_module(record: str) -> None:
    quoting = Quoting(",", '"', '"')

    assert list(quoting.fields(record)) == next(csv.reader([record]), [""]) or not record


@settings(max_examples=300)
@given(st.lists(TEXT, min_size=1, max_size=4))
def test_records_end_as_in_the_csv_module(lines: list[str]) -> None:
    quoting, inside, ends = Quoting(",", '"', '"'), False, 0
    for line in lines:
        inside = quoting.ends_inside(line, inside=inside)
        ends += not inside

    assert ends + inside == len(list(csv.reader(f"{line}\n" for line in lines)))


@pytest.mark.parametrize(
    ("record", "fields"),
    [
        (r'"a \" b",c', ['a " b', "c"]),
        (r'"a\\",c', ["a\\", "c"]),
        (r"a\,b", ["a\\", "b"]),
        (r"\"a,b", [r"\"a", "b"]),
        (r'"open\"', ['open"']),
        ("", [""]),
        (",", ["", ""]),
    ],
)
def test_an_escape_counts_inside_quotes_only(record: str, fields: list[str]) -> None:
    assert list(Quoting(",", '"', "\\").fields(record)) == fields


def test_a_delimiter_may_be_long() -> None:
    assert list(Quoting("||", '"', '"').fields('a|b||"c||d"||')) == ["a|b", "c||d", ""]
