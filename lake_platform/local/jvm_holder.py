"""The process that keeps the warm JVM: `python -m lake_platform.local.jvm_holder <folder> <idle seconds>`.

Its settings come as JSON on standard input. Killing it ends the JVM too, which watches a pipe to it.
"""

import json
import shutil
import signal
import sys
import time
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import FrameType
from typing import Any

from pyspark import SparkConf, SparkContext
from pyspark.sql import SparkSession

from lake_platform.spark.settings import JvmSettings
from lake_platform.spark.warm import (
    ADDRESS,
    Client,
    WarmJvm,
    read_clients,
    read_warm,
    remove_client,
    this_process,
    write_warm,
)

_TICK = 1.0
_DEAD_FOR = 10.0
"""How long the jobs of a dead process are cancelled: what runs in the JVM itself may start another one after the first."""


@dataclass
class Watch:
    """What the holder remembers between two looks at its clients."""

    context: SparkContext
    folder: Path
    idle_since: float = field(default_factory=time.monotonic)
    dead: dict[str, float] = field(default_factory=dict)

    def look(self) -> float:
        """Cancels what the dead have left; returns for how long nobody has needed the JVM."""
        clients = list(read_clients(self.folder))
        living = [client for client in clients if client.is_alive()]
        for client in clients:
            if client not in living:
                self._bury(client)
        if living or self.dead or _runs_jobs(self.context):
            self.idle_since = time.monotonic()
        return time.monotonic() - self.idle_since

    def _bury(self, client: Client) -> None:
        for group in client.groups:
            self.context.cancelJobGroup(group)
        since = self.dead.setdefault(client.name, time.monotonic())
        if time.monotonic() - since > _DEAD_FOR:
            remove_client(self.folder, client)
            del self.dead[client.name]
            if not any(client.is_alive() for client in read_clients(self.folder)):
                # What a killed process had cached nobody will ask for again.
                SparkSession(self.context).catalog.clearCache()


def hold(folder: Path, idle_seconds: float, described: dict[str, Any]) -> None:
    """Starts the JVM, writes its address down and watches until nobody has needed it for a while."""
    given: dict[str, Any] = {f.name: described[f.name] for f in fields(JvmSettings)}
    given["jars"] = tuple(given["jars"])
    settings = JvmSettings(**given)
    for left_behind in ("tmp", "warehouse"):
        shutil.rmtree(folder / left_behind, ignore_errors=True)
    (folder / "tmp").mkdir(parents=True)
    context = SparkContext(conf=SparkConf().setAll(list(settings.confs(folder).items())))
    SparkSession(context)
    context.setLogLevel("WARN")
    parameters: Any = context._gateway.gateway_parameters  # pyright: ignore[reportPrivateUsage, reportOptionalMemberAccess] the address of the JVM is nowhere else
    me = this_process()
    write_warm(folder, WarmJvm(parameters.port, parameters.auth_token, me.pid, me.started, described))
    watch = Watch(context, folder)
    try:
        while watch.look() < idle_seconds and _is_mine(folder, me):
            time.sleep(min(_TICK, idle_seconds))
    finally:
        if _is_mine(folder, me):
            (folder / ADDRESS).unlink(missing_ok=True)
        context.stop()


def _is_mine(folder: Path, me: Client) -> bool:
    """Whether the folder still names this holder: one that was replaced or deleted has nothing left to do."""
    warm = read_warm(folder)
    return warm is not None and warm.pid == me.pid


def _runs_jobs(context: SparkContext) -> bool:
    return bool(context.statusTracker().getActiveJobsIds())


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    hold(Path(sys.argv[1]), float(sys.argv[2]), json.load(sys.stdin))
