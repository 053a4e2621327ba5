"""A table in the warehouse beside its declaration, after what people do to tables by hand."""

from collections.abc import Sequence

import pytest

from lake_platform.warehouse.ddl import compare_table, ensure_table
from lake_platform.warehouse.session import Session
from lake_platform.warehouse.table import staging_table
from lake_platform_tests.warehouse.tables import history_contract

pytestmark = pytest.mark.warehouse

SPEC = staging_table(history_contract("changes"))


@pytest.mark.parametrize(
    ("done", "wrong", "undeclared"),
    [
        ([], [], []),
        (["DROP TABLE {0}"], ["staging.stg_things does not exist"], []),
        (["ALTER TABLE {0} DROP COLUMN note"], ["note is missing, not VARCHAR(40)"], []),
        (["ALTER TABLE {0} ADD COLUMN extra INTEGER"], [], ["extra is not declared"]),
        (
            ["ALTER TABLE {0} DROP COLUMN amount", "ALTER TABLE {0} ADD COLUMN amount DOUBLE PRECISION"],
            ["amount is DOUBLE PRECISION, not DECIMAL(18,2)"],
            [],
        ),
    ],
    ids=["as declared", "dropped", "a column less", "a column more", "another type"],
)
def test_what_differs_is_named(
    session: Session, done: Sequence[str], wrong: Sequence[str], undeclared: Sequence[str]
) -> None:
    session.in_transaction = False
    ensure_table(session, SPEC)
    for statement in done:
        session.execute(statement.format(SPEC.table.sql))

    found = compare_table(session, SPEC)

    assert (list(found.wrong), list(found.undeclared)) == (wrong, undeclared)
