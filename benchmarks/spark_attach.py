"""What the warm JVM saves a process: attaching and the first action, beside a session of its own.

    python benchmarks/spark_attach.py [repeats]

Each figure is the best of some processes, each of them new: Python's start is not counted, imports are.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]

PROCESS = """
import json, sys, time
start = time.perf_counter()
import pyspark.sql
from lake_platform.spark import attach
imported = time.perf_counter()
from pathlib import Path
if sys.argv[1] == "warm":
    from lake_platform.spark.warm import read_warm
    session = attach.attach(read_warm(Path(sys.argv[2])), Path(sys.argv[2])).new_session()
else:
    from pyspark import SparkConf, SparkContext
    from lake_platform.spark.settings import JvmSettings
    settings = JvmSettings(**{**json.loads(sys.argv[3]), "jars": tuple(json.loads(sys.argv[3])["jars"])})
    SparkContext(conf=SparkConf().setAll(list(settings.confs(Path(sys.argv[2])).items()))).setLogLevel("ERROR")
    session = pyspark.sql.SparkSession.Builder().getOrCreate().newSession()
opened = time.perf_counter()
session.range(1000).selectExpr("sum(id)").collect()
acted = time.perf_counter()
print(json.dumps({"import": imported - start, "session": opened - imported, "first action": acted - opened}))
"""


def main(repeats: int) -> None:
    """Measures and prints a table."""
    sys.path.insert(0, str(ROOT))
    from lake_platform.local.jvm import ensure_holder, stop_holder
    from lake_platform.local.warm_spark import WarmSparkResource

    with tempfile.TemporaryDirectory() as folder:
        spark_dir = Path(folder) / "warm"
        settings = WarmSparkResource(home=folder, spark_dir=str(spark_dir), memory="1g").jvm_settings()
        plain = json.dumps({**settings.__dict__, "jars": list(settings.jars)})
        try:
            ensure_holder(spark_dir, settings)
            warm = _best([_run("warm", spark_dir, plain) for _ in range(repeats)])
            cold = _best([_run("cold", Path(folder) / "cold", plain) for _ in range(repeats)])
        finally:
            stop_holder(spark_dir)
    print(f"{'seconds':<14}{'warm JVM':>10}{'own session':>13}{'ratio':>8}")
    for name in ("import", "session", "first action", "all"):
        print(f"{name:<14}{warm[name]:>10.2f}{cold[name]:>13.2f}{cold[name] / warm[name]:>7.1f}x")


def _run(kind: str, folder: Path, settings: str) -> dict[str, float]:
    command = [sys.executable, "-c", PROCESS, kind, str(folder), settings]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    return json.loads(done.stdout.splitlines()[-1])


def _best(runs: list[dict[str, float]]) -> dict[str, float]:
    best = {name: min(run[name] for run in runs) for name in runs[0]}
    return {**best, "all": min(sum(run.values()) for run in runs)}


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
