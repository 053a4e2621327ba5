"""`lake rehearse` as people call it, for a whole pipeline with a failure in it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lake_platform_tests.aws.test_recorded_calls import places_of, recorded

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.long,
    pytest.mark.s3,
    pytest.mark.spark,
    pytest.mark.timeout(1800),
    pytest.mark.warehouse,
]


def test_the_sales_pipeline_is_the_same_on_both_backends(tmp_path: Path) -> None:
    record = tmp_path / "calls.json"
    command = [sys.executable, "-c", "from lake_platform.cli.main import cli; cli()", "rehearse", "sales"]
    command += ["--with-failure", "--json", "--calls", str(record)]

    done = subprocess.run(command, env=os.environ, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert (told["equal"], told["differences"], told["runs"], told["log"]) == (True, [], [], None)
    assert set(told["tables"]) == {"sales", "sales_by_quarter", "sales_by_year"}
    assert all(told["tables"].values())
    assert {"orchestrator", "glue_jobs", "warehouse"} <= set().union(*(each["made"] for each in told["calls"]))
    assert told["calls"][-1]["made"] == {"orchestrator": {"sqs.ReceiveMessage": 1}}, "a tick with nothing new"
    # The record has its failure in another dataset.
    assert places_of(json.loads(record.read_text())) <= places_of(recorded())
