"""What the janitor takes and what it leaves."""

import datetime as dt
import json
from typing import Any

import pytest

from lake_platform.lake.janitor import sweep
from lake_platform.lake.manifest import Manifest, ManifestEntry, write_manifest
from lake_platform.lake.versions import VersionLog
from lake_platform_tests.lake.builders import NOW, contract, memory_lake
from lake_platform_tests.lake.memory_store import MemoryStore

LONG_AGO = NOW - dt.timedelta(days=100)


class Aged(MemoryStore):
    """Objects and documents of a given age."""

    def add(self, key: str, content: bytes = b"x", *, age: dt.timedelta = dt.timedelta(days=100)) -> str:
        self.objects[key] = (content, NOW - age)
        return self.url(key)

    def publish(self, layer: str, body: dict[str, Any], *, age: dt.timedelta = dt.timedelta(days=100)) -> None:
        log = VersionLog(self, f"versions/orders/{layer}")
        latest = log.latest("2024-01-01")
        number = latest.number + 1 if latest else 1
        document = {
            "format": 1,
            "number": number,
            "token": f"t{number}",
            "published_at": (NOW - age).isoformat(),
            "body": body,
        }
        self.add(f"versions/orders/{layer}/2024-01-01/{number:06d}.json", json.dumps(document).encode(), age=age)


@pytest.fixture
def store() -> Aged:
    return Aged()


def swept(store: Aged, *, dry_run: bool = False) -> set[str]:
    before = set(store.objects)
    told = sweep(memory_lake(lake=store), contract(), dry_run=dry_run, now=NOW)
    gone = before - set(store.objects)
    assert gone == (set() if dry_run else set(told.keys))
    return set(told.keys)


def test_the_last_three_documents_keep_what_they_name(store: Aged) -> None:
    for number in range(5):
        url = store.add(f"raw/orders/2024-01-01/{number}")
        store.publish("raw", {"files": [{"url": url}]})

    assert swept(store) == {"raw/orders/2024-01-01/0", "raw/orders/2024-01-01/1"}
    assert len([key for key in store.objects if key.startswith("versions/")]) == 5


def test_documents_of_the_last_thirty_days_keep_what_they_name(store: Aged) -> None:
    for number, days in enumerate((40, 29, 3, 2, 1)):
        url = store.add(f"raw/orders/2024-01-01/{number}")
        store.publish("raw", {"files": [{"url": url}]}, age=dt.timedelta(days=days))

    assert swept(store) == {"raw/orders/2024-01-01/0"}


def test_a_manifest_keeps_its_files(store: Aged) -> None:
    kept = store.add("processed/orders/job/a1/rows/1.parquet")
    store.add("processed/orders/job/a0/rows/1.parquet")
    store.add("processed/orders/job/a0/_temporary/x")
    manifest = Manifest(entries=(ManifestEntry(url=kept, content_length=1, record_count=1),))
    address = write_manifest(store, "manifests/orders/processed/2024-01-01/t.json", manifest)
    store.publish("processed", {"manifest": address})
    store.objects["manifests/orders/processed/2024-01-01/t.json"] = (
        store.read("manifests/orders/processed/2024-01-01/t.json"),
        LONG_AGO,
    )
    store.add("manifests/orders/runs/old.json", b"{}")

    assert swept(store) == {
        "processed/orders/job/a0/rows/1.parquet",
        "processed/orders/job/a0/_temporary/x",
        "manifests/orders/runs/old.json",
    }


def test_a_refusal_keeps_the_quarantine_that_it_names(store: Aged) -> None:
    url = store.add("quarantine/orders/job/a1/1.parquet")
    store.add("quarantine/orders/job/a0/1.parquet")
    VersionLog(store, "refusals/orders").publish("2024-01-01", {"figures": {"quarantine": [url]}}, token="t", after=0)

    assert swept(store) == {"quarantine/orders/job/a0/1.parquet"}


def test_a_live_attempt_is_left_alone_as_a_whole(store: Aged) -> None:
    store.add("validated/orders/job/a1/rows/first.parquet", age=dt.timedelta(days=3))
    store.add("validated/orders/job/a1/rows/last.parquet", age=dt.timedelta(hours=23))
    store.add("raw/orders/2024-01-01/young", age=dt.timedelta(hours=1))

    assert swept(store) == set()


def test_a_report_goes_with_the_first_of_its_files(store: Aged) -> None:
    kept, gone = store.add("validated/orders/j1/a/1.parquet"), store.add("validated/orders/j1/a/2.parquet")
    store.add("jobs/orders/j1/request.json", b"{}")
    store.add("jobs/orders/j1/report.json", json.dumps({"files": [{"url": kept}, {"url": gone}]}).encode())
    whole = store.add("validated/orders/j2/a/1.parquet")
    store.add("jobs/orders/j2/request.json", b"{}")
    store.add("jobs/orders/j2/report.json", json.dumps({"files": [{"url": whole}]}).encode())
    store.publish("validated", {"urls": [kept, whole]})

    assert swept(store) == {
        "validated/orders/j1/a/2.parquet",
        "jobs/orders/j1/request.json",
        "jobs/orders/j1/report.json",
    }


def test_a_young_report_stays(store: Aged) -> None:
    url = store.add("validated/orders/j/a/1.parquet", age=dt.timedelta(hours=2))
    store.add("jobs/orders/j/report.json", json.dumps({"files": [{"url": url}]}).encode(), age=dt.timedelta(hours=1))

    assert swept(store) == set()


def test_a_dry_run_tells_and_removes_nothing(store: Aged) -> None:
    store.add("raw/orders/2024-01-01/old", b"12345")

    assert swept(store, dry_run=True) == {"raw/orders/2024-01-01/old"}
    assert sweep(memory_lake(lake=store), contract(), dry_run=True, now=NOW).size == 5
    assert "raw/orders/2024-01-01/old" in store.objects


def test_other_datasets_are_not_touched(store: Aged) -> None:
    store.add("raw/orders2/2024-01-01/old")

    assert swept(store) == set()


def test_what_is_published_while_it_looks_stays(store: Aged) -> None:
    url = store.add("raw/orders/2024-01-01/old")
    looked: list[str] = []

    class Busy(Aged):
        def list(self, prefix: str, *, start_after: str | None = None) -> Any:
            found = list(super().list(prefix, start_after=start_after))
            looked.append(prefix)
            if prefix.startswith("jobs/"):
                self.publish("raw", {"files": [{"url": url}]}, age=dt.timedelta(0))
            return iter(found)

    busy = Busy()
    busy.objects = store.objects

    assert sweep(memory_lake(lake=busy), contract(), dry_run=False, now=NOW).keys == ()
    assert "raw/orders/2024-01-01/old" in busy.objects
