"""Where a run finds its lake and its backend. Nothing is read from the environment before `Settings.from_environment`."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lake_platform.errors import SettingsError

Backend = Literal["local", "aws"]


@dataclass(frozen=True)
class Settings:
    """What the environment says, once.

    Attributes:
        home: LAKE_HOME, the directory of the local backend (default `.lake`), absolute.
        backend: LAKE_BACKEND, `local` or `aws`.
        landing_bucket: producers write here, the platform only reads (LAKE_LANDING_BUCKET on AWS).
        lake_bucket: only the platform writes here (LAKE_BUCKET on AWS).
        defs: LAKE_DEFS, the folder of dataset definitions; None is the package's own `defs`.
        spark_dir: LAKE_SPARK_DIR, where the warm JVM keeps its address (default `home/spark`).
    """

    home: Path
    backend: Backend
    landing_bucket: str
    lake_bucket: str
    defs: Path | None
    spark_dir: Path

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        env = os.environ if environ is None else environ
        backend = env.get("LAKE_BACKEND") or "local"
        if backend not in ("local", "aws"):
            raise SettingsError(f"LAKE_BACKEND is {backend!r}: set it to local or aws, or leave it out for local")
        home = Path(env.get("LAKE_HOME") or ".lake").absolute()
        local = backend == "local"
        return cls(
            home=home,
            backend="local" if local else "aws",
            landing_bucket="landing" if local else _required(env, "LAKE_LANDING_BUCKET"),
            lake_bucket="lake" if local else _required(env, "LAKE_BUCKET"),
            defs=Path(env["LAKE_DEFS"]).absolute() if env.get("LAKE_DEFS") else None,
            spark_dir=Path(env.get("LAKE_SPARK_DIR") or home / "spark").absolute(),
        )


def _required(env: Mapping[str, str], name: str) -> str:
    if not env.get(name):
        raise SettingsError(f"{name} is not set: LAKE_BACKEND=aws needs the name of that bucket")
    return env[name]
