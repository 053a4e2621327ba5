"""Users of Dagster's storage, and a web server that can do nothing but show."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg2
import pytest

from lake_platform.aws.run_storage import VIEWER, RunStorage, prepare_run_storage
from lake_platform.errors import SettingsError
from lake_platform_tests.production.conftest import Production, wait_for_port
from lake_platform_tests.production.fargate import container
from lake_platform_tests.production.postgres import ADMIN, PASSWORD, free_port
from lake_platform_tests.production.template import HOME, ROOT

pytestmark = [pytest.mark.warehouse, pytest.mark.s3]
LAUNCH = """
mutation { launchRun(executionParams: {
  selector: {repositoryLocationName: "lake_platform", repositoryName: "__repository__", jobName: "small"}
  runConfigData: {}
}) { __typename } }
"""


def administrator() -> dict[str, str]:
    return {**os.environ, "DAGSTER_POSTGRES_ADMIN": ADMIN, "DAGSTER_POSTGRES_ADMIN_PASSWORD": PASSWORD}


def ask(port: int, query: str) -> dict[str, Any]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/graphql", json.dumps({"query": query}).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            return json.load(refused)


@pytest.fixture
def viewer(production: Production, tmp_path: Path) -> Iterator[int]:
    """The port of the read-only web server: as its own user of the storage, with definitions that it loads itself."""
    port, log = free_port(), tmp_path / "log"
    (tmp_path / "workspace.yaml").write_text(
        "load_from:\n  - python_module:\n      module_name: lake_platform_tests.production.jobs\n"
        "      location_name: lake_platform\n"
    )
    command = ["dagster_webserver", "--read-only", "-h", "127.0.0.1", "-p", str(port)]
    with log.open("wb") as console:
        server = subprocess.Popen(
            [sys.executable, "-m", *command, "-w", str(tmp_path / "workspace.yaml")],
            env={**container("viewer"), "DAGSTER_POSTGRES_USER": VIEWER, "DAGSTER_SCRATCH": str(tmp_path)},
            cwd=ROOT,
            stdout=console,
            stderr=console,
        )
    wait_for_port(port, server, log)
    yield port
    server.terminate()
    server.wait(timeout=60)


def test_the_read_only_web_server_shows_runs_and_starts_none(
    production: Production, instance: dg.DagsterInstance, viewer: int
) -> None:
    instance.add_run(dg.DagsterRun("small", status=dg.DagsterRunStatus.SUCCESS))
    before = instance.get_runs_count()

    shown = ask(viewer, "{ runsOrError { ... on Runs { results { status } } } }")
    asked = ask(viewer, LAUNCH)

    assert {"status": "SUCCESS"} in shown["data"]["runsOrError"]["results"]
    assert asked["data"]["launchRun"]["__typename"] == "UnauthorizedError"
    assert instance.get_runs_count() == before


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM runs",
        "INSERT INTO kvs (key, value) VALUES ('k', 'v')",
        "CREATE TABLE mine (a int)",
        "UPDATE runs SET status = ''",
    ],
)
def test_the_database_refuses_what_the_viewer_may_not(production: Production, statement: str) -> None:
    assert production.postgres.execute("SELECT COUNT(*) FROM event_logs", user=VIEWER)
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        production.postgres.execute(statement, user=VIEWER)


def test_a_table_that_comes_later_can_be_read_by_the_viewer_too(production: Production) -> None:
    production.postgres.execute("CREATE TABLE of_a_later_release (a int)", user="dagster")

    assert production.postgres.execute("SELECT * FROM of_a_later_release", user=VIEWER) == []
    production.postgres.execute("DROP TABLE of_a_later_release", user="dagster")


def test_only_the_two_users_are_members_of_the_role_of_tokens_at_any_depth(production: Production) -> None:
    members = production.postgres.execute("SELECT rolname FROM rds.token_members ORDER BY 1")

    assert members == [("dagster",), (VIEWER,)]
    assert production.postgres.execute("SELECT 1 FROM pg_roles WHERE rolname = 'dagster_maker'") == []


def test_the_administrator_still_comes_in_and_is_no_superuser(production: Production) -> None:
    assert production.postgres.execute("SELECT rolsuper FROM pg_roles WHERE rolname = session_user", user=ADMIN) == [
        (False,)
    ]


def test_an_administrator_who_became_a_member_is_refused_here_as_on_rds(production: Production) -> None:
    production.postgres.execute(f"GRANT dagster TO {ADMIN}")
    try:
        with pytest.raises(psycopg2.OperationalError, match=f'PAM authentication failed for user "{ADMIN}"'):
            production.postgres.execute("SELECT 1", user=ADMIN)
    finally:
        production.postgres.execute(f"REVOKE dagster FROM {ADMIN}")


def test_preparing_again_changes_nothing_and_leaves_the_administrator_out(
    production: Production, instance: dg.DagsterInstance
) -> None:
    told = prepare_run_storage(
        RunStorage.from_environment({**administrator(), "DAGSTER_POSTGRES_ADMIN_PASSWORD": "of last week"})
    )

    assert production.prepared[:2] == ["user dagster, new", f"user {VIEWER}, new"]
    assert told[:2] == ["user dagster, as before", f"user {VIEWER}, as before"]
    assert told[2].endswith(f", {instance.get_runs_count()} runs")


@pytest.mark.parametrize("taken", ["USAGE ON SCHEMA public FROM {}, PUBLIC", "rds_iam FROM {}"])
def test_preparing_again_gives_back_what_was_taken(production: Production, taken: str) -> None:
    production.postgres.execute(f"REVOKE {taken.format(VIEWER)}", user=ADMIN)

    told = prepare_run_storage(RunStorage.from_environment(administrator()))

    assert told[:2] == ["user dagster, as before", f"user {VIEWER}, as before"]
    assert production.postgres.execute("SELECT COUNT(*) FROM event_logs", user=VIEWER)


def test_a_user_whom_the_administrator_made_himself_is_refused_before_it_locks_him_out(production: Production) -> None:
    production.postgres.execute("CREATE ROLE by_hand LOGIN", user=ADMIN)
    storage = RunStorage.from_environment({**administrator(), "DAGSTER_POSTGRES_USER": "by_hand"})

    with pytest.raises(SettingsError, match=r"dagsteradmin is a member of by_hand.*DROP ROLE by_hand"):
        prepare_run_storage(storage)

    production.postgres.execute("DROP ROLE by_hand", user=ADMIN)


def test_a_missing_variable_is_named() -> None:
    with pytest.raises(SettingsError, match="DAGSTER_POSTGRES_ADMIN_PASSWORD is not set"):
        RunStorage.from_environment({**administrator(), "DAGSTER_POSTGRES_ADMIN_PASSWORD": ""})


def test_the_password_is_never_shown(production: Production) -> None:
    assert PASSWORD not in repr(RunStorage.from_environment(administrator()))


def test_the_instance_says_what_it_keeps_and_how_often_it_looks(instance: dg.DagsterInstance) -> None:
    assert HOME.joinpath("dagster.yaml").is_file()
    assert not instance.telemetry_enabled
    assert instance.run_monitoring_enabled
    assert instance.run_retries_enabled
    assert instance.get_concurrency_config().pool_config.default_pool_limit == 1
