"""One embedded PostgreSQL per folder, started by whoever needs it first.

Every process of a server inherits one open file with a `flock` on it: the lock is free exactly when none of them is
left, zombies and processes of other users included. So nobody has to trust a pid file, and a second server on the same
data is impossible. Processes are looked up by working directory only to end orphans sooner.
"""

import fcntl
import os
import secrets
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

from lake_platform.errors import PostgresStartError
from lake_platform.local.redshift import demote
from lake_platform.local.redshift.binaries import find_binaries

SUPERUSER = "rdsdb"
"""The role that owns the system, as on Redshift; clients never get it."""
TERMINATE = b"X\0\0\0\4"
SOCKET = ".s.PGSQL.5432"
START_SECONDS = 60.0
ORPHAN_SECONDS = 3.0
LAUNCHES = 3
# fsync, full_page_writes and synchronous_commit stay on: turning them off gains nothing measurable here
# and loses committed merges when the machine dies.
CONFIGURATION = {
    "unix_socket_directories": ".",
    "listen_addresses": "",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "1GB",
    "max_connections": "100",
    "work_mem": "64MB",
    "jit": "off",
    # Containers give /dev/shm 64 MB, which parallel hash joins exhaust.
    "max_parallel_workers_per_gather": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "log",
    "log_checkpoints": "off",
    "datestyle": "ISO, MDY",
    # A session whose client is gone ends although it computes or waits.
    "client_connection_check_interval": "1s",
    # Snapshot isolation, Redshift's default.
    "default_transaction_isolation": "repeatable read",
    "rs.query_group": "",
}


@dataclass(frozen=True)
class Server:
    """A running PostgreSQL: its data folder and the password of its superuser."""

    data: Path
    password: str


def ensure_server(folder: Path) -> Server:
    """Give the PostgreSQL of this folder, making and starting it if need be. Any number of processes may ask at once."""
    data = folder / "data"
    if not answers(data):
        folder.mkdir(parents=True, exist_ok=True)
        with exclusive(folder / "postgres.lock"):
            if not answers(data):
                _create(folder, data)
                _start(folder, data)
    return Server(data, (folder / "postgres.secret").read_text())


def stop_server(folder: Path, seconds: float = 30.0) -> bool:
    """End the PostgreSQL of this folder: fast shutdown, then without mercy; says whether one was running."""
    data = folder / "data"
    if not folder.is_dir():
        # Deleted under a running server: there is no lock left to wait for.
        _kill_left(data)
        return False
    lived = False
    with exclusive(folder / "postgres.lock"):
        if pid := _postmaster(data):
            with suppress(OSError):
                os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + seconds
        while (alive := _claim(folder)) is None:
            lived = True
            if time.monotonic() > deadline:
                _kill_left(data)
                deadline += ORPHAN_SECONDS
            time.sleep(0.01)
        alive.close()
    return lived


def answers(data: Path, seconds: float = 5.0) -> bool:
    """True when the server of this data folder answers a start-up packet."""
    try:
        with socket_path(data) as path, socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(seconds)
            connection.connect(path)
            body = struct.pack("!I", 196608) + b"user\0awsuser\0database\0dev\0\0"
            connection.sendall(struct.pack("!I", len(body) + 4) + body)
            answered = connection.recv(100)[:1] == b"R"
            connection.sendall(TERMINATE)
            return answered
    except OSError:
        return False


@contextmanager
def socket_path(data: Path) -> Generator[str]:
    """A path of the server's socket that fits into 108 bytes, however deep the folder is."""
    folder = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if Path("/proc/self/fd").exists():
            yield f"/proc/self/fd/{folder}/{SOCKET}"
        else:
            link = Path("/tmp") / f"lake-{secrets.token_hex(8)}"
            link.symlink_to(data)
            try:
                yield str(link / SOCKET)
            finally:
                link.unlink()
    finally:
        os.close(folder)


@contextmanager
def exclusive(path: Path) -> Generator[None]:
    """Hold the lock of a file; waits for its present holder."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _create(folder: Path, data: Path) -> None:
    if (data / "PG_VERSION").exists():
        return
    fresh = folder / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(fresh, demote.NOBODY, demote.NOBODY)
    secret = folder / "postgres.secret"
    with open(secret, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        file.write(secrets.token_hex(16))
    binaries = find_binaries()
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if binaries.major >= 17 else []
    made = subprocess.run(
        _as_nobody(
            [
                *(binaries.initdb, "-D", str(fresh), "-U", SUPERUSER, "--auth=password", f"--pwfile={secret}"),
                *("--encoding=UTF8", "--locale=C", "--no-instructions", *locale),
                *(f"-c{name}={value}" for name, value in CONFIGURATION.items()),
            ]
        ),
        capture_output=True,
        text=True,
        cwd="/",
        check=False,
    )
    if made.returncode:
        raise PostgresStartError(folder, made.stderr)
    fresh.rename(data)


def _start(folder: Path, data: Path) -> None:
    """Start the server, or wait for one that is starting; `postgres.lock` is held."""
    binaries = find_binaries()
    started = time.monotonic()
    launched: list[subprocess.Popen[bytes]] = []
    while time.monotonic() - started < START_SECONDS:
        if answers(data):
            break
        alive = _claim(folder)
        if alive is not None:
            if len(launched) == LAUNCHES:
                alive.close()
                break
            time.sleep(0.2 * len(launched))
            launched.append(_launch(folder, data, binaries.postgres, alive))
        elif _postmaster(data) is None and time.monotonic() - started > ORPHAN_SECONDS:
            _kill_left(data)
        for process in launched:
            process.poll()
        time.sleep(0.01)
    for process in launched:
        # It outlives us on purpose: without this, Popen warns when it is collected.
        process.returncode = process.poll() or 0
    if not answers(data):
        raise PostgresStartError(folder, (folder / "postgres.log").read_text(errors="replace")[-2000:])


def _launch(folder: Path, data: Path, postgres: str, alive: IO[str]) -> subprocess.Popen[bytes]:
    for name in ("postmaster.pid", f"{SOCKET}.lock", SOCKET):
        (data / name).unlink(missing_ok=True)
    with alive, (folder / "postgres.log").open("ab") as log:
        return subprocess.Popen(
            _as_nobody([postgres, "-D", str(data)]),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=[alive.fileno()],
            cwd="/",
        )


def _claim(folder: Path) -> IO[str] | None:
    """The lock that the server's processes share, or None while one of them lives."""
    file = (folder / "postgres.alive").open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def _as_nobody(command: list[str]) -> list[str]:
    if os.geteuid() != 0:
        return command
    return [sys.executable, "-I", "-S", demote.__file__, *command]


def _postmaster(data: Path) -> int | None:
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
        process = psutil.Process(pid)
        mine = str(data) in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE
    except (OSError, ValueError, psutil.Error):
        return None
    return pid if mine else None


def _kill_left(data: Path) -> None:
    """End every process that still sits in the data folder."""
    places = (str(data), f"{data} (deleted)")
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.cwd() in places:
                process.kill()
