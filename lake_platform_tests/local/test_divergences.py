"""The table of differences in the docs is true and complete."""

import pytest
from redshift_connector.error import ProgrammingError

from lake_platform_tests.local.conftest import Sql
from lake_platform_tests.local.divergences import BEGIN, DIVERGENCES, DOCUMENT, END, Divergence, render


def test_the_document_holds_the_table() -> None:
    inside = DOCUMENT.read_text().split(BEGIN)[1].split(END)[0].strip()

    assert inside == render(), "run python -m lake_platform_tests.local.divergences"


@pytest.mark.warehouse
@pytest.mark.parametrize("divergence", DIVERGENCES, ids=lambda each: each.statement[:60])
def test_the_endpoint_differs_as_told(sql: Sql, divergence: Divergence) -> None:
    sql("CREATE TABLE t (a int, b varchar(5))")
    sql("INSERT INTO t VALUES (1, 'x'), (2, 'y')")
    *before, last = divergence.statement.split("; ")
    for statement in before:
        sql(statement)

    try:
        found = str(sql(last))
    except ProgrammingError as error:
        found = error.args[0]["C"]

    assert found == divergence.local
