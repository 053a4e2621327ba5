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
    """Names of the variables that a container has: of the template, of its secrets and of the image."""
    told = containers()[container]
    return {one["Name"] for one in (*told["Environment"], *told.get("Secrets", []))} | {*IMAGE}
