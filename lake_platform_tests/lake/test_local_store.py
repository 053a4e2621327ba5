"""What only a directory can do wrong."""

import multiprocessing
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from lake_platform.errors import ObjectNotFoundError
from lake_platform.lake.store import ObjectInfo, RefusedKey
from lake_platform.lake.stores.local import LocalStore


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    (tmp_path / "landing").mkdir()
    return tmp_path / "landing"


def listed(directory: Path, prefix: str = "") -> tuple[list[str], dict[str, str]]:
    found = list(LocalStore("landing", directory).list(prefix))
    good = [f.key for f in found if isinstance(f, ObjectInfo)]
    return good, {f.key: f.reason for f in found if isinstance(f, RefusedKey)}


def test_an_awkward_name_is_refused_and_the_others_are_listed(landing: Path) -> None:
    for name in (b"a.csv", b"tab\there.csv", b"line\nend.csv", b"bad\xff.csv", b"z.csv"):
        (Path(os.fsdecode(os.fsencode(landing))) / os.fsdecode(name)).write_bytes(b"1")

    good, refused = listed(landing)

    assert good == ["a.csv", "z.csv"]
    assert sorted(refused) == ["bad\\xff.csv", "line\nend.csv", "tab\there.csv"]


def test_links_are_refused_and_never_followed(landing: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "file").write_text("secret")
    (landing / "link.csv").symlink_to(tmp_path / "secret" / "file")
    (landing / "folder").symlink_to(tmp_path / "secret")
    (landing / "broken").symlink_to("nowhere")
    (landing / "real.csv").write_text("1")
    store = LocalStore("landing", landing)

    good, refused = listed(landing)

    assert good == ["real.csv"]
    assert sorted(refused) == ["broken", "folder", "link.csv"]
    assert listed(landing, "folder/") == ([], {})
    for key in ("link.csv", "folder/file"):
        assert store.head(key) is None
        with pytest.raises(ObjectNotFoundError):
            store.read(key)


def test_the_bucket_itself_may_be_a_link(landing: Path, tmp_path: Path) -> None:
    (landing / "a").write_text("1")
    (tmp_path / "alias").symlink_to(landing)

    assert listed(tmp_path / "alias")[0] == ["a"]


def test_what_is_no_file_is_refused_without_waiting_for_it(landing: Path) -> None:
    os.mkfifo(landing / "pipe.csv")
    store = LocalStore("landing", landing)

    assert listed(landing)[1] == {"pipe.csv": "it is not a file"}
    with pytest.raises(ObjectNotFoundError):
        store.open("pipe.csv")
    with pytest.raises(ObjectNotFoundError):
        store.open(".")


def test_a_folder_deeper_than_a_key_can_be_is_refused_once(landing: Path) -> None:
    (landing / "a").write_text("1")
    here = os.open(landing, os.O_RDONLY)
    for _ in range(1200):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)

    good, refused = listed(landing)
    # Python's own way of removing a folder goes no deeper than its stack.
    subprocess.run(["rm", "-rf", landing / "d"], check=True)

    assert good == ["a"]
    assert len(refused) == 1


def test_a_bucket_that_is_not_there_is_empty(tmp_path: Path) -> None:
    store = LocalStore("landing", tmp_path / "none")

    assert list(store.list("")) == []
    assert store.head("a") is None
    assert not (tmp_path / "none").exists()


def test_a_listing_stands_files_that_go_meanwhile(landing: Path) -> None:
    for name in ("a", "b/c", "b/d", "e/f"):
        (landing / name).parent.mkdir(exist_ok=True)
        (landing / name).write_text("1")
    listing = LocalStore("landing", landing).list("")

    first = next(listing)
    for name in ("b/c", "b/d", "e/f"):
        (landing / name).unlink()
    (landing / "b").rmdir()
    (landing / "e").rmdir()

    assert first.key == "a"
    assert list(listing) == []


@pytest.mark.parametrize("keep_time", [False, True])
def test_the_same_size_and_time_written_in_place_is_another_identity(landing: Path, keep_time: bool) -> None:
    store, path = LocalStore("landing", landing), landing / "a"
    path.write_text("1111")
    before, status = store.head("a"), path.stat()

    time.sleep(0.02)
    path.write_text("2222")
    if keep_time:
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    after = store.head("a")
    assert before is not None
    assert after is not None
    assert after.identity != before.identity


def test_times_are_exact_to_the_microsecond(landing: Path) -> None:
    (landing / "a").write_text("1")
    os.utime(landing / "a", ns=(0, 1_700_000_000_123_457_999))

    found = LocalStore("landing", landing).head("a")

    assert found is not None
    assert found.modified.isoformat() == "2023-11-14T22:13:20.123457+00:00"


def _write_for_ever(directory: Path, started: object) -> None:
    store = LocalStore("lake", directory)
    content = os.urandom(1 << 20)
    for number in range(1_000_000):
        store.put("docs/k", content)
        store.put_if_absent(f"docs/{number}", content)
        started.set()  # pyright: ignore


def test_a_killed_writer_leaves_whole_objects_only(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("fork")
    store = LocalStore("lake", tmp_path / "lake")
    for _ in range(4):
        started = spawn.Event()
        writer = spawn.Process(target=_write_for_ever, args=(tmp_path / "lake", started))
        writer.start()
        started.wait(20)
        time.sleep(0.03)
        assert writer.pid is not None
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
        for found in store.list(""):
            assert isinstance(found, ObjectInfo)
            assert found.size == 1 << 20


def test_what_killed_writers_left_goes_after_a_day(tmp_path: Path) -> None:
    store = LocalStore("lake", tmp_path)
    store.put("k", b"1")
    store.put("k", b"2")
    old, young = tmp_path / ".writing" / "old", tmp_path / ".writing" / "young"
    old.write_bytes(b"half")
    young.write_bytes(b"half")
    os.utime(old, (0, 0))

    store.put("k", b"3")

    assert [path.name for path in (tmp_path / ".writing").iterdir()] == ["young"]
    assert [found.key for found in store.list("")] == ["k"]


def _race(directory: Path, number: int, barrier: object, won: object) -> None:
    store = LocalStore("lake", directory)
    for at in range(20):
        barrier.wait()  # pyright: ignore
        if store.put_if_absent(f"race/{at}/k", str(number).encode()):
            won.put((at, number))  # pyright: ignore


def test_one_of_many_processes_wins(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("fork")
    barrier, won = spawn.Barrier(8), spawn.Queue()
    writers = [spawn.Process(target=_race, args=(tmp_path, number, barrier, won)) for number in range(8)]
    for writer in writers:
        writer.start()
    winners = [won.get(timeout=30) for _ in range(20)]
    for writer in writers:
        writer.join()

    assert won.empty()
    store = LocalStore("lake", tmp_path)
    assert sorted(at for at, _ in winners) == list(range(20))
    assert all(store.read(f"race/{at}/k") == str(number).encode() for at, number in winners)
