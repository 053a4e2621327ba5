"""The warm Spark: a holder process that keeps one JVM for all processes of a lake.

Every Dagster run is a new process, and a session of its own costs it 5 to 9 s. The holder is started by whoever needs
it first, in a session of its own, so that no terminal or run takes it along. It goes away when nobody has been
attached and nothing has run for a while. It cancels what killed processes have left running.
"""

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil

import lake_platform
from lake_platform.errors import SparkStartError
from lake_platform.spark.settings import JvmSettings, java_environment
from lake_platform.spark.warm import ADDRESS, WarmJvm, process_is_alive, read_clients, read_warm, this_process

IDLE_SECONDS = 1800.0
_START_SECONDS = 90.0
_LOG = "holder.log"
_MODULE = "lake_platform.local.jvm_holder"


def ensure_holder(spark_dir: Path, settings: JvmSettings, *, idle_seconds: float = IDLE_SECONDS) -> WarmJvm | None:
    """The warm JVM of a folder, started if there is none that fits.

    One with other settings or versions is replaced, but not while other processes are attached to it: then the answer
    is None, and the caller makes its own session.

    Raises:
        SparkStartError: it does not come up; the message holds the end of its log.
    """
    found = _fitting(spark_dir, settings)
    if found is not None:
        return found
    spark_dir.mkdir(parents=True, exist_ok=True)
    spark_dir.chmod(0o700)
    with _locked(spark_dir):
        found = _fitting(spark_dir, settings)
        if found is not None:
            return found
        old = read_warm(spark_dir)
        if old is not None and old.is_alive() and _others_attached(spark_dir):
            return None
        _stop(spark_dir, old)
        return _start(spark_dir, settings, idle_seconds)


def stop_holder(spark_dir: Path) -> bool:
    """Ends the holder and its JVM, whoever uses it. Whether there was one."""
    if not spark_dir.is_dir():
        return False
    with _locked(spark_dir):
        return _stop(spark_dir, read_warm(spark_dir))


def described(settings: JvmSettings) -> dict[str, Any]:
    """What has to be equal for two processes to share a JVM, as it is written down."""
    from importlib.metadata import version

    return {
        **asdict(settings),
        "jars": list(settings.jars),
        "pyspark": version("pyspark"),
        "version": list(sys.version_info[:2]),
    }


def _fitting(spark_dir: Path, settings: JvmSettings) -> WarmJvm | None:
    warm = read_warm(spark_dir)
    return warm if warm is not None and warm.settings == described(settings) and warm.is_alive() else None


def _others_attached(spark_dir: Path) -> bool:
    me = this_process().name
    return any(client.name != me and client.is_alive() for client in read_clients(spark_dir))


def _start(spark_dir: Path, settings: JvmSettings, idle_seconds: float) -> WarmJvm:
    log = spark_dir / _LOG
    root = str(Path(lake_platform.__file__).parents[1])
    environ = java_environment(settings, os.environ)
    environ["PYTHONPATH"] = os.pathsep.join([root, *filter(None, [environ.get("PYTHONPATH")])])
    command = [sys.executable, "-m", _MODULE, str(spark_dir), str(idle_seconds)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            cwd=spark_dir,
            env=environ,
            start_new_session=True,
        )
    assert process.stdin is not None
    with process.stdin as stdin:
        stdin.write(_as_json(settings).encode())
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        warm = read_warm(spark_dir)
        if warm is not None and warm.pid == process.pid:
            _leave_behind(process)
            return warm
        time.sleep(0.05)
    _end(process.pid)
    process.wait()
    raise SparkStartError(spark_dir, log.read_text(errors="replace")[-3000:])


def _as_json(settings: JvmSettings) -> str:
    import json

    return json.dumps(described(settings))


def _leave_behind(process: "subprocess.Popen[bytes]") -> None:
    """The holder outlives this process on purpose; Popen would warn that it still runs."""
    process.returncode = 0


def _stop(spark_dir: Path, warm: WarmJvm | None) -> bool:
    if warm is None:
        return False
    (spark_dir / ADDRESS).unlink(missing_ok=True)
    alive = process_is_alive(warm.pid, warm.started)
    if alive:
        _end(warm.pid)
    return alive


def _end(pid: int) -> None:
    """The holder first, gently; then its JVM and Python workers, if they are still there."""
    try:
        holder = psutil.Process(pid)
        family = [holder, *holder.children(recursive=True)]
        holder.terminate()
        _, left = psutil.wait_procs(family, timeout=5)
    except psutil.Error:
        return
    for process in left:
        try:
            process.kill()
        except psutil.Error:
            continue
    psutil.wait_procs(left, timeout=5)


@contextmanager
def _locked(spark_dir: Path) -> Generator[None]:
    descriptor = os.open(spark_dir / "holder.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
