"""The Glue Data Catalog itself: what is written comes back unchanged, and an old version is refused."""

from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lake_platform.aws.calls import AwsCalls, code_of, connect
from lake_platform.aws.glue_catalog import BATCH, GlueCatalog
from lake_platform.aws.glue_shapes import table_input
from lake_platform_tests.account.account import Account
from lake_platform_tests.lake.test_catalog import AREA, ID, TABLE, entry, part


@dataclass(frozen=True)
class Catalog:
    """The catalog with a database of this test alone."""

    ours: GlueCatalog
    glue: Any
    database: str

    def table(self) -> Any:
        return self.glue.get_table(DatabaseName=self.database, Name=TABLE.table)["Table"]


@pytest.fixture
def catalog(account: Account) -> Catalog:
    prefix = f"{account.value('LAKE_TEST_AWS_DATABASE_PREFIX')}{account.unique}_"
    glue = account.client("glue")
    account.undo.append(lambda: glue.delete_database(Name=f"{prefix}lake"))
    return Catalog(GlueCatalog(AwsCalls(connect, "glue"), prefix=prefix), glue, f"{prefix}lake")


def test_what_was_registered_is_read_back_and_registered_again_changes_nothing(catalog: Catalog) -> None:
    told = entry(part("2024-03-01"), part("2024-03-02"))

    first = catalog.ours.register(told)
    again = catalog.ours.register(told)

    assert catalog.ours.latest(TABLE.name) == told
    assert again.number == first.number


def test_other_columns_make_another_version(catalog: Catalog) -> None:
    first = catalog.ours.register(entry(columns=(ID,)))
    second = catalog.ours.register(entry(columns=(ID, AREA)))

    assert second.number > first.number
    assert second.changes is not None
    assert second.changes.lines()


def test_an_old_version_id_is_refused(catalog: Catalog) -> None:
    """Of two writers one reads again: the promise of GlueCatalog rests on it."""
    catalog.ours.register(entry(columns=(ID,)))
    old = catalog.table()["VersionId"]
    catalog.ours.register(entry(columns=(ID, AREA)))
    late = table_input(TABLE, changes=None, registered_at="", kept={})

    with pytest.raises(ClientError) as refused:
        catalog.glue.update_table(DatabaseName=catalog.database, TableInput=late, VersionId=old)

    assert code_of(refused.value) == "ConcurrentModificationException"


def test_more_partitions_than_a_call_takes(catalog: Catalog) -> None:
    told = entry(*(part(f"{2000 + number}-01-01") for number in range(2 * BATCH + 1)))

    catalog.ours.register(told)

    assert catalog.ours.latest(TABLE.name) == told
