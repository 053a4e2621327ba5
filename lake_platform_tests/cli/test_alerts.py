"""A command tells of its runs and goes on, whatever becomes of the message."""

import logging
from pathlib import Path

import dagster as dg
import pytest

from lake_platform.cli import alerts
from lake_platform_tests.cli.conftest import Lake
from lake_platform_tests.sensors.receiver import TOKEN, receiving


def ended(home: Path) -> str:
    """A run of a command that was killed, in the instance of this directory."""

    @dg.job
    def nothing() -> None: ...

    with dg.DagsterInstance.from_config(str(home)) as instance:
        run = instance.create_run_for_job(nothing, tags={"lake_platform/dataset": "customers"})
        instance.report_run_failed(run, "died")
        return run.run_id


def test_a_tick_tells_of_runs_that_were_killed_before_it(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = ended(tmp_path)
    with receiving() as receiver:
        monkeypatch.setenv("LAKE_ALERT_WEBHOOK", receiver.url)

        told = [lake("tick", "customers") for _ in range(2)]

    assert [result.exit_code for result in told] == [0, 0]
    assert [message["run_id"] for message in receiver.messages] == [run_id]
    assert receiver.messages[0]["url"] == f"http://127.0.0.1:3000/runs/{run_id}"


def test_a_fault_of_the_alerts_is_told_and_changes_nothing(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OSError(f"disk full {TOKEN}")

    monkeypatch.setattr(alerts, "tell_recent", fails)

    with caplog.at_level(logging.WARNING):
        told = lake("tick", "customers")

    assert told.exit_code == 0, told.output
    assert "were not told: OSError" in caplog.text
    assert TOKEN not in caplog.text


@pytest.mark.parametrize(
    "address", [f"gopher://x/{TOKEN}", TOKEN, f"http:///{TOKEN}", f"http://u:{TOKEN}@x/", f"http://x:y/{TOKEN}"]
)
def test_an_address_that_is_none_is_a_wrong_setting_and_is_not_printed(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("LAKE_ALERT_WEBHOOK", address)

    told = lake("tick")

    assert told.exit_code == 2
    assert "LAKE_ALERT_WEBHOOK is no address" in told.output
    assert TOKEN not in told.output
