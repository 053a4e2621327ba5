"""Every command of the tutorial, in its order, and what it is said to print."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lake_platform.local.redshift import stop_endpoint

pytestmark = [pytest.mark.spark, pytest.mark.warehouse, pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(1800)]

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/tutorial.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(sh|text)\n(.*?)```", TEXT, flags=re.DOTALL)
MARK = "==== block "


def test_the_tutorial_does_what_it_says(tmp_path: Path, spark_dir: Path) -> None:
    (tmp_path / "lake_platform").symlink_to(ROOT / "lake_platform")
    (tmp_path / "dagster.yaml").symlink_to(ROOT / "dagster.yaml")
    (tmp_path / ".venv").symlink_to(Path(sys.prefix))
    (tmp_path / "Makefile").write_text("setup:\n", encoding="utf-8")
    commands = [text for kind, text in BLOCKS if kind == "sh"]
    script = "set -e\n" + "".join(f"echo '{MARK}{at}'\n{text}\n" for at, text in enumerate(commands))
    environ = {name: value for name, value in os.environ.items() if not name.startswith("LAKE_")}

    try:
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=tmp_path,
            env={
                **environ,
                "DAGSTER_HOME": str(tmp_path),
                "LAKE_SPARK_DIR": str(spark_dir),
                "PYTHONWARNINGS": "ignore",
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=1700,
        )
    finally:
        stop_endpoint(tmp_path / "tutorial" / "lake")

    assert done.returncode == 0, done.stdout + done.stderr
    printed = {int(part.split("\n", 1)[0]): part for part in done.stdout.split(MARK)[1:]}
    for at, (kind, text) in enumerate(BLOCKS):
        if kind == "text":
            block = sum(kind == "sh" for kind, _ in BLOCKS[:at]) - 1
            missing = [
                line for line in text.splitlines() if spaced(line) not in map(spaced, printed[block].splitlines())
            ]
            assert missing == [], printed[block]


def spaced(line: str) -> str:
    return " ".join(line.split())
