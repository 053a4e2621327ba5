"""What `lake rehearse` says at its end, and what it prints on the way."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from lake_platform.cli import rehearsal
from lake_platform.cli import rehearse as command
from lake_platform.cli.main import cli
from lake_platform.cli.rehearsal import Rehearsal, Side
from lake_platform.cli.runs import RunSummary
from lake_platform.local.rehearsal.calls import CallsOf
from lake_platform.local.rehearsal.compare import compare_tables

WHAT = "crm 2024-01-01 to 2024-01-01, 1 partition(s), success"
TWO_RUNS = [CallsOf(WHAT, {"orchestrator": {"s3.PutObject": 7}}), CallsOf(WHAT, {"glue_jobs": {"s3.PutObject": 2}})]


def summary(run_id: str, status: str) -> RunSummary:
    return RunSummary(
        dataset="crm", run_id=run_id, first="2024-01-01", last="2024-01-01", partitions=("2024-01-01",), status=status,
        seconds=1.0, steps={},
    )  # fmt: skip


def side(*ends: str, rows: int = 2) -> Side:
    runs = [summary(f"r{number}", end) for number, end in enumerate(ends or ("success",))]
    table = (("id",), [[number] for number in range(rows)])
    return Side(seconds={"land files": 0.1}, runs=runs, tables={"analytics.crm": table}, calls=TWO_RUNS)


@pytest.mark.parametrize(
    ("aws", "failed", "code"),
    [
        (side(), (), 0),
        (side(rows=3), (), 1),
        (side("failure"), (), 1),
        (side("failure", "success"), ("r0",), 0),
        (side("failure", "success"), (), 1),
        (side("success", "success"), (), 1),
    ],
    ids=["equal", "a row more", "a run failed", "a run was made to fail", "a run failed and another did not", "a run more"],
)  # fmt: skip
def test_the_exit_code_says_whether_both_backends_agree(
    monkeypatch: pytest.MonkeyPatch, aws: Side, failed: tuple[str, ...], code: int
) -> None:
    here = side()
    done = Rehearsal(local=here, aws=aws, differences=compare_tables(here.tables, aws.tables), failed=failed)
    monkeypatch.setattr(command, "run_rehearsal", lambda *_, **__: done)

    told = CliRunner().invoke(cli, ["rehearse"])
    document = json.loads(CliRunner().invoke(cli, ["rehearse", "--json"]).stdout)

    assert told.exit_code == code
    assert ("equal row for row" in told.output) == (code == 0)
    assert "s3.PutObject 7" in told.output
    assert document["equal"] == (code == 0)
    made = [{"orchestrator": {"s3.PutObject": 7}}, {"glue_jobs": {"s3.PutObject": 2}}]
    assert document["calls"] == [{"what": WHAT, "made": each} for each in made], "both runs of one partition"


def test_a_run_that_ended_otherwise_is_named() -> None:
    done = Rehearsal(local=side(), aws=side("failure"), differences=[])

    assert done.unlike == [
        "crm 2024-01-01 to 2024-01-01: success here only",
        "crm 2024-01-01 to 2024-01-01: failure on AWS only",
    ]


PRINTING = """
import logging, subprocess, sys
from pathlib import Path
from lake_platform.local.rehearsal.console import console_in

logging.basicConfig(level="INFO")
print("before")
with console_in(Path(sys.argv[1])) as tell:
    print("a line of ours")
    logging.info("a line of a log")
    subprocess.run(["sh", "-c", "echo a line of a child; echo an error of a child >&2"])
    tell("what is told")
print("after")
"""


def test_only_what_is_told_reaches_standard_output(tmp_path: Path) -> None:
    log = tmp_path / "log"

    done = subprocess.run(
        [sys.executable, "-c", PRINTING, str(log)], capture_output=True, text=True, check=True, env=dict(os.environ)
    )

    assert done.stdout.split("\n") == ["before", "what is told", "after", ""]
    assert done.stderr == ""
    assert sorted(log.read_text().splitlines()) == [
        "INFO:root:a line of a log", "a line of a child", "a line of ours", "an error of a child",
    ]  # fmt: skip


@pytest.mark.parametrize("rows", [2, 3], ids=["equal", "not equal"])
def test_what_was_printed_is_kept_where_the_backends_differ(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, rows: int
) -> None:
    here, there = side(), side(rows=rows)

    def rehearsed(*_: object, **__: object) -> Rehearsal:
        print("a line of a server")
        return Rehearsal(local=here, aws=there, differences=compare_tables(here.tables, there.tables))

    monkeypatch.setattr(rehearsal, "_rehearsed", rehearsed)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    told = CliRunner().invoke(cli, ["rehearse"]).output

    logs = [path for path in tmp_path.iterdir() if path.suffix == ".log"]
    assert [log.read_text() for log in logs] == ([] if rows == 2 else ["a line of a server\n"])
    assert all(str(log) in told for log in logs)
    assert "a line of a server" not in told


def test_a_rehearsal_that_breaks_off_names_its_log(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(*_: object, **__: object) -> Rehearsal:
        print("a line of a server")
        raise RuntimeError("the server is gone")

    monkeypatch.setattr(rehearsal, "_rehearsed", broken)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    told = CliRunner().invoke(cli, ["rehearse"])

    (log,) = (path for path in tmp_path.iterdir() if path.suffix == ".log")
    assert log.read_text() == "a line of a server\n"
    assert (str(log) in told.stderr, isinstance(told.exception, RuntimeError)) == (True, True)
