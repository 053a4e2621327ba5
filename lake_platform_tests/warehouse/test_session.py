"""The gateway to the driver: every error of the driver is one of ours, chained, and says whether trying again may help."""

import inspect
import socket
import struct
import threading
from collections.abc import Iterator

import pytest
from redshift_connector import error as driver

from lake_platform.errors import (
    LakeError,
    TerminalError,
    TransientError,
    WarehouseAccessError,
    WarehouseConflictError,
    WarehouseConnectionError,
    WarehouseStatementError,
)
from lake_platform.warehouse.redshift import RedshiftResource
from lake_platform.warehouse.session import Session, translated, translations


def raised(error: Exception) -> LakeError:
    with pytest.raises(LakeError) as caught, translated("SELECT 1"):
        raise error
    assert caught.value.__cause__ is error
    return caught.value


def server_error(code: str, message: str = "told", detail: str = "") -> driver.ProgrammingError:
    return driver.ProgrammingError({"S": "ERROR", "C": code, "M": message, "D": detail})


def test_every_exception_class_of_the_driver_has_a_translation() -> None:
    classes = {kind for _, kind in inspect.getmembers(driver, inspect.isclass) if issubclass(kind, Exception)}

    assert classes <= set(translations())


def test_each_error_of_ours_is_either_terminal_or_transient() -> None:
    for kind in translations():
        error = raised(kind("told"))
        assert isinstance(error, TerminalError) != isinstance(error, TransientError)


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (server_error("40001"), WarehouseConflictError),
        (server_error("40P01", "deadlock detected"), WarehouseConflictError),
        (server_error("XX000", "1023", "Serializable isolation violation on table - 1"), WarehouseConflictError),
        (server_error("57P01", "terminating connection"), WarehouseConnectionError),
        (server_error("57P03", "starting up"), WarehouseConnectionError),
        (server_error("08006"), WarehouseConnectionError),
        (server_error("53300", "too many connections"), WarehouseConnectionError),
        (server_error("42601", "syntax error"), WarehouseStatementError),
        (server_error("XX000", "something else"), WarehouseStatementError),
        (driver.InterfaceError({"S": "FATAL", "C": "28000", "M": "password"}), WarehouseAccessError),
        (driver.InterfaceError("connection is closed"), WarehouseConnectionError),
        (driver.InterfaceError("communication error", OSError("refused")), WarehouseConnectionError),
        (driver.InterfaceError("BrokenPipe: server socket closed. Please check"), WarehouseConnectionError),
        (driver.InterfaceError("Server refuses SSL"), WarehouseAccessError),
        (driver.OperationalError("connection time out", TimeoutError()), WarehouseConnectionError),
        (driver.DataError("too many parameters"), WarehouseStatementError),
        (BrokenPipeError("gone"), WarehouseConnectionError),
        (ConnectionResetError("gone"), WarehouseConnectionError),
        (struct.error("cut short"), WarehouseConnectionError),
    ],
    ids=str,
)
def test_an_error_becomes_ours(error: Exception, ours: type[LakeError]) -> None:
    assert type(raised(error)) is ours


def test_an_error_of_no_driver_passes_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError), translated():
        raise ZeroDivisionError


def test_a_refused_statement_is_told_with_its_code_and_text() -> None:
    error = raised(server_error("42703", 'column "x" does not exist'))

    assert str(error) == (
        'The warehouse refused a statement (42703): column "x" does not exist\nThe statement begins: SELECT 1'
    )


@pytest.fixture
def table(redshift: RedshiftResource) -> Iterator[str]:
    with redshift.autocommit(query_group="test") as session:
        session.execute("CREATE TABLE public.two_rows (id INT, said VARCHAR(20))")
        session.execute("INSERT INTO public.two_rows VALUES (1, ''), (2, '')")
    yield "public.two_rows"
    with redshift.autocommit(query_group="test") as session:
        session.execute("DROP TABLE public.two_rows")


@pytest.mark.warehouse
def test_two_transactions_that_deadlock_are_both_done_in_the_end(redshift: RedshiftResource, table: str) -> None:
    met = threading.Barrier(2, timeout=30)
    attempts: dict[str, int] = {"one": 0, "other": 0}

    def work(name: str, first: int, second: int) -> None:
        def statements(session: Session) -> None:
            attempts[name] += 1
            session.execute(f"UPDATE {table} SET said = said || %s WHERE id = %s", (name[0], first))
            if attempts[name] == 1:
                met.wait()
            session.execute(f"UPDATE {table} SET said = said || %s WHERE id = %s", (name[0], second))

        redshift.run(statements, query_group="test")

    threads = [
        threading.Thread(target=work, args=("one", 1, 2)),
        threading.Thread(target=work, args=("other", 2, 1)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    with redshift.autocommit(query_group="test") as session:
        said = session.query(f"SELECT said FROM {table} ORDER BY id")
    assert sorted(attempts.values()) == [1, 2]
    assert said in ([("oo",), ("oo",)],)


@pytest.mark.warehouse
def test_a_write_conflict_is_tried_again_from_the_start(redshift: RedshiftResource, table: str) -> None:
    seen: list[str] = []

    def statements(session: Session) -> None:
        seen.append(session.query_one(f"SELECT said FROM {table} WHERE id = 1")[0])
        if len(seen) == 1:
            with redshift.autocommit(query_group="other") as other:
                other.execute(f"UPDATE {table} SET said = 'other' WHERE id = 1")
        session.execute(f"UPDATE {table} SET said = said || '!' WHERE id = 1")

    redshift.run(statements, query_group="test")

    with redshift.autocommit(query_group="test") as session:
        assert session.query_one(f"SELECT said FROM {table} WHERE id = 1") == ("other!",)
    assert seen == ["", "other"]


@pytest.mark.warehouse
def test_a_connection_that_dies_inside_the_transaction_is_made_again(redshift: RedshiftResource, table: str) -> None:
    attempts: list[int] = []

    def statements(session: Session) -> None:
        attempts.append(1)
        session.execute(f"INSERT INTO {table} VALUES (3, '')")
        if len(attempts) == 1:
            me = session.query_one("SELECT pg_backend_pid()")[0]
            with redshift.autocommit(query_group="other") as other:
                other.query("SELECT pg_terminate_backend(%s)", (me,))
        session.execute(f"INSERT INTO {table} VALUES (4, '')")

    redshift.run(statements, query_group="test")

    with redshift.autocommit(query_group="test") as session:
        assert session.query(f"SELECT id FROM {table} WHERE id > 2 ORDER BY id") == [(3,), (4,)]
    assert len(attempts) == 2


@pytest.mark.warehouse
def test_what_fails_again_is_not_tried_again(redshift: RedshiftResource, table: str) -> None:
    attempts: list[int] = []

    def statements(session: Session) -> None:
        attempts.append(1)
        session.execute(f"SELECT no_such_column FROM {table}")

    with pytest.raises(WarehouseStatementError):
        redshift.run(statements, query_group="test")

    assert len(attempts) == 1


@pytest.mark.warehouse
def test_an_exception_of_the_caller_rolls_back(redshift: RedshiftResource, table: str) -> None:
    def interrupted() -> None:
        with redshift.transaction(query_group="test") as session:
            session.execute(f"DELETE FROM {table}")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    with redshift.autocommit(query_group="test") as session:
        assert session.query_one(f"SELECT COUNT(*) FROM {table}") == (2,)


@pytest.mark.warehouse
def test_a_query_group_names_the_statements_also_with_a_quote_in_it(redshift: RedshiftResource) -> None:
    with redshift.transaction(query_group="customers'_target\\") as session:
        assert session.query("SHOW query_group") == [("customers'_target\\",)]


def test_nothing_is_opened_before_a_statement_is_to_be_run() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        RedshiftResource(host="127.0.0.1", port=free.getsockname()[1], user="u", password="p")


def test_every_field_of_the_resource_has_a_description() -> None:
    assert [name for name, field in RedshiftResource.model_fields.items() if not field.description] == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"host": "h", "user": "u", "password": "p"}, {"host": "h", "ssl": True, "sslmode": "verify-full"}),
        ({"host": "h", "user": "u", "password": "p", "ssl": False}, {"ssl": False}),
        (
            {"iam": True, "cluster_identifier": "c", "db_user": "d", "region": "eu-west-1"},
            {"iam": True, "cluster_identifier": "c", "db_user": "d", "region": "eu-west-1", "is_serverless": False},
        ),
        (
            {"iam": True, "serverless_work_group": "w", "region": "eu-west-1"},
            {"iam": True, "serverless_work_group": "w", "is_serverless": True},
        ),
    ],
    ids=["password", "plain", "cluster", "serverless"],
)
def test_the_driver_is_asked_as_the_fields_say(given: dict[str, object], expected: dict[str, object]) -> None:
    resource = RedshiftResource.model_validate(given)

    asked = {"is_serverless": False, **resource._connect_arguments()}  # pyright: ignore[reportPrivateUsage]

    assert asked.items() >= expected.items()
    assert ("sslmode" in asked) == bool(asked["ssl"])
    assert "copy_iam_role" not in asked
    assert asked["max_prepared_statements"] == 0


def test_the_password_is_not_in_the_text_of_the_resource() -> None:
    assert "hunter2" not in repr(RedshiftResource(host="h", user="u", password="hunter2"))
