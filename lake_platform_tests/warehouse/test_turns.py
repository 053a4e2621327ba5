"""Several writers of one table, and readers beside them."""

import threading
from collections.abc import Iterator
from decimal import Decimal

import pytest

from lake_platform.warehouse.batches import Batch
from lake_platform.warehouse.redshift import RedshiftResource
from lake_platform.warehouse.session import Session
from lake_platform.warehouse.table import staging_table, target_name, target_tables
from lake_platform.warehouse.write import publish
from lake_platform_tests.warehouse.tables import StagedRow, Warehouse, day, history_contract, partition

pytestmark = pytest.mark.warehouse
WRITERS = 4


def snapshot(number: int) -> tuple[Batch, list[StagedRow]]:
    """A snapshot of two keys; the second one is there on odd days only."""
    names = [(1, f"n{number}"), *([(2, "a")] if number % 2 else [])]
    rows = [StagedRow({"id": key, "part": "x", "name": name, "amount": Decimal(1)}) for key, name in names]
    batch = Batch(partition=partition(number), token="t", number=1, rows=len(rows), as_of=day(number))
    return batch, rows


@pytest.fixture
def staged(redshift: RedshiftResource) -> Iterator[Warehouse]:
    """All snapshots staged and committed, none published."""
    with redshift.autocommit(query_group="test") as session:
        warehouse = Warehouse(session, history_contract("snapshot"))
        for number in range(WRITERS):
            warehouse.stage(*snapshot(number))
        yield warehouse
        for spec in (staging_table(warehouse.contract), *target_tables(warehouse.contract)):
            session.execute(f"DROP TABLE {spec.table.sql}")


def test_writers_take_turns_and_each_sees_what_the_one_before_wrote(
    redshift: RedshiftResource, staged: Warehouse
) -> None:
    start = threading.Barrier(WRITERS, timeout=60)

    def write(number: int) -> None:
        def work(session: Session) -> None:
            publish(session, staged.contract, [snapshot(number)[0]])

        start.wait()
        redshift.run(work, query_group="test", attempts=1)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)

    assert staged.rows("id, name, valid_from, valid_to") == [
        (1, "n0", day(0), day(1)),
        (1, "n1", day(1), day(2)),
        (1, "n2", day(2), day(3)),
        (1, "n3", day(3), None),
        (2, "a", day(1), day(2)),
        (2, "a", day(3), None),
    ]


def test_a_reader_of_the_dimension_does_not_wait_for_a_writer(redshift: RedshiftResource, staged: Warehouse) -> None:
    with redshift.transaction(query_group="test") as writer:
        publish(writer, staged.contract, [snapshot(0)[0]])
        with redshift.autocommit(query_group="reader") as reader:
            reader.execute("SET statement_timeout TO 5000")
            seen = reader.query(f"SELECT COUNT(*) FROM {target_name(staged.contract).sql}")

    assert seen == [(0,)]
    assert len(staged.rows()) == 1
