"""What the committed template of the Dagster stack gives each kind of task."""

import json
from pathlib import Path
from typing import Any

import lake_platform

ROOT = Path(lake_platform.__file__).parents[1]
HOME = ROOT / "infra" / "dagster"
TEMPLATE = ROOT / "infra" / "templates" / "dagster.template.json"
IMAGE = ("DAGSTER_HOME", "DAGSTER_SCRATCH")
"""Variables that the image sets."""


def containers() -> dict[str, Any]:
    """The container of each task definition, by its name."""
    resources = json.loads(TEMPLATE.read_text(encoding="utf-8"))["Resources"].values()
    made = [one["Properties"]["ContainerDefinitions"][0] for one in resources if one["Type"].endswith("TaskDefinition")]
    return {one["Name"]: one for one in made}


def variables(container: str) -> set[str]:
    """Names of the variables that a container always has: of the template, of its secrets and of the image.

    Secrets under a condition (`Fn::If`) are left out: a parameter of the stack may leave them out, too.
    """
    told = containers()[container]
    secrets = told.get("Secrets", [])
    always = [] if "Fn::If" in secrets else secrets
    return {one["Name"] for one in (*told["Environment"], *always)} | {*IMAGE}
