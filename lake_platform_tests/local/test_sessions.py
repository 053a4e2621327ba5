"""Redshift's behaviour through the driver that production uses."""

import os
import subprocess
import threading
from pathlib import Path

import psutil
import pytest
from redshift_connector.error import ProgrammingError

from lake_platform.local.redshift import Endpoint, ensure_endpoint
from lake_platform.local.redshift.binaries import find_binaries
from lake_platform_tests.local.conftest import Connect, Sql, abandon, attempt, connect_to, sql_of, told
from lake_platform_tests.local.refused_statements import REFUSED

pytestmark = pytest.mark.warehouse


def test_the_server_calls_itself_redshift(connect: Connect, sql: Sql) -> None:
    parameters = dict(connect().parameter_statuses)

    assert parameters[b"server_version"] == b"8.0.2"
    assert "Redshift 1.0" in sql("SELECT version()")[0][0]


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        ({"password": "x"}, 'password authentication failed for user "awsuser"'),
        ({"user": "rdsdb"}, 'password authentication failed for user "rdsdb"'),
        ({"database": "x"}, 'database "x" does not exist'),
        ({}, "welcome"),
    ],
    ids=["wrong password", "another user", "another database", "right"],
)
def test_only_those_who_know_the_password_get_in(warehouse_home: Path, options: dict[str, str], answer: str) -> None:
    assert answer in attempt(ensure_endpoint(warehouse_home), **options)


def test_the_password_is_readable_by_its_owner_only(warehouse_home: Path) -> None:
    ensure_endpoint(warehouse_home)

    for name in ("endpoint.json", "server.pem", "postgres.secret"):
        assert (warehouse_home / "warehouse" / name).stat().st_mode & 0o077 == 0, name


@pytest.mark.parametrize("sslmode", ["verify-ca", "verify-full"])
def test_tls_is_verified_against_the_endpoints_authority(warehouse_home: Path, sslmode: str) -> None:
    endpoint = ensure_endpoint(warehouse_home)
    authority = str(warehouse_home / "warehouse" / "ca.pem")

    assert attempt(endpoint, ssl=True, sslmode=sslmode, environ={"SSL_CERT_FILE": authority}) == "welcome"
    assert "certificate verify failed" in attempt(endpoint, ssl=True, sslmode=sslmode)


def test_values_of_every_type_come_back(sql: Sql) -> None:
    sql("""CREATE TABLE t (a smallint, b int, c bigint, d real, e double precision, f decimal(38,10), g boolean,
        h char(3), i varchar(10), j date, k timestamp, l timestamptz)""")
    sql(
        """INSERT INTO t VALUES (1, 2, 3, 1.5, 2.5, 12345678901234567890.0123456789, true, 'ab', 'é', '2024-02-29',
        '2024-02-29 01:02:03.456789', '2024-02-29 01:02:03+01')"""
    )

    row = sql("SELECT * FROM t")[0]

    assert [str(value) for value in row] == [
        *("1", "2", "3", "1.5", "2.5", "12345678901234567890.0123456789", "True", "ab ", "é", "2024-02-29"),
        *("2024-02-29 01:02:03.456789", "2024-02-29 00:02:03+00:00"),
    ]


def test_parameters_are_bound(sql: Sql) -> None:
    sql("CREATE TABLE t (a bigint, b varchar(20))")
    sql("INSERT INTO t VALUES (%s, %s), (%s, %s)", 1, "it's \\ ; --", 2, None)

    assert sql("SELECT a, b FROM t WHERE a >= %s ORDER BY a LIMIT %s", 1, 5) == [[1, "it's \\ ; --"], [2, None]]


@pytest.mark.parametrize("statement", REFUSED[::12])
def test_a_refused_statement_fails_the_transaction_and_leaves_the_session_usable(
    connect: Connect, statement: str
) -> None:
    connection = connect(autocommit=False)
    sql = sql_of(connection)
    sql("CREATE TEMP TABLE kept (a int)")

    with pytest.raises(ProgrammingError) as refused:
        sql(statement)
    with pytest.raises(ProgrammingError) as aborted:
        sql("SELECT 1")
    connection.rollback()

    assert told(refused)["C"] == "0A000"
    assert told(aborted)["C"] == "25P02"
    assert sql("SELECT 1") == [[1]]


def test_postgresql_itself_denies_what_the_allow_list_might_let_slip(sql: Sql) -> None:
    assert sql("SELECT usesuper FROM pg_user WHERE usename = current_user") == [[False]]


def test_uncommitted_rows_are_seen_by_their_session_only(connect: Connect, sql: Sql) -> None:
    sql("CREATE TABLE t (a int)")
    writer = connect(autocommit=False)
    sql_of(writer)("INSERT INTO here.t VALUES (1)")

    assert sql_of(writer)("SELECT count(*) FROM here.t") == [[1]]
    assert sql("SELECT count(*) FROM here.t") == [[0]]
    writer.commit()
    assert sql("SELECT count(*) FROM here.t") == [[1]]


def test_a_transaction_sees_one_snapshot(connect: Connect, sql: Sql) -> None:
    sql("CREATE TABLE t (a int)")
    reader = connect(autocommit=False)
    assert sql_of(reader)("SELECT count(*) FROM here.t") == [[0]]

    sql("INSERT INTO t VALUES (1)")

    assert sql_of(reader)("SELECT count(*) FROM here.t") == [[0]]
    reader.commit()
    assert sql_of(reader)("SELECT count(*) FROM here.t") == [[1]]


def test_a_write_conflict_is_error_1023(connect: Connect, sql: Sql) -> None:
    sql("CREATE TABLE t (a int)")
    sql("INSERT INTO t VALUES (1)")
    first, second = connect(autocommit=False), connect(autocommit=False)
    sql_of(first)("SELECT * FROM here.t")
    sql_of(second)("UPDATE here.t SET a = 2")
    second.commit()

    with pytest.raises(ProgrammingError) as error:
        sql_of(first)("UPDATE here.t SET a = 3")

    assert told(error)["M"] == "1023"
    assert told(error)["D"].startswith("Serializable isolation violation on table")


def test_who_waits_for_a_lock_sees_what_its_holder_committed(connect: Connect, sql: Sql) -> None:
    sql("CREATE TABLE ledger (a int)")
    holder, waiter = connect(autocommit=False), connect(autocommit=False)
    sql_of(holder)("LOCK TABLE here.ledger")
    seen: list[object] = []

    def wait() -> None:
        sql_of(waiter)("LOCK TABLE here.ledger")
        seen.extend(sql_of(waiter)("SELECT count(*) FROM here.ledger"))
        waiter.rollback()

    thread = threading.Thread(target=wait)
    thread.start()
    sql_of(holder)("INSERT INTO here.ledger VALUES (1)")
    holder.commit()
    thread.join(10)

    assert seen == [[1]]


def test_a_client_that_is_gone_lets_go_of_its_locks_although_it_waits(
    warehouse_home: Path, connect: Connect, sql: Sql
) -> None:
    sql("CREATE TABLE held (a int)")
    sql("CREATE TABLE wanted (a int)")
    holder = connect(autocommit=False)
    sql_of(holder)("LOCK TABLE here.held")
    lost = connect_to(ensure_endpoint(warehouse_home))
    sql_of(lost)("LOCK TABLE here.wanted")
    lost._send_message(b"Q", b"LOCK TABLE here.held\0")  # pyright: ignore[reportPrivateUsage] - does not wait for the answer
    lost._flush()  # pyright: ignore[reportPrivateUsage]
    abandon(lost)

    sql("SET statement_timeout TO 20000")

    assert sql("SELECT count(*) FROM wanted") == [[0]]
    holder.rollback()


def test_primary_keys_are_not_enforced_but_not_null(sql: Sql) -> None:
    sql("CREATE TABLE t (a int, b int, PRIMARY KEY (a))")
    sql("INSERT INTO t VALUES (1, 1), (1, 1)")

    with pytest.raises(ProgrammingError) as error:
        sql("INSERT INTO t VALUES (NULL, 1)")

    assert sql("SELECT count(*) FROM t") == [[2]]
    assert told(error)["M"] == "Cannot insert a NULL value into column a"


@pytest.mark.parametrize(
    "write",
    [
        "INSERT INTO t VALUES ('ééé')",
        "INSERT INTO t SELECT 'ééé'",
        "UPDATE t SET a = 'ééé'",
        "INSERT INTO t VALUES ('abcdef')",
    ],
)
def test_varchar_counts_bytes(sql: Sql, write: str) -> None:
    sql("CREATE TABLE t (a varchar(5))")
    sql("INSERT INTO t VALUES ('éé')")

    with pytest.raises(ProgrammingError) as error:
        sql(write)

    assert told(error)["C"] == "22001"
    assert told(error)["M"] == "value too long for type character varying(5)"


def test_char_takes_single_bytes_only(sql: Sql) -> None:
    sql("CREATE TABLE t (a char(2))")

    with pytest.raises(ProgrammingError):
        sql("INSERT INTO t VALUES ('é')")


def test_a_varchar_can_be_widened_outside_a_transaction_only(connect: Connect, sql: Sql) -> None:
    sql("CREATE TABLE t (a varchar(4), b varchar(4))")
    sql("ALTER TABLE t ALTER COLUMN a TYPE varchar(6)")

    sql("INSERT INTO t VALUES ('ééé', NULL)")

    for statement in ("INSERT INTO t VALUES ('éééa', NULL)", "INSERT INTO t VALUES (NULL, 'ééé')"):
        with pytest.raises(ProgrammingError, match="value too long"):
            sql(statement)
    with pytest.raises(ProgrammingError, match="must be greater than 6"):
        sql("ALTER TABLE t ALTER COLUMN a TYPE varchar(5)")
    with pytest.raises(ProgrammingError, match="cannot run inside a transaction block"):
        sql_of(connect(autocommit=False))("ALTER TABLE here.t ALTER COLUMN a TYPE varchar(9)")


def test_a_renamed_column_keeps_its_limit_and_can_be_widened(sql: Sql) -> None:
    sql("CREATE TABLE t (a varchar(2))")
    sql("ALTER TABLE t RENAME COLUMN a TO b")
    sql("ALTER TABLE t ALTER COLUMN b TYPE varchar(4)")

    sql("INSERT INTO t VALUES ('éé')")


def test_added_columns_count_bytes_too(sql: Sql) -> None:
    sql("CREATE TABLE t (a int)")
    sql("ALTER TABLE t ADD COLUMN b varchar(2) ENCODE lzo")

    with pytest.raises(ProgrammingError, match="value too long"):
        sql("INSERT INTO t VALUES (1, 'éé')")


def test_truncate_commits(connect: Connect, sql: Sql) -> None:
    sql("CREATE TABLE t (a int)")
    sql("CREATE TABLE u (a int)")
    sql("INSERT INTO t VALUES (1)")
    connection = connect(autocommit=False)
    sql_of(connection)("INSERT INTO here.u VALUES (1)")

    sql_of(connection)("TRUNCATE here.t")
    connection.rollback()

    assert sql("SELECT (SELECT count(*) FROM t), (SELECT count(*) FROM u)") == [[0, 1]]


def test_vacuum_cannot_run_in_a_transaction(connect: Connect, sql: Sql) -> None:
    sql("CREATE TABLE t (a int)")
    sql("VACUUM FULL here.t TO 99 PERCENT")

    with pytest.raises(ProgrammingError, match="transaction block"):
        sql_of(connect(autocommit=False))("VACUUM here.t")


def test_merge_updates_and_inserts(sql: Sql) -> None:
    sql("CREATE TABLE t (a int, b varchar(5))")
    sql("CREATE TABLE s (a int, b varchar(5))")
    sql("INSERT INTO t VALUES (1, 'old'), (3, 'kept')")
    sql("INSERT INTO s VALUES (1, 'new'), (2, 'new')")

    sql("""MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN UPDATE SET b = s.b
        WHEN NOT MATCHED THEN INSERT (a, b) VALUES (s.a, s.b)""")

    assert sql("SELECT * FROM t ORDER BY a") == [[1, "new"], [2, "new"], [3, "kept"]]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("dateadd(month, 1, timestamp '2024-01-31 10:00:00')::varchar(30)", "2024-02-29 10:00:00"),
        ("datediff(year, date '2023-12-31', date '2024-01-01')", "1"),
        ("datediff(hour, timestamp '2024-01-01 00:59:00', timestamp '2024-01-01 01:00:00')", "1"),
        ("last_day(date '2024-02-03')::varchar(30)", "2024-02-29"),
        ("nvl(NULL, 'x')", "x"),
        ("nvl2(NULL, 'a', 'b')", "b"),
        ("decode(NULL, NULL, 'same', 'other')", "same"),
        ("len('ab ')", "3"),
        ("charindex('b', 'abc')", "2"),
        ("cast(1.6 AS decimal)", "2"),
        ("sha2('a', 256)", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"),
        ("md5('a')", "0cc175b9c0f1b6a831c399e269772661"),
        ("to_char(timestamp '2024-01-02 03:04:05.6', 'YYYY-MM-DD HH24:MI:SS.US')", "2024-01-02 03:04:05.600000"),
        ("date_part(year, date '2024-01-02')::int", "2024"),
        ("json_extract_path_text('{\"a\": {\"b\": 1}}', 'a', 'b')", "1"),
        ("getdate() > dateadd(minute, -1, sysdate)", "True"),
    ],
)
def test_redshift_functions(sql: Sql, expression: str, value: str) -> None:
    assert str(sql(f"SELECT {expression}")[0][0]) == value


def test_aggregates_of_redshift(sql: Sql) -> None:
    sql("CREATE TABLE t (a varchar(5), b int)")
    sql("INSERT INTO t VALUES ('x', 1), ('y', 2), ('x', 4)")

    rows = sql("""SELECT listagg(a, ',') WITHIN GROUP (ORDER BY b DESC), listagg(DISTINCT a, '|') WITHIN GROUP (ORDER BY a),
        median(b), approximate count(DISTINCT a) FROM t""")

    assert [str(value) for value in rows[0]] == ["x,y,x", "x|y", "2.0", "2"]


def test_the_catalog_has_redshifts_names_and_types(sql: Sql) -> None:
    sql('CREATE TABLE "Mixed" (a varchar(10) NOT NULL, b decimal(18,2), c timestamp)')

    rows = sql(
        """SELECT column_name, data_type, character_maximum_length, numeric_precision, numeric_scale, is_nullable
        FROM svv_all_columns WHERE database_name = current_database() AND schema_name = %s AND table_name = 'mixed'
        ORDER BY ordinal_position""",
        "here",
    )

    assert rows == [
        ["a", "character varying", 10, None, None, "NO"],
        ["b", "numeric", None, 18, 2, "YES"],
        ["c", "timestamp without time zone", None, None, None, "YES"],
    ]
    assert sql("SELECT table_type FROM svv_all_tables WHERE table_name = 'mixed'") == [["TABLE"]]
    assert sql('SELECT "table" FROM svv_table_info WHERE "schema" = \'here\'') == [["mixed"]]


def test_the_query_group_is_remembered(sql: Sql) -> None:
    sql("SET query_group TO 'customers_target'")

    assert sql("SHOW query_group") == [["customers_target"]]
    sql("RESET query_group")
    assert sql("SHOW query_group") == [[""]]


def test_temporary_tables_are_of_the_session(connect: Connect, sql: Sql) -> None:
    sql("CREATE TABLE t (a varchar(2))")
    sql("CREATE TEMP TABLE x AS SELECT a FROM t")
    sql("ANALYZE x")
    sql("CREATE TEMP TABLE y (LIKE t)")

    with pytest.raises(ProgrammingError, match="value too long"):
        sql("INSERT INTO y VALUES ('éé')")
    with pytest.raises(ProgrammingError, match="does not exist"):
        sql_of(connect())("SELECT * FROM x")


def test_many_rows_come_back_whole(sql: Sql) -> None:
    sql("CREATE TABLE t (a bigint, b varchar(200))")
    sql("INSERT INTO t VALUES (0, 'x')")
    for power in range(16):
        sql(f"INSERT INTO t SELECT a + {2**power}, md5(a::varchar(20)) FROM t")

    rows = sql("SELECT a, b FROM t ORDER BY a")

    assert [row[0] for row in rows] == list(range(2**16))


def test_the_database_listens_on_no_port(warehouse_home: Path) -> None:
    ensure_endpoint(warehouse_home)
    data = str(warehouse_home / "warehouse" / "data")

    postmasters = [process for process in psutil.process_iter() if data in _command(process)]

    assert len(postmasters) == 1
    assert [each for each in postmasters[0].net_connections("inet") if each.status == psutil.CONN_LISTEN] == []


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def psql(endpoint: Endpoint, *commands: str) -> subprocess.CompletedProcess[str]:
    """psql, which speaks the simple protocol."""
    program = find_binaries().folder / "psql"
    if not program.exists():
        pytest.skip("no psql beside the binaries of PostgreSQL")
    address = ["-h", endpoint.host, "-p", str(endpoint.port), "-U", endpoint.user, "-d", endpoint.database]
    return subprocess.run(
        [program, *address, "-XAtq", *(part for command in commands for part in ("-c", command))],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PGPASSWORD": endpoint.password, "PGOPTIONS": "-c standard_conforming_strings=off"},
    )


def test_psql_gets_in_with_the_simple_protocol(warehouse_home: Path, sql: Sql) -> None:
    sql("CREATE TABLE t (a varchar(2))")

    done = psql(
        ensure_endpoint(warehouse_home),
        "BEGIN; INSERT INTO here.t VALUES ('x'); COMMIT",
        "SELECT count(*) FROM here.t; SELECT '\\\\'",
        "TRUNCATE here.t",
        "SELECT a FROM here.t; SELECT now()",
        "INSERT INTO here.t VALUES ('éé')",
    )

    assert done.stdout.split() == ["1", "\\"]
    assert "leader node only" in done.stderr
    assert "value too long for type character varying(2)" in done.stderr


def test_calls_of_functions_by_number_do_not_pass_by_the_allow_list(connect: Connect) -> None:
    connection = connect()
    version = b"\0\0\0\x59" + b"\0\0" * 3

    connection._send_message(b"F", version)  # pyright: ignore[reportPrivateUsage] - the driver never sends it
    with pytest.raises(ProgrammingError) as error:
        sql_of(connection)("SELECT 1")

    assert told(error)["C"] == "0A000"
    assert sql_of(connection)("SELECT 1") == [[1]]


def test_a_read_only_transaction_writes_nothing(connect: Connect, sql: Sql) -> None:
    sql("CREATE TABLE t (a int)")
    run = sql_of(connect())
    run("BEGIN READ ONLY")

    with pytest.raises(ProgrammingError, match="read-only transaction"):
        run("INSERT INTO here.t VALUES (1)")
