"""What a run cost."""

import pytest

from lake_platform.spark.glue.figures import run_figures
from lake_platform.spark.glue.runs import run_of

BODY = {"JobName": "lake-validate", "Id": "jr_1", "JobRunState": "SUCCEEDED", "MaxCapacity": 5.0}


@pytest.mark.parametrize(
    ("body", "dpu_seconds", "cost"),
    [
        ({"ExecutionTime": 3600, "DPUSeconds": 7200.0}, 7200.0, 0.88),
        ({"ExecutionTime": 3600}, 18000.0, 2.2),
        ({"ExecutionTime": 30, "DPUSeconds": 60.0}, 60.0, 0.014667),
        ({"ExecutionTime": 0}, 0.0, 0.0),
        ({"ExecutionTime": 60, "DPUSeconds": 0.0}, 0.0, 0.0),
    ],
    ids=["scaled", "not scaled: all it has", "less than a minute", "never ran", "nothing used"],
)
def test_cost_follows_from_what_glue_tells(body: dict[str, float], dpu_seconds: float, cost: float) -> None:
    figures = run_figures(run_of({**BODY, **body}), region="eu-central-1", dpu_hour_usd=0.44)

    assert figures["dpu_seconds"] == dpu_seconds
    assert figures["cost_usd"] == pytest.approx(cost, abs=1e-6)
    assert figures["console"] == (
        "https://eu-central-1.console.aws.amazon.com/gluestudio/home?region=eu-central-1#/job/lake-validate/run/jr_1"
    )
