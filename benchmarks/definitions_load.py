"""CPU seconds of loading the definitions, beside a bare `import dagster`: every run process pays them.

Each figure is the best of five fresh processes: user and system time of the child.
"""

import os
import resource
import subprocess
import sys
import tempfile

REPEATS = 5
CASES = {
    "python, empty": "pass",
    "import dagster": "import dagster",
    "lake_platform.definitions": "from lake_platform.definitions import defs; defs()",
    "lake check (contracts alone)": (
        "from pathlib import Path; from lake_platform.contract.source import load_folder;"
        "load_folder(Path('lake_platform/defs'))"
    ),
}


def cpu_seconds(code: str, home: str) -> float:
    """User and system seconds of one fresh process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environ = {**os.environ, "LAKE_HOME": home, "PYTHONWARNINGS": "ignore"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environ)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="lake-bench-") as home:
        for name, code in CASES.items():
            print(f"{name:30} {min(cpu_seconds(code, home) for _ in range(REPEATS)):6.2f} CPU s")


if __name__ == "__main__":
    main()
