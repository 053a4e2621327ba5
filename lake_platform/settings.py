"""Where a run finds its lake and its backend. Nothing is read from the environment before `Settings.from_environment`."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from lake_platform.errors import SettingsError

Backend = Literal["local", "aws"]
UI_URL = "http://127.0.0.1:3000"


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
        alert_webhook: LAKE_ALERT_WEBHOOK, where the ends of runs are told; such addresses hold tokens.
        ui_url: LAKE_UI_URL, where Dagster's UI is, for links.
    """

    home: Path
    backend: Backend
    landing_bucket: str
    lake_bucket: str
    defs: Path | None
    spark_dir: Path
    alert_webhook: str | None = field(repr=False)
    ui_url: str

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
            alert_webhook=_webhook(env.get("LAKE_ALERT_WEBHOOK")),
            ui_url=env.get("LAKE_UI_URL") or UI_URL,
        )


def aws_region(environ: Mapping[str, str] | None = None) -> str | None:
    """AWS_REGION, else AWS_DEFAULT_REGION: boto3 reads the second only, and containers of ECS are given the first."""
    env = os.environ if environ is None else environ
    return env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or None


def _required(env: Mapping[str, str], name: str) -> str:
    if not env.get(name):
        raise SettingsError(f"{name} is not set: LAKE_BACKEND=aws needs the name of that bucket")
    return env[name]


def _webhook(address: str | None) -> str | None:
    """The address as it stands; it is never named in an error."""
    if not address:
        return None
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
        _ = parts.port
    except ValueError:
        usable = False
    if not usable or any(character.isspace() for character in address):
        raise SettingsError(
            "LAKE_ALERT_WEBHOOK is no address: set it to http://… or https://…, without user and password"
        )
    return address


def require_local(settings: Settings, what: str) -> None:
    """Raises SettingsError where the backend is not the local one, which alone has what is asked for."""
    if settings.backend != "local":
        raise SettingsError(f"{what} is of the local backend: unset LAKE_BACKEND")
