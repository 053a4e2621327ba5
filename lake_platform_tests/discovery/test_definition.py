"""Whatever a file holds: its definition has no fault, and is read back as it was found."""

import csv
import io
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from lake_platform.lake.reading.inspection import inspected
from lake_platform_tests.discovery.samples import contract_of, find_in

CELL = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
    st.integers(-(10**20), 10**20).map(str),
    st.decimals(allow_nan=False, allow_infinity=False, places=3).map(str),
    st.dates().map(str),
    st.sampled_from(["", "NA", "NULL", "true", "1/2/2024", "0x", '"', "'", "a,b", "# x", "é"]),
)
TABLES = st.integers(2, 4).flatmap(
    lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=1, max_size=12)
)


@settings(max_examples=150, deadline=None)
@given(table=TABLES, delimiter=st.sampled_from([",", ";", "\t", "|"]))
def test_a_written_table_gives_a_definition_without_faults_under_which_it_is_accepted(
    table: list[list[str]], delimiter: str
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow([f"name {at}" for at in range(len(table[0]))])
    writer.writerows(table)
    content = text.getvalue().encode()

    with tempfile.TemporaryDirectory() as folder:
        found = find_in(Path(folder), {"a.csv": content})
    contract = contract_of(found)

    # A table of all empty fields but one delimiter too many, say, may be read otherwise; it is never read in part.
    with inspected(io.BytesIO(content), contract, "orders/a.csv") as (findings, _):
        assert findings.refused is None
        assert findings.records == found.scan.rows
    if found.scan.faulty == 0 and found.form.header and found.form.skip == 0:
        assert found.form.delimiter == delimiter
        assert len(contract.columns) == len(table[0])
