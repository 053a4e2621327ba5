"""The address of a warm JVM, and who is attached to it. No pyspark, no Dagster: this is read before anything is imported."""

import json
import os
import socket
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import psutil

ADDRESS = "warm.json"
CLIENTS = "clients"


@dataclass(frozen=True)
class WarmJvm:
    """Where a warm JVM listens and what it was started with.

    Attributes:
        started: when the holder process was created, so that a pid which was given away again is seen.
        settings: the `JvmSettings` it was started with, and the versions of pyspark and of this package's format.
    """

    port: int
    secret: str
    pid: int
    started: float
    settings: dict[str, Any]

    def is_alive(self) -> bool:
        return process_is_alive(self.pid, self.started) and _listens(self.port)


def read_warm(folder: Path) -> WarmJvm | None:
    """The JVM that is written down in a folder, alive or not; None where nothing readable is."""
    try:
        return WarmJvm(**json.loads((folder / ADDRESS).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def write_warm(folder: Path, warm: WarmJvm) -> None:
    """Readable by its owner alone: who has the secret can run anything in the JVM."""
    _write(folder / ADDRESS, asdict(warm))


@dataclass(frozen=True)
class Client:
    """A process that is attached, with the job groups it has started."""

    pid: int
    started: float
    groups: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.pid}-{int(self.started * 1000)}"

    def is_alive(self) -> bool:
        return process_is_alive(self.pid, self.started)


def this_process() -> Client:
    return Client(os.getpid(), psutil.Process().create_time())


def write_client(folder: Path, client: Client) -> None:
    (folder / CLIENTS).mkdir(parents=True, exist_ok=True)
    _write(folder / CLIENTS / f"{client.name}.json", asdict(client))


def remove_client(folder: Path, client: Client) -> None:
    (folder / CLIENTS / f"{client.name}.json").unlink(missing_ok=True)


def read_clients(folder: Path) -> Iterator[Client]:
    for path in sorted((folder / CLIENTS).glob("*.json")):
        try:
            body = cast("dict[str, Any]", json.loads(path.read_text()))
            yield Client(body["pid"], body["started"], tuple(body["groups"]))
        except (OSError, ValueError, KeyError, TypeError):
            continue


def process_is_alive(pid: int, started: float) -> bool:
    """Whether that very process runs; one that is dead and not yet waited for does not."""
    try:
        process = psutil.Process(pid)
        return abs(process.create_time() - started) < 1 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _write(path: Path, body: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        json.dump(body, stream)
    part.replace(path)
