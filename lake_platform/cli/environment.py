"""What every command needs of the environment: LAKE_HOME, LAKE_DEFS and DAGSTER_HOME."""

import os
from pathlib import Path

import lake_platform

INSTANCE_FILE = "dagster.yaml"


def prepare_environment(home: Path | None, defs: Path | None) -> None:
    """Writes the options into the environment, for this process and those it starts."""
    if home is not None:
        os.environ["LAKE_HOME"] = str(home.absolute())
    if defs is not None:
        os.environ["LAKE_DEFS"] = str(defs.absolute())
    if not os.environ.get("DAGSTER_HOME"):
        os.environ["DAGSTER_HOME"] = str(dagster_home(Path.cwd()))


def dagster_home(start: Path) -> Path:
    """The nearest folder at or above `start` that holds a dagster.yaml, else the one of this package."""
    return project_file(INSTANCE_FILE, start).parent


def project_file(name: str, start: Path) -> Path:
    """A top-level file of the project: the nearest at or above `start`, else the one beside this package."""
    near = (folder / name for folder in (start, *start.parents))
    return next((file for file in near if file.is_file()), Path(lake_platform.__file__).parents[1] / name)
