"""Where the local Redshift endpoint of a LAKE_HOME is: found, started by whoever needs it first, stopped."""

import fcntl
import json
import os
import secrets
import signal
import socket
import struct
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

import lake_platform
from lake_platform.errors import EndpointStartError
from lake_platform.local.redshift.supervisor import exclusive, stop_server

HOST = "127.0.0.1"
DATABASE = "dev"
USER = "awsuser"
HELLO = 0x4C414B45
"""A start-up code of our own: the gateway answers it with its instance, so a port that another program took over is
never mistaken for it."""
MODULE = "lake_platform.local.redshift.gateway"
START_SECONDS = 120.0
STOP_SECONDS = 10.0


@dataclass(frozen=True)
class Endpoint:
    """What a driver needs to connect, as `redshift_connector.connect` names it."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)


def ensure_endpoint(home: Path) -> Endpoint:
    """The endpoint of this LAKE_HOME, started if need be. Any number of processes may ask at once."""
    folder = warehouse_of(home)
    if found := _living(folder):
        return found
    folder.mkdir(parents=True, exist_ok=True)
    with exclusive(folder / "endpoint.lock"):
        return _living(folder) or _start(home.resolve(), folder)


def stop_endpoint(home: Path) -> bool:
    """End the gateway and the PostgreSQL of this LAKE_HOME; says whether one of them was running."""
    folder = warehouse_of(home)
    if not folder.is_dir():
        return False
    with exclusive(folder / "endpoint.lock"):
        gateway = _end_gateway(folder)
        address_of(folder).unlink(missing_ok=True)
        return stop_server(folder) or gateway


def warehouse_of(home: Path) -> Path:
    """The folder of the local warehouse."""
    return home.resolve() / "warehouse"


def address_of(folder: Path) -> Path:
    """The file that says where the endpoint listens, of mode 0600 since it holds the password."""
    return folder / "endpoint.json"


def _living(folder: Path) -> Endpoint | None:
    """The endpoint that the address names, if it answers with the right instance."""
    try:
        told: dict[str, Any] = json.loads(address_of(folder).read_text())
        with socket.create_connection((told["host"], told["port"]), timeout=5.0) as connection:
            connection.sendall(struct.pack("!II", 8, HELLO))
            if _receive(connection, len(told["instance"])) != told["instance"].encode():
                return None
        return Endpoint(**{name: told[name] for name in Endpoint.__dataclass_fields__})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _receive(connection: socket.socket, count: int) -> bytes:
    received = b""
    while len(received) < count and (part := connection.recv(count - len(received))):
        received += part
    return received


def _start(home: Path, folder: Path) -> Endpoint:
    _end_gateway(folder)
    root = str(Path(lake_platform.__file__).parent.parent)
    paths = [root, *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    with (folder / "gateway.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", MODULE, str(home), secrets.token_hex(16)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd="/",
        )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if found := _living(folder):
            # It outlives us on purpose: without this, Popen warns when it is collected.
            process.returncode = 0
            return found
        time.sleep(0.02)
    raise EndpointStartError(folder, (folder / "gateway.log").read_text(errors="replace")[-2000:])


def _end_gateway(folder: Path) -> bool:
    """End the gateway of this folder, if one lives: it holds the lock of `gateway.alive` as long as it does."""
    deadline = time.monotonic() + STOP_SECONDS
    number, lived = signal.SIGTERM, False
    with (folder / "gateway.alive").open("a") as alive:
        while True:
            try:
                fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return lived
            except BlockingIOError:
                _signal_gateway(folder, number)
                lived = True
            if time.monotonic() > deadline:
                number = signal.SIGKILL
            time.sleep(0.02)


def _signal_gateway(folder: Path, number: signal.Signals) -> None:
    with suppress(OSError, ValueError, psutil.Error):
        process = psutil.Process(int((folder / "gateway.pid").read_text()))
        # The file may be older than the process that has this number now.
        if MODULE in process.cmdline():
            process.send_signal(number)
