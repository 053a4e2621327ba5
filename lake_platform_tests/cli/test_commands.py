"""What the commands print and how they exit, without Spark and without a warehouse."""

import json
from pathlib import Path

import pytest

from lake_platform.cli.main import cli
from lake_platform.definitions import load_contracts
from lake_platform.settings import Settings
from lake_platform_tests.cli.conftest import Lake

FAULTS = """\
type: lake_platform.Dataset
attributes:
  name: Orders
  description: orders
  arrives:
    prefix: orders/
    partition: {by: week}
    format: {kind: csv}
    delivers: events
  colums: []
"""
BROKEN = "type: lake_platform.Dataset\nattributes: {name: [\n"


def test_help_names_every_command(lake: Lake) -> None:
    told = lake("--help")

    assert told.exit_code == 0
    assert [name for name in cli.commands if f"\n  {name}" not in told.output] == []


@pytest.mark.parametrize("command", sorted(cli.commands))
def test_every_command_has_a_help_text(command: str, lake: Lake) -> None:
    told = lake(command, "-h")

    assert told.exit_code == 0
    assert len(told.output.split("\n\n")[1].strip()) > 20


def test_check_finds_no_fault_in_the_package(lake: Lake) -> None:
    told = lake("check")

    assert (told.exit_code, "no faults" in told.output) == (0, True)


def test_check_tells_all_faults_of_all_files_with_their_lines(lake: Lake, tmp_path: Path) -> None:
    for name, text in {"orders": FAULTS, "broken": BROKEN, "empty": ""}.items():
        (tmp_path / "defs" / name).mkdir(parents=True)
        (tmp_path / "defs" / name / "defs.yaml").write_text(text, encoding="utf-8")

    told = lake("check", "defs")

    assert told.exit_code == 2
    assert not told.exception or isinstance(told.exception, SystemExit)
    for place in (
        "orders/defs.yaml:3",
        "orders/defs.yaml:7",
        "orders/defs.yaml:10",
        "broken/defs.yaml:",
        "empty/defs.yaml",
    ):
        assert place in told.output


@pytest.mark.parametrize(
    "arguments",
    [("tick", "nobody"), ("backfill", "nobody"), ("withdraw", "nobody", "a/b.csv"), ("retry", "nobody", "2024-03-01")],
    ids=str,
)
def test_unknown_dataset_is_wrong_use_and_names_those_there_are(arguments: tuple[str, ...], lake: Lake) -> None:
    told = lake(*arguments)

    assert told.exit_code == 2
    assert "nobody" in told.output
    assert "customers" in told.output


def test_tick_with_nothing_to_do_prints_one_json_document(lake: Lake) -> None:
    told = lake("tick", "--json")

    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout) == {"runs": [], "refused": []}


def test_tick_says_that_there_is_nothing_to_do(lake: Lake) -> None:
    assert "nothing to do" in lake("tick").output


def test_status_shows_pending_and_files_that_belong_nowhere(lake: Lake, tmp_path: Path) -> None:
    for key in ("dt=2024-03-01/a.csv", "dt=1999-01-01/a.csv", "dt=2024-02-31/a.csv"):
        path = tmp_path / ".lake/s3/landing/customers" / key
        path.parent.mkdir(parents=True)
        path.write_text("customer_id\n1\n", encoding="utf-8")

    told = lake("status")

    assert told.exit_code == 0, told.output
    assert "customers" in told.output
    assert "dt=1999-01-01/a.csv" in told.output
    assert "dt=2024-02-31/a.csv" in told.output


@pytest.mark.parametrize(
    ("key", "why"),
    [("customers/dt=2024-03-01/a.csv", "has taken no file"), ("customers/readme.csv", "belongs to no partition")],
)
def test_withdraw_refuses_what_was_not_taken(key: str, why: str, lake: Lake) -> None:
    told = lake("withdraw", "customers", key)

    assert (told.exit_code, why in told.output) == (2, True)


def test_retry_says_what_comes_next(lake: Lake) -> None:
    assert "tried again with the next tick" in lake("retry", "customers", "2024-03-01").output


def test_janitor_removes_only_when_told_to(lake: Lake) -> None:
    assert "would be removed (--apply does it)" in lake("janitor").output
    assert "bytes removed" in lake("janitor", "--apply").output


def test_down_says_that_nothing_was_running(lake: Lake) -> None:
    told = lake("down")

    assert told.exit_code == 0, told.output
    assert told.output.count("was not running") == 2


@pytest.mark.parametrize("name", ["a;b", "a b", "x.y.z", ""])
def test_show_takes_a_table_name_only(name: str, lake: Lake) -> None:
    assert lake("show", name).exit_code != 0


@pytest.mark.warehouse
def test_sql_and_show_print_rows(lake: Lake) -> None:
    try:
        lake("sql", "CREATE SCHEMA IF NOT EXISTS analytics")
        assert "done" in lake("sql", "CREATE TABLE analytics.fruit (id int, name varchar(10))").output
        lake("sql", "INSERT INTO fruit VALUES (1, 'fig'), (2, NULL)")
        told = lake("show", "fruit")
        counted = lake("sql", "SELECT count(*) AS n FROM fruit")
    finally:
        stopped = lake("down")

    assert [told.exit_code, counted.exit_code] == [0, 0]
    assert [line.split() for line in told.output.splitlines()][2:] == [["1", "fig"], ["2", "NULL"]]
    assert counted.output.splitlines()[2].strip() == "2"
    assert ": stopped" in stopped.output


def test_tick_reports_a_key_that_belongs_nowhere_once_and_exits_1(lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / ".lake/s3/landing/customers/dt=2024-02-31/a.csv"
    path.parent.mkdir(parents=True)
    path.write_text("customer_id\n1\n", encoding="utf-8")

    first, second = lake("tick", "--json"), lake("tick", "--json")

    assert (first.exit_code, second.exit_code) == (1, 0)
    (refused,) = json.loads(first.stdout)["refused"]
    assert (refused["dataset"], refused["key"]) == ("customers", "customers/dt=2024-02-31/a.csv")
    assert json.loads(second.stdout)["refused"] == []


def test_wrong_definitions_are_told_with_exit_code_2_by_every_command(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "defs/empty").mkdir(parents=True)
    (tmp_path / "defs/empty/defs.yaml").write_text("")

    told = lake("--defs", "defs", "tick")

    assert told.exit_code == 2
    assert "the file is empty" in told.output


@pytest.mark.warehouse
def test_status_and_sql_speak_json(lake: Lake) -> None:
    try:
        status = json.loads(lake("status", "--json").stdout)
        rows = json.loads(lake("sql", "--json", "SELECT CAST(1.50 AS DECIMAL(9,2)) AS amount, NULL AS nothing").stdout)
        moment = json.loads(lake("sql", "--json", "SELECT CAST('2024-03-01 08:00:00' AS TIMESTAMP) AS at").stdout)
        told = lake("status").output
    finally:
        lake("down")

    assert set(status["warehouse"]) == {"host", "port", "database", "user", "password"}
    defined = [contract.name for contract in load_contracts(Settings.from_environment())]
    assert [dataset["dataset"] for dataset in status["datasets"]] == defined
    assert set(status["datasets"][0]) >= {"dataset", "partitions", "pending", "refused", "failed"}
    assert rows == [{"amount": "1.50", "nothing": None}]
    assert moment == [{"at": "2024-03-01 08:00:00.000000"}]
    assert f"psql -h 127.0.0.1 -p {status['warehouse']['port']}" in told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("customers",), "has no partition yet"),
        (("customers", "--from", "2024-1-1"), "--from 2024-1-1 is no day: write it as 2024-01-31"),
        (("customers", "--to", "2024-02-31"), "--to 2024-02-31 is no day"),
        (("stg_songs", "--to", "2024-02-01"), "it has no partitions, leave the option out"),
        (
            ("songs",),
            "'songs' is a dataset and a table: write songplays/songs for the table, stg_songs for the dataset",
        ),
        (("songplays",), "songplays has no partition yet: `lake status` says what it waits for"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_backfill_says_what_it_cannot_do(arguments: tuple[str, ...], told: str, lake: Lake) -> None:
    answer = lake("backfill", *arguments)

    assert answer.exit_code == 2
    assert told in answer.output


def test_backfill_names_the_partitions_that_there_are(lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / ".lake/s3/landing/customers/dt=2024-03-01/a.csv"
    path.parent.mkdir(parents=True)
    path.write_text("customer_id\n1\n", encoding="utf-8")

    answer = lake("backfill", "customers", "--from", "2024-03-02")

    assert (answer.exit_code, "it has 2024-03-01 to 2024-03-01" in answer.output) == (2, True)
