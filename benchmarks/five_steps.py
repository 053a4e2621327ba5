"""Wall time of a five-step run over 1,000 rows, step by step, on the warm JVM and a warehouse that is up."""

import os
import shutil
import tempfile
import time
from pathlib import Path

from lake_platform.cli.runs import RunSummary
from lake_platform.cli.tick import run_tick
from lake_platform.local.stack import stop_stack
from lake_platform.settings import Settings

ROWS = 1_000
WARM_RUNS = 3
HEADER = "customer_id,op,name,region,address,status,email,amount,event_timestamp"


def drop(settings: Settings, day: int) -> None:
    """Lands one file of changes, old enough to be read at once."""
    path = settings.home / f"s3/landing/customers/dt=2024-05-{day:02d}/customers.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    at = f"2024-05-{day:02d}T08:00:00Z"
    rows = [f"{n},U,Name {n},north,{day} Hill Road,A,n{n}@example.com,{n}.50,{at}" for n in range(1, ROWS + 1)]
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    os.utime(path, (time.time() - 60, time.time() - 60))


def run(settings: Settings, day: int) -> RunSummary:
    drop(settings, day)
    (done,) = run_tick(settings, datasets=["customers"]).runs
    return done


def main() -> None:
    home = Path(tempfile.mkdtemp(prefix="lake-bench-"))
    shutil.copy(Path(__file__).parents[1] / "dagster.yaml", home)
    os.environ |= {"LAKE_HOME": str(home / ".lake"), "DAGSTER_HOME": str(home)}
    for name in ("LAKE_DEFS", "LAKE_SPARK_DIR", "LAKE_BACKEND"):
        os.environ.pop(name, None)
    os.chdir(home)
    settings = Settings.from_environment()
    try:
        cold = run(settings, 1)
        warm = min((run(settings, 2 + number) for number in range(WARM_RUNS)), key=lambda done: done.seconds)
    finally:
        stop_stack(settings)
        shutil.rmtree(home, ignore_errors=True)
    print(f"{ROWS} rows, one partition: seconds, the first run and the best of {WARM_RUNS} after it ({warm.status})")
    for step, seconds in warm.steps.items():
        print(f"{step:24} {cold.steps[step]:7.2f} {seconds:7.2f}")
    print(f"{'the run':24} {cold.seconds:7.2f} {warm.seconds:7.2f}")


if __name__ == "__main__":
    main()
