"""What `lake rehearse` says at its end."""

import json
from collections import Counter

import pytest
from click.testing import CliRunner

from lake_platform.cli import rehearse as command
from lake_platform.cli.main import cli
from lake_platform.cli.rehearse import Rehearsal, Side
from lake_platform.cli.runs import RunSummary
from lake_platform.local.rehearsal.compare import compare_tables


def side(status: str = "success", rows: int = 2) -> Side:
    run = RunSummary(
        dataset="crm", run_id="r", first="2024-01-01", last="2024-01-01", partitions=("2024-01-01",), status=status,
        seconds=1.0, steps={},
    )  # fmt: skip
    table = (("id",), [[number] for number in range(rows)])
    calls = {"crm 2024-01-01 to 2024-01-01, 1 partition(s)": Counter({"s3.PutObject": 7})}
    return Side(seconds={"land files": 0.1}, runs=[run], tables={"analytics.crm": table}, calls=calls)


@pytest.mark.parametrize(
    ("aws", "code"), [(side(), 0), (side(rows=3), 1), (side(status="failure"), 1)], ids=["equal", "a row more", "a run"]
)
def test_the_exit_code_says_whether_both_backends_agree(monkeypatch: pytest.MonkeyPatch, aws: Side, code: int) -> None:
    here = side()
    done = Rehearsal(local=here, aws=aws, differences=compare_tables(here.tables, aws.tables))
    monkeypatch.setattr(command, "run_rehearsal", lambda *_, **__: done)

    told = CliRunner().invoke(cli, ["rehearse"])
    document = json.loads(CliRunner().invoke(cli, ["rehearse", "--json"]).stdout)

    assert told.exit_code == code
    assert ("equal row for row" in told.output) == (code == 0)
    assert "s3.PutObject 7" in told.output
    assert (document["equal"], document["calls"]["crm 2024-01-01 to 2024-01-01, 1 partition(s)"]) == (
        code == 0,
        {"s3.PutObject": 7},
    )
