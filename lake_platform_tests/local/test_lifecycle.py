"""The endpoint starts by itself, survives what kills its processes, and ends when told."""

import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import redshift_connector

import lake_platform
from lake_platform.errors import PostgresStartError
from lake_platform.local.redshift import Endpoint, ensure_endpoint, stop_endpoint
from lake_platform.local.redshift.supervisor import ensure_server
from lake_platform_tests.local.conftest import abandon, attempt, connect_to, sql_of

pytestmark = pytest.mark.warehouse
ROOT = Path(lake_platform.__file__).parent.parent
ENSURE = """
import json, sys
from dataclasses import asdict
from pathlib import Path
from lake_platform.local.redshift import ensure_endpoint
print(json.dumps(asdict(ensure_endpoint(Path(sys.argv[1])))))
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "lake"
    yield folder
    stop_endpoint(folder)
    assert living(folder) == []


def living(home: Path) -> list[psutil.Process]:
    """The processes of a home: its gateway, its postmaster and what they started."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        try:
            line = process.cmdline()
            inside = process.cwd().startswith(str(home))
        except (psutil.Error, OSError):
            continue
        if inside or any(str(home) == part or part.startswith(f"{home}/warehouse") for part in line):
            found.append(process)
    return found


def ensure_elsewhere(home: Path, *python: str) -> Endpoint:
    """`ensure_endpoint` in a process of its own."""
    command = [*(python or (sys.executable,)), "-c", ENSURE, str(home)]
    told = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert told.returncode == 0, told.stderr
    return Endpoint(**json.loads(told.stdout))


def pid_of(home: Path) -> int:
    return int(json.loads((home / "warehouse" / "endpoint.json").read_text())["pid"])


def postmaster_of(home: Path) -> psutil.Process:
    return psutil.Process(int((home / "warehouse" / "data" / "postmaster.pid").read_text().split()[0]))


def test_ten_processes_at_once_get_one_endpoint(home: Path) -> None:
    with ThreadPoolExecutor(10) as pool:
        endpoints = list(pool.map(lambda _: ensure_elsewhere(home), range(10)))

    gateways = [each for each in living(home) if "lake_platform.local.redshift.gateway" in each.cmdline()]
    assert len(set(endpoints)) == 1
    assert len(gateways) == 1
    assert attempt(endpoints[0]) == "welcome"


@pytest.fixture
def opened() -> Iterator[list[redshift_connector.Connection]]:
    """Connections whose other side will be killed."""
    connections: list[redshift_connector.Connection] = []
    yield connections
    for connection in connections:
        abandon(connection)


def commit_one_and_leave_one_open(home: Path, opened: list[redshift_connector.Connection]) -> Endpoint:
    endpoint = ensure_endpoint(home)
    connection = connect_to(endpoint)
    opened.append(connection)
    sql = sql_of(connection)
    sql("CREATE TABLE t (a int)")
    sql("INSERT INTO t VALUES (1)")
    connection.commit()
    sql("INSERT INTO t VALUES (2)")
    return endpoint


def victims(home: Path, whom: str) -> list[psutil.Process]:
    postmaster = postmaster_of(home)
    return {
        "gateway": [psutil.Process(pid_of(home))],
        "postmaster": [postmaster],
        "children": postmaster.children(),
        "server": [postmaster, *postmaster.children()],
        "everything": [psutil.Process(pid_of(home)), postmaster, *postmaster.children()],
    }[whom]


@pytest.mark.parametrize("whom", ["gateway", "postmaster", "children", "server", "everything"])
def test_committed_rows_survive_kill_9_and_others_do_not(
    home: Path, opened: list[redshift_connector.Connection], whom: str
) -> None:
    before = commit_one_and_leave_one_open(home, opened)

    for process in victims(home, whom):
        with suppress(psutil.NoSuchProcess):  # PostgreSQL ends the others itself when one of them dies
            process.kill()

    after = ensure_endpoint(home)
    with connect_to(after) as connection:
        assert sql_of(connection)("SELECT a FROM t") == [[1]]
    assert after == before, "who knows the old address finds the endpoint again"


def test_a_new_connection_is_enough_after_the_server_was_killed(
    home: Path, opened: list[redshift_connector.Connection]
) -> None:
    endpoint = commit_one_and_leave_one_open(home, opened)

    for process in victims(home, "server"):
        with suppress(psutil.NoSuchProcess):
            process.kill()

    with connect_to(endpoint) as connection:
        assert sql_of(connection)("SELECT a FROM t") == [[1]]


def test_a_path_longer_than_a_socket_may_have_works(tmp_path: Path) -> None:
    home = tmp_path / ("deep" * 20) / "with a space, 'quotes' and é" / ("deeper" * 10)

    try:
        assert attempt(ensure_endpoint(home)) == "welcome"
    finally:
        stop_endpoint(home)


def test_a_stopped_endpoint_leaves_no_process_and_keeps_its_data(home: Path) -> None:
    with connect_to(ensure_endpoint(home)) as connection:
        sql_of(connection)("CREATE TABLE t (a int)")
        connection.commit()

    stopped = stop_endpoint(home)
    left = living(home)

    assert stopped
    assert left == []
    assert not stop_endpoint(home)
    with connect_to(ensure_endpoint(home)) as connection:
        assert sql_of(connection)("SELECT count(*) FROM t") == [[0]]


def test_stopping_what_never_ran_does_nothing(tmp_path: Path) -> None:
    assert not stop_endpoint(tmp_path / "never")
    assert not (tmp_path / "never").exists()


def test_a_pid_file_of_another_life_is_no_obstacle(home: Path) -> None:
    ensure_endpoint(home)
    stop_endpoint(home)
    (home / "warehouse" / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n{home}\n0\n5432\n.\n\n0 0\nready\n")

    assert attempt(ensure_endpoint(home)) == "welcome"


def test_an_interrupted_initdb_is_begun_again(home: Path) -> None:
    (home / "warehouse" / "data.new" / "base").mkdir(parents=True)

    assert attempt(ensure_endpoint(home)) == "welcome"


def test_a_gateway_that_hangs_is_replaced(home: Path) -> None:
    ensure_endpoint(home)
    hanging = psutil.Process(pid_of(home))
    address = home / "warehouse" / "endpoint.json"
    address.write_text(address.read_text().replace('"instance": "', '"instance": "x'))
    hanging.suspend()

    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(ensure_endpoint, home)
        time.sleep(0.5)
        hanging.resume()
        endpoint = coming.result(60)

    assert attempt(endpoint) == "welcome"
    assert pid_of(home) != hanging.pid


def test_a_deleted_home_takes_its_processes_along(home: Path) -> None:
    ensure_endpoint(home)
    shutil.rmtree(home)

    deadline = time.monotonic() + 20
    while living(home) and time.monotonic() < deadline:
        time.sleep(0.1)

    assert living(home) == []


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    server = ensure_server(tmp_path)
    process = psutil.Process(int((server.data / "postmaster.pid").read_text().split()[0]))
    process.send_signal(signal.SIGINT)
    psutil.wait_procs([process], timeout=10)
    with (server.data / "postgresql.auto.conf").open("a") as file:
        file.write("no_such_setting_of_postgresql = 1\n")

    with pytest.raises(PostgresStartError, match="no_such_setting_of_postgresql"):
        ensure_server(tmp_path)


def as_plain_user() -> list[str]:
    """The command that runs this Python as nobody, without any right of root."""
    setpriv = shutil.which("setpriv")
    if os.geteuid() != 0 or setpriv is None:
        pytest.skip("needs root and setpriv to become another user; run as a plain user, all other tests show the same")
    user = [setpriv, "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]
    paths = f"PYTHONPATH={ROOT}{os.pathsep}{sysconfig.get_path('purelib')}"
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        # Through a shell: setpriv itself still reaches what only root does.
        command = [*user, "sh", "-c", 'exec "$0" "$@"', "env", paths, python]
        if subprocess.run([*command, "-c", "import redshift_connector"], capture_output=True, cwd="/").returncode == 0:
            return command
    pytest.skip("no Python of this version is within a plain user's reach")


def test_a_plain_user_runs_its_own() -> None:
    command = as_plain_user()
    # A place that everyone may reach: pytest's own folders are closed to others.
    place = Path("/tmp") / f"lake-plain-{os.getpid()}"
    place.mkdir(mode=0o755)
    os.chown(place, 65534, 65534)

    try:
        endpoint = ensure_elsewhere(place / "lake", *command)
        assert attempt(endpoint) == "welcome"
        assert {process.uids().effective for process in living(place / "lake")} == {65534}
    finally:
        stop_endpoint(place / "lake")
        shutil.rmtree(place)


def test_as_root_the_server_runs_as_nobody_and_opens_no_folder(home: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root")
    home.mkdir(mode=0o700)

    ensure_endpoint(home)

    assert postmaster_of(home).uids().effective == 65534
    assert home.stat().st_mode & 0o777 == 0o700
