"""Wall time of each reference pipeline on its sample files, cold and warm, and where it goes.

Cold: the JVM and the warehouse are not there yet. Warm: another lake, the same JVM, a warehouse that is up. Files are
old enough to be read at once, so that no time is spent on letting them settle.
"""

import os
import shutil
import tempfile
import time
from collections import Counter
from pathlib import Path

from lake_platform.cli.demo import members_of
from lake_platform.cli.tick import TickSummary, run_tick
from lake_platform.definitions import load_declarations
from lake_platform.local.jvm import stop_holder
from lake_platform.local.redshift import ensure_endpoint, stop_endpoint
from lake_platform.local.samples.registry import SAMPLES
from lake_platform.local.samples.sample import Sample
from lake_platform.settings import Settings

LAYERS = ("raw", "validated", "processed", "staging", "target", "tables")


def run(sample: Sample, folder: Path, name: str, *, warm: bool) -> tuple[float, TickSummary]:
    """The first delivery of a pipeline in a lake of its own."""
    os.environ["LAKE_HOME"] = str(folder / name)
    settings = Settings.from_environment()
    landing = settings.home / "s3" / settings.landing_bucket
    sample.deliveries[0].write(landing)
    for file in landing.rglob("*"):
        os.utime(file, (time.time() - 60, time.time() - 60))
    if warm:
        ensure_endpoint(settings.home)
    members = members_of(load_declarations(settings), sample)
    names = [one.name for one in members.datasets] + ["/".join(one.contract.path) for one in members.tables]
    began = time.monotonic()
    summary = run_tick(settings, datasets=names)
    took = time.monotonic() - began
    stop_endpoint(settings.home)
    return took, summary


def seconds_by_layer(summary: TickSummary) -> Counter[str]:
    """The steps of all runs, added up; tables and notebooks together."""
    found: Counter[str] = Counter()
    for done in summary.runs:
        for step, seconds in done.steps.items():
            layer = step.rpartition("_")[2]
            found[layer if layer in LAYERS and len(done.steps) > 1 else "tables"] += seconds
    return found


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="lake-bench-"))
    shutil.copy(Path(__file__).parents[1] / "dagster.yaml", folder)
    os.environ |= {"DAGSTER_HOME": str(folder), "LAKE_SPARK_DIR": str(folder / "spark")}
    for name in ("LAKE_DEFS", "LAKE_BACKEND"):
        os.environ.pop(name, None)
    os.chdir(folder)
    print(f"{'seconds':16} {'runs':>5} {'all':>7} " + " ".join(f"{layer:>9}" for layer in LAYERS))
    try:
        for sample in SAMPLES:
            for how in ("cold", "warm"):
                took, summary = run(sample, folder, f"{sample.pipeline}-{how}", warm=how == "warm")
                layers = seconds_by_layer(summary)
                figures = " ".join(f"{layers[layer]:9.1f}" for layer in LAYERS)
                state = "" if summary.all_well else "  not all went well"
                print(
                    f"{sample.pipeline + ', ' + how:16} {len(summary.runs):5} {took:7.1f} {figures}{state}", flush=True
                )
            stop_holder(folder / "spark")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
