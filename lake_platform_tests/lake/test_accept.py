"""Which landed files count, one case each; the state machine mixes them."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from lake_platform.contract.dataset import DatasetContract
from lake_platform.errors import VersionTakenError
from lake_platform.lake.accept import RawOutcome, accept, withdraw
from lake_platform.lake.lake import Lake
from lake_platform.lake.landing import scan
from lake_platform.lake.manifest import read_manifest
from lake_platform.lake.store import ObjectInfo, ObjectStore, key_of
from lake_platform.lake.stores.local import LocalStore
from lake_platform_tests.lake.builders import NOW, contract, memory_lake
from lake_platform_tests.lake.dying_store import DyingStore, Interrupted
from lake_platform_tests.lake.memory_store import MemoryStore

DAY = "2024-01-01"
FOLDER = f"orders/dt={DAY}/"
ONE, TWO, BROKEN = b"id,name\n1,one\n", b"id,name\n2,two\n", b"id\n1\n"


def landed(lake: Lake, of: DatasetContract) -> tuple[ObjectInfo, ...]:
    return scan(lake.landing, of, now=NOW, settle=0).partitions.get(DAY, ())


def run(lake: Lake, of: DatasetContract | None = None, fingerprint: str = "f") -> RawOutcome:
    used = of or contract()
    outcome = accept(lake, used, DAY, landed=landed(lake, used), fingerprint=fingerprint)
    assert outcome is not None
    return outcome


def drop(lake: Lake, **files: bytes) -> None:
    for name, content in files.items():
        lake.landing.put(f"{FOLDER}{name}.csv", content)


def statuses(outcome: RawOutcome) -> list[tuple[str, str]]:
    return [(f["key"].removeprefix(FOLDER).removesuffix(".csv"), f["status"]) for f in outcome.document.body["files"]]


def content(outcome: RawOutcome) -> str:
    return outcome.document.body["content"]


@pytest.fixture
def lake() -> Lake:
    return memory_lake()


def test_nothing_landed_is_no_document(lake: Lake) -> None:
    assert accept(lake, contract(), DAY, landed=(), fingerprint="f") is None
    assert list(lake.lake.list("")) == []


def test_a_document_lists_its_files_oldest_first(lake: Lake) -> None:
    drop(lake, b=ONE, a=TWO)

    body = run(lake).document.body

    assert [f["key"] for f in body["files"]] == [f"{FOLDER}b.csv", f"{FOLDER}a.csv"]
    assert body["files"][0] | {"url": "", "sha256": "", "identity": ""} == {
        "key": f"{FOLDER}b.csv",
        "identity": "",
        "time": "2024-01-01T00:00:01.000000+00:00",
        "url": "",
        "sha256": "",
        "size": 14,
        "header": ["id", "name"],
        "records": 1,
        "status": "accepted",
        "reason": None,
        "warnings": [],
        "drift": {"added": [], "missing": [], "renamed": [], "retyped": [], "reordered": False},
    }
    assert body["counts"] == {"landed": 2, "accepted": 2, "duplicate": 0, "refused": 0, "withdrawn": 0}
    assert body["refused"] is None
    assert set(body["arrivals"]) == {f"{FOLDER}a.csv", f"{FOLDER}b.csv"}


def test_the_manifest_names_the_copies_of_what_counts(lake: Lake) -> None:
    drop(lake, a=ONE, b=ONE, c=TWO, d=BROKEN)

    body = run(lake).document.body

    manifest = read_manifest(lake.lake, body["manifest"])
    assert [lake.lake.read(key_of(lake.lake, entry.url)) for entry in manifest.entries] == [ONE, TWO]
    assert [(e.content_length, e.record_count) for e in manifest.entries] == [(14, 1), (14, 1)]


def test_a_second_run_writes_nothing(lake: Lake) -> None:
    drop(lake, a=ONE, b=BROKEN)
    first = run(lake)
    writes: list[str] = []

    class Watched(DyingStore):
        def put(self, key: str, data: Any) -> None:
            writes.append(key)

        put_if_absent = put  # pyright: ignore[reportAssignmentType]

    watched = memory_lake(lake.landing, Watched(lake.lake, Interrupted(-1, lambda: None)))
    second = run(watched)

    assert (second.document, second.published, writes) == (first.document, False, [])


@pytest.mark.parametrize(
    "name", ["_x.csv", "a[1].csv", "x:y.csv", "ü n.csv", "*.csv", "a//b.csv", "deep/er.csv.gz.csv"]
)
def test_awkward_names_are_copied_under_safe_ones(lake: Lake, name: str) -> None:
    lake.landing.put(f"{FOLDER}{name}", ONE)

    (file,) = run(lake).document.body["files"]

    assert file["key"] == f"{FOLDER}{name}"
    assert key_of(lake.lake, file["url"]).removeprefix(f"raw/orders/{DAY}/").isalnum()
    assert lake.lake.read(key_of(lake.lake, file["url"])) == ONE


def test_the_same_bytes_under_another_name_add_nothing(lake: Lake) -> None:
    drop(lake, a=ONE)
    before = run(lake)
    drop(lake, b=ONE)
    after = run(lake)

    assert statuses(after) == [("a", "accepted"), ("b", "duplicate")]
    assert after.document.body["files"][1]["reason"] == f"duplicate of {FOLDER}a.csv"
    assert after.published
    assert content(after) == content(before)


def test_duplicates_count_where_the_contract_keeps_them(lake: Lake) -> None:
    drop(lake, a=ONE, b=ONE)

    assert statuses(run(lake, contract(duplicates="keep"))) == [("a", "accepted"), ("b", "accepted")]


def test_an_empty_file_is_refused_and_takes_nothing_back(lake: Lake) -> None:
    drop(lake, a=ONE, b=b"")
    run(lake)
    drop(lake, a=b"")

    outcome = run(lake)

    assert [(f["key"].rpartition("/")[2], f["status"], f["size"]) for f in outcome.document.body["files"]] == [
        ("a.csv", "accepted", len(ONE)),
        ("b.csv", "refused", 0),
        ("a.csv", "refused", 0),
    ]


def test_which_of_two_equal_files_counts_does_not_depend_on_the_order_of_runs() -> None:
    together, apart = memory_lake(), memory_lake()
    for key in ("a", "b"):
        together.landing.put(f"{FOLDER}{key}.csv", ONE)
    apart.landing.put(f"{FOLDER}a.csv", ONE)
    older = apart.landing
    assert isinstance(older, MemoryStore)
    first = older.objects.pop(f"{FOLDER}a.csv")
    older.put(f"{FOLDER}b.csv", ONE)
    run(apart)
    older.objects[f"{FOLDER}a.csv"] = first

    assert statuses(run(apart)) == statuses(run(together)) == [("a", "accepted"), ("b", "duplicate")]
    assert content(run(apart)) == content(run(together))


def test_a_duplicate_takes_the_place_of_an_original_that_goes(lake: Lake) -> None:
    drop(lake, a=ONE, b=ONE)
    run(lake)
    drop(lake, a=TWO)
    assert statuses(run(lake)) == [("b", "accepted"), ("a", "accepted")]

    assert withdraw(lake, contract(), DAY, f"{FOLDER}b.csv")
    assert statuses(run(lake)) == [("b", "withdrawn"), ("a", "accepted")]


def test_a_rewritten_file_replaces_what_it_said(lake: Lake) -> None:
    drop(lake, a=ONE)
    before = run(lake)
    drop(lake, a=TWO)
    after = run(lake)

    (old,), (new,) = before.document.body["files"], after.document.body["files"]
    assert new["sha256"] != old["sha256"]
    assert new["time"] > old["time"]
    assert content(after) != content(before)
    assert lake.lake.read(key_of(lake.lake, old["url"])) == ONE


def test_a_file_that_is_touched_keeps_its_time(lake: Lake) -> None:
    class Touched(MemoryStore):
        def _info(self, key: str) -> ObjectInfo:
            found = super()._info(key)
            return ObjectInfo(key=key, size=found.size, modified=found.modified, identity=str(found.modified))

    touched = memory_lake(Touched("landing"), lake.lake)
    drop(touched, a=ONE)
    before = run(touched)
    drop(touched, a=ONE)
    after = run(touched)

    assert after.published
    assert after.document.body["arrivals"] != before.document.body["arrivals"]
    assert content(after) == content(before)


def test_a_file_that_is_gone_still_counts(lake: Lake) -> None:
    drop(lake, a=ONE, b=TWO)
    before = run(lake)
    for name in "ab":
        lake.landing.delete(f"{FOLDER}{name}.csv")

    assert run(lake) == RawOutcome(before.document, published=False)


def test_a_broken_file_is_left_out_of_changes(lake: Lake) -> None:
    drop(lake, a=ONE)
    before = run(lake)
    drop(lake, b=BROKEN)
    after = run(lake)

    assert statuses(after) == [("a", "accepted"), ("b", "refused")]
    assert after.document.body["files"][1]["reason"] == "columns are missing: name"
    assert after.document.body["refused"] is None
    assert content(after) == content(before)


def test_a_broken_file_refuses_a_snapshot_whole(lake: Lake) -> None:
    drop(lake, a=ONE, b=BROKEN)

    outcome = run(lake, contract(delivers="snapshot"))

    assert outcome.document.body["refused"] == f"{FOLDER}b.csv: columns are missing: name"


def test_nothing_but_broken_files_refuses_the_partition(lake: Lake) -> None:
    drop(lake, a=BROKEN)

    assert run(lake).document.body["refused"] is not None


def test_a_broken_rewrite_replaces_nothing(lake: Lake) -> None:
    drop(lake, a=ONE)
    before = run(lake)
    drop(lake, a=BROKEN)
    broken = run(lake)
    drop(lake, a=TWO)
    mended = run(lake)

    assert statuses(broken) == [("a", "accepted"), ("a", "refused")]
    assert content(broken) == content(before)
    assert statuses(mended) == [("a", "accepted")]
    assert mended.document.body["files"][0]["time"] > before.document.body["files"][0]["time"]


def test_another_contract_reads_refused_files_again_from_their_copy(lake: Lake) -> None:
    drop(lake, a=ONE, b=BROKEN)
    run(lake)
    lake.landing.delete(f"{FOLDER}b.csv")

    mild = run(lake, contract(evolution={"missing": "warn"}), fingerprint="g")

    assert statuses(mild) == [("a", "accepted"), ("b", "accepted")]
    assert mild.document.body["files"][1]["warnings"] == ["columns are missing: name"]


def test_another_contract_may_refuse_what_was_taken(lake: Lake) -> None:
    drop(lake, a=ONE, b=b"id,name,new\n1,one,x\n")
    run(lake)

    strict = run(lake, contract(evolution={"added": "fail"}), fingerprint="g")

    assert statuses(strict) == [("a", "accepted"), ("b", "refused")]


def test_a_withdrawn_file_stays_so_until_it_is_written_again(lake: Lake) -> None:
    drop(lake, a=ONE, b=TWO)
    run(lake)

    assert withdraw(lake, contract(), DAY, f"{FOLDER}a.csv")
    assert not withdraw(lake, contract(), DAY, f"{FOLDER}a.csv")
    assert statuses(run(lake)) == [("a", "withdrawn"), ("b", "accepted")]
    assert statuses(run(lake, fingerprint="g")) == [("a", "withdrawn"), ("b", "accepted")]

    drop(lake, a=b"id,name\n3,three\n")
    assert statuses(run(lake)) == [("b", "accepted"), ("a", "accepted")]


def test_a_withdrawn_file_counts_again_where_the_same_bytes_are_written_anew(lake: Lake) -> None:
    class Versioned(MemoryStore):
        def _info(self, key: str) -> ObjectInfo:
            found = super()._info(key)
            return ObjectInfo(key=key, size=found.size, modified=found.modified, identity=str(found.modified))

    versioned = memory_lake(Versioned("landing"), lake.lake)
    drop(versioned, a=ONE)
    run(versioned)
    withdraw(versioned, contract(), DAY, f"{FOLDER}a.csv")
    drop(versioned, a=ONE)

    assert statuses(run(versioned)) == [("a", "accepted")]


def test_what_was_never_taken_cannot_be_withdrawn(lake: Lake) -> None:
    assert not withdraw(lake, contract(), DAY, f"{FOLDER}a.csv")
    drop(lake, a=ONE)
    run(lake)
    assert not withdraw(lake, contract(), DAY, f"{FOLDER}b.csv")


def test_a_refused_file_can_be_withdrawn_so_that_a_snapshot_goes_on(lake: Lake) -> None:
    snapshots = contract(delivers="snapshot")
    drop(lake, a=ONE, b=BROKEN)
    run(lake, snapshots)

    assert withdraw(lake, snapshots, DAY, f"{FOLDER}b.csv")
    outcome = run(lake, snapshots)

    assert statuses(outcome) == [("a", "accepted"), ("b", "withdrawn")]
    assert outcome.document.body["refused"] is None


def test_an_old_listing_takes_nothing_back(lake: Lake) -> None:
    drop(lake, a=ONE)
    old = landed(lake, contract())
    drop(lake, a=TWO)
    newer = run(lake)
    withdraw(lake, contract(), DAY, f"{FOLDER}a.csv")

    outcome = accept(lake, contract(), DAY, landed=old, fingerprint="f")

    assert outcome is not None
    assert not outcome.published
    assert statuses(outcome) == [("a", "withdrawn")]
    assert outcome.document.body["arrivals"] == newer.document.body["arrivals"]


def test_a_file_that_goes_before_it_is_read_is_left_for_the_next_look(lake: Lake) -> None:
    drop(lake, a=ONE, b=TWO)
    listing = landed(lake, contract())
    lake.landing.delete(f"{FOLDER}a.csv")

    outcome = accept(lake, contract(), DAY, landed=listing, fingerprint="f")

    assert outcome is not None
    assert statuses(outcome) == [("b", "accepted")]


def test_a_file_that_never_holds_still_is_left_for_the_next_look(lake: Lake) -> None:
    class Busy(MemoryStore):
        def open(self, key: str) -> Any:
            stream = super().open(key)
            if key.endswith("busy.csv"):
                self.put(key, self.read(key) + b"9,nine\n")
            return stream

    busy = memory_lake(Busy("landing"), lake.lake)
    drop(busy, busy=ONE, b=TWO)

    outcome = run(busy)

    assert statuses(outcome) == [("b", "accepted")]
    assert list(outcome.document.body["arrivals"]) == [f"{FOLDER}b.csv"]


def test_a_partition_that_others_publish_again_and_again_is_given_up_for_now(lake: Lake) -> None:
    drop(lake, a=ONE)

    class Taken(MemoryStore):
        def put_if_absent(self, key: str, data: Any) -> bool:
            super().put_if_absent(
                key,
                b'{"format": 1, "token": "other", "published_at": "", "body": {"files": [], "arrivals": {}, "fingerprint": "f"}}',
            )
            return False

    with pytest.raises(VersionTakenError):
        run(memory_lake(lake.landing, Taken()))


def test_compressed_copies_keep_the_ending_that_spark_needs(lake: Lake) -> None:
    import gzip

    lake.landing.put(f"{FOLDER}a.csv.gz", gzip.compress(ONE))
    lake.landing.put(f"{FOLDER}b.csv.gz", b"")

    packed, empty = run(lake).document.body["files"]

    assert packed["url"].endswith(".gz")
    assert packed["records"] == 1
    assert empty["url"].rpartition("/")[2].isalnum()


@pytest.mark.s3
def test_it_is_the_same_on_every_bucket(store: ObjectStore) -> None:
    lake = memory_lake(lake=store)
    drop(lake, a=ONE, b=ONE, c=BROKEN)

    first = run(lake)

    assert statuses(first) == [("a", "accepted"), ("b", "duplicate"), ("c", "refused")]
    assert run(lake) == RawOutcome(first.document, published=False)


def test_runs_that_race_lose_nothing_and_take_nothing_back(tmp_path: Path) -> None:
    lake = memory_lake(LocalStore("landing", tmp_path / "landing"), LocalStore("lake", tmp_path / "lake"))
    done = threading.Event()

    def work() -> None:
        while not done.is_set():
            with suppress(VersionTakenError):
                listing = landed(lake, contract())
                accept(lake, contract(), DAY, landed=listing, fingerprint="f")

    with ThreadPoolExecutor(4) as pool:
        workers = [pool.submit(work) for _ in range(4)]
        for number in range(25):
            drop(lake, **{f"f{number}": f"id,name\n{number},n\n".encode()})
            drop(lake, rewritten=f"id,name\n{number},r\n".encode())
        done.set()
        for worker in workers:
            worker.result()

    assert run(lake).document.body["counts"]["accepted"] == 26
    history = lake.log("orders", "raw").history(DAY)
    assert [document.number for document in history] == list(range(1, len(history) + 1))
    for before, after in pairwise(history):
        assert set(before.body["arrivals"]) <= set(after.body["arrivals"])
    versions = [f["time"] for d in history for f in d.body["files"] if f["key"].endswith("rewritten.csv")]
    assert versions == sorted(versions)
