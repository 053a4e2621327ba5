"""One JVM for all processes of a lake: attached to, never stopped by a client, replaced when it is gone."""

import os
import signal
import stat
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from glue_jobs.protocol import ColumnSpec, InputFile, JobRequest, PartitionWork
from lake_platform.errors import SparkLostError, SparkStartError
from lake_platform.local.jvm import ensure_holder, stop_holder
from lake_platform.local.warm_spark import WarmSparkResource
from lake_platform.spark.attach import Attachment, detach
from lake_platform.spark.local import LocalSparkResource
from lake_platform.spark.settings import JvmSettings, default_memory
from lake_platform.spark.warm import WarmJvm, read_clients, read_warm, this_process

pytestmark = pytest.mark.spark

ROOT = Path(__file__).parents[2]
GIB = 1024**3


def resource(spark_dir: Path, home: Path, **fields: str) -> WarmSparkResource:
    for bucket in ("landing", "lake"):
        (home / "s3" / bucket).mkdir(parents=True, exist_ok=True)
    return WarmSparkResource(home=str(home), spark_dir=str(spark_dir), memory="512m", **fields)


def request(home: Path, rows: int = 2) -> JobRequest:
    (home / "s3/lake/raw").mkdir(parents=True, exist_ok=True)
    (home / "s3/lake/raw/x").write_text("id\n" + "\n".join(map(str, range(rows))))
    file = InputFile(url="s3://lake/raw/x", key="k", time="2024-01-01T00:00:00Z", size=1, header=("id",))
    work = PartitionWork(partition="all", token="t", files=(file,))
    return JobRequest(
        job="validate",
        dataset="t",
        token="t",
        output=f"s3://lake/out/{time.time_ns()}",
        partitions=(work,),
        columns=(ColumnSpec(name="id", type="int"),),
    )


@pytest.fixture(scope="module")
def doomed_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A warm JVM that tests may kill."""
    folder = tmp_path_factory.mktemp("doomed")
    yield folder
    stop_holder(folder)


@pytest.fixture(autouse=True)
def detached_after() -> Iterator[None]:
    yield
    detach()


def run_python(code: str, *arguments: object) -> "subprocess.Popen[str]":
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ, start_new_session=True)


def wait_until(holds: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_two_lakes_share_one_jvm_and_each_sees_its_own_files(spark_dir: Path, tmp_path: Path) -> None:
    homes = [tmp_path / "one", tmp_path / "two words [1]"]
    sessions = [WarmSparkResource(home=str(home), spark_dir=str(spark_dir)).new_session() for home in homes]
    for home in homes:
        (home / "s3/lake/d").mkdir(parents=True)
        (home / "s3/lake/d/same.txt").write_text(home.name)

    read = [session.read.text("s3://lake/d/same.txt").collect()[0][0] for session in sessions]
    for session in sessions:
        session.read.text("s3://lake/d/same.txt").write.parquet("s3://lake/copy")

    assert read == ["one", "two words [1]"]
    assert sessions[0].sparkContext.applicationId == sessions[1].sparkContext.applicationId
    assert [home.joinpath("s3/lake/copy").is_dir() for home in homes] == [True, True]
    assert [session.read.parquet("s3://lake/copy").collect()[0][0] for session in sessions] == read


def test_settings_and_views_of_a_session_are_its_own(spark_dir: Path, tmp_path: Path) -> None:
    first, second = (WarmSparkResource(home=str(tmp_path), spark_dir=str(spark_dir)).new_session() for _ in range(2))
    first.conf.set("spark.sql.shuffle.partitions", "77")
    first.range(1).createOrReplaceTempView("primary")

    assert second.conf.get("spark.sql.shuffle.partitions") != "77"
    assert not second.catalog.tableExists("primary")


def test_a_client_cannot_stop_the_jvm(spark_resource: LocalSparkResource) -> None:
    session = spark_resource.new_session()
    application = session.sparkContext.applicationId
    session.sparkContext.stop()
    again = spark_resource.new_session()
    again.stop()

    last = spark_resource.new_session()

    assert last.sparkContext.applicationId == application
    assert last.range(3).count() == 3


def test_control_c_is_left_to_this_process(spark_resource: LocalSparkResource) -> None:
    before = signal.getsignal(signal.SIGINT)

    spark_resource.new_session()

    assert signal.getsignal(signal.SIGINT) is before


def test_the_address_is_for_its_owner_and_the_jvm_listens_here_only(doomed_dir: Path, tmp_path: Path) -> None:
    session = resource(doomed_dir, tmp_path).new_session()

    warm = read_warm(doomed_dir)
    assert warm is not None
    assert stat.S_IMODE((doomed_dir / "warm.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(doomed_dir.stat().st_mode) == 0o700
    assert session.conf.get("spark.driver.memory") == "512m"
    listening = {
        connection.laddr.ip
        for process in [psutil.Process(warm.pid), *psutil.Process(warm.pid).children(recursive=True)]
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening <= {"127.0.0.1", "::ffff:127.0.0.1"}
    assert listening


USE = """
    import sys
    from pathlib import Path
    from lake_platform.local.warm_spark import WarmSparkResource
    session = WarmSparkResource(home=sys.argv[2], spark_dir=sys.argv[1], memory="512m").new_session()
    print(session.sparkContext.applicationId, flush=True)
"""


def test_many_processes_that_come_at_once_start_one_jvm_that_outlives_them(tmp_path: Path) -> None:
    users = [run_python(USE, tmp_path / "spark", tmp_path) for _ in range(3)]
    try:
        applications = {user.communicate(timeout=180)[0].strip() for user in users}

        assert len(applications) == 1
        warm = read_warm(tmp_path / "spark")
        assert warm is not None
        assert warm.is_alive()
        assert list(read_clients(tmp_path / "spark")) == []
    finally:
        assert stop_holder(tmp_path / "spark")
    assert not stop_holder(tmp_path / "spark")
    assert not psutil.pid_exists(warm.pid) or psutil.Process(warm.pid).status() == psutil.STATUS_ZOMBIE


def test_a_holder_that_was_killed_is_started_again(doomed_dir: Path, tmp_path: Path) -> None:
    spark = resource(doomed_dir, tmp_path)
    before = spark.new_session().sparkContext.applicationId
    warm = read_warm(doomed_dir)
    assert warm is not None
    family = psutil.Process(warm.pid).children(recursive=True)
    os.kill(warm.pid, signal.SIGKILL)
    assert psutil.wait_procs(family, timeout=20)[1] == []

    report = spark.run(request(tmp_path))

    assert report.partitions[0].rows_out == 2
    assert spark.new_session().sparkContext.applicationId != before


def test_a_job_in_a_jvm_that_dies_can_be_tried_again(
    doomed_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spark = resource(doomed_dir, tmp_path)
    spark.new_session()
    warm = read_warm(doomed_dir)
    assert warm is not None

    def slow(session: object, asked: JobRequest) -> object:
        threading.Timer(0.5, os.kill, (warm.pid, signal.SIGKILL)).start()
        return session.range(10**13).selectExpr("sum(id * 3 % 7)").collect()  # pyright: ignore[reportAttributeAccessIssue]

    monkeypatch.setattr("glue_jobs.validate.run", slow)
    with pytest.raises(SparkLostError, match="t: Spark went away while job t ran"):
        spark.run(request(tmp_path))

    monkeypatch.undo()
    assert spark.run(request(tmp_path)).partitions[0].rows_out == 2


LONG_JOB = """
    import sys
    from pathlib import Path
    import glue_jobs.validate
    from lake_platform_tests.spark.test_warm_jvm import request, resource

    def slow(session, asked):
        print("running", flush=True)
        session.range(10**13).selectExpr("sum(id * 3 % 7)").collect()

    glue_jobs.validate.run = slow
    resource(Path(sys.argv[1]), Path(sys.argv[2])).run(request(Path(sys.argv[2])))
"""


def test_what_a_killed_process_has_left_running_is_cancelled(doomed_dir: Path, tmp_path: Path) -> None:
    context = resource(doomed_dir, tmp_path).new_session().sparkContext
    victim = run_python(LONG_JOB, doomed_dir, tmp_path)
    assert victim.stdout is not None
    assert victim.stdout.readline() == "running\n"
    tracker = context.statusTracker()
    wait_until(lambda: bool(tracker.getActiveJobsIds()))

    victim.kill()
    victim.communicate()

    wait_until(lambda: not tracker.getActiveJobsIds())
    wait_until(lambda: [client.pid for client in read_clients(doomed_dir)] == [os.getpid()])


def settings_of(spark_dir: Path, tmp_path: Path) -> JvmSettings:
    return resource(spark_dir, tmp_path).jvm_settings()


def test_a_jvm_with_other_settings_is_replaced_unless_others_use_it(doomed_dir: Path, tmp_path: Path) -> None:
    settings = settings_of(doomed_dir, tmp_path)
    first = ensure_holder(doomed_dir, settings)
    assert first is not None
    other = replace(settings, memory="600m")
    user = run_python(USE + "    import time; time.sleep(600)\n", doomed_dir, tmp_path)
    assert user.stdout is not None
    user.stdout.readline()

    assert ensure_holder(doomed_dir, other) is None
    assert ensure_holder(doomed_dir, settings) == first
    user.kill()
    user.communicate()
    second = ensure_holder(doomed_dir, other)

    assert second is not None
    assert second.pid != first.pid
    assert not first.is_alive()
    assert second.settings["memory"] == "600m"


def test_it_goes_away_when_nobody_needs_it(tmp_path: Path) -> None:
    warm = ensure_holder(tmp_path / "spark", settings_of(tmp_path / "spark", tmp_path), idle_seconds=1)
    assert isinstance(warm, WarmJvm)

    wait_until(lambda: not warm.is_alive())

    assert read_warm(tmp_path / "spark") is None


def test_a_jvm_that_does_not_start_says_why(tmp_path: Path) -> None:
    settings = replace(settings_of(tmp_path / "spark", tmp_path), memory="1k")

    with pytest.raises(SparkStartError, match=r"(?s)did not start\. Its log ends with:.*Too small maximum heap"):
        ensure_holder(tmp_path / "spark", settings)
    assert read_warm(tmp_path / "spark") is None


OWN = """
    import sys
    from pathlib import Path
    from lake_platform.spark.local import LocalSparkResource
    from lake_platform_tests.spark.test_warm_jvm import request
    home = Path(sys.argv[2])
    spark = LocalSparkResource(home=str(home), spark_dir=sys.argv[1], memory="512m")
    report = spark.run(request(home))
    print(report.partitions[0].rows_out, spark.spark_session.range(3).count(), spark.spark_session.conf.get("spark.driver.memory"))
"""


def test_without_a_holder_a_process_makes_its_own_session(tmp_path: Path) -> None:
    alone = run_python(OWN, tmp_path / "spark", tmp_path)

    assert alone.communicate(timeout=180)[0].split() == ["2", "3", "512m"]
    assert read_warm(tmp_path / "spark") is None


def test_the_resource_is_dagsters_and_lazy(spark_resource: LocalSparkResource) -> None:
    from dagster_pyspark import LazyPySparkResource

    assert isinstance(spark_resource, LazyPySparkResource)
    assert spark_resource.spark_session is spark_resource.spark_session
    assert spark_resource.spark_context.applicationId


def test_what_an_attached_process_runs_is_written_down_first(
    spark_resource: LocalSparkResource, lake_home: Path, spark_dir: Path
) -> None:
    spark_resource.run(request(lake_home))

    assert Attachment.current is not None
    (group,) = [client.groups[-1] for client in read_clients(spark_dir) if client.name == this_process().name]
    assert group.startswith("t/")


@pytest.mark.parametrize(("total", "memory"), [(24, "4096m"), (16, "2730m"), (8, "1365m"), (4, "1024m"), (64, "4096m")])
def test_the_heap_follows_the_machine(total: int, memory: str) -> None:
    assert default_memory(total * GIB) == memory
