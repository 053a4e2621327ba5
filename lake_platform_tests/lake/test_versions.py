"""The log of documents: one winner for a number, the highest number is current, nothing half is seen."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_platform.errors import DocumentFormatError, VersionTakenError
from lake_platform.lake.store import ObjectInfo, ObjectStore
from lake_platform.lake.stores.local import LocalStore
from lake_platform.lake.token import digest, token
from lake_platform.lake.versions import DocumentCache, VersionLog
from lake_platform_tests.lake.memory_store import MemoryStore


def test_the_highest_number_is_current(store: ObjectStore) -> None:
    log = VersionLog(store, "versions/orders/raw")
    for number in range(1, 12):
        published = log.publish("2024-01-01", {"n": number}, token=f"t{number}", after=number - 1)
        assert published == log.latest("2024-01-01")
    log.publish("2024-01-02", {"n": 1}, token="t", after=0)

    assert log.latest_numbers() == {"2024-01-01": 11, "2024-01-02": 1}
    assert [document.body["n"] for document in log.history("2024-01-01")] == list(range(1, 12))
    assert {p: d.body["n"] for p, d in log.latest_documents().items()} == {"2024-01-01": 11, "2024-01-02": 1}
    assert log.latest("2024-01") is None
    assert log.latest_number("2024-01-0") == 0


def test_the_same_token_again_changes_nothing(store: ObjectStore) -> None:
    log = VersionLog(store, "versions/orders/raw")
    first = log.publish("all", {"n": 1}, token="t", after=0)

    assert log.publish("all", {"n": 2}, token="t", after=0) == first
    assert log.publish("all", {"n": 2}, token="t", after=1) == first
    assert log.latest_numbers() == {"all": 1}


def test_a_token_that_was_current_before_is_published_again() -> None:
    log = VersionLog(MemoryStore(), "v")
    for after, name in enumerate(["a", "b", "a"]):
        log.publish("all", {}, token=name, after=after)

    assert [document.token for document in log.history("all")] == ["a", "b", "a"]


def test_a_slow_writer_never_covers_newer_content(store: ObjectStore) -> None:
    log = VersionLog(store, "versions/orders/raw")
    log.publish("all", {}, token="one", after=0)
    log.publish("all", {}, token="two", after=1)

    for after in (0, 1):
        with pytest.raises(VersionTakenError, match="orders/raw/all"):
            log.publish("all", {}, token="slow", after=after)

    assert log.latest_numbers() == {"all": 2}


def test_an_answer_that_was_lost_is_no_lost_race() -> None:
    class LosesAnswers(MemoryStore):
        def put_if_absent(self, key: str, data: bytes | BinaryIO) -> bool:
            super().put_if_absent(key, data)
            return super().put_if_absent(key, data)

    log = VersionLog(LosesAnswers(), "v")

    assert log.publish("all", {"n": 1}, token="t", after=0).number == 1


@pytest.mark.parametrize("make", [lambda path: LocalStore("lake", path)])
def test_of_racing_writers_one_publishes_each_number(tmp_path: Path, make: Callable[[Path], ObjectStore]) -> None:
    barrier = threading.Barrier(8)

    def write(name: int) -> list[int]:
        log, mine = VersionLog(make(tmp_path), "v"), list[int]()
        barrier.wait()
        while len(mine) < 5:
            number = log.latest_number("all")
            try:
                mine.append(log.publish("all", {}, token=f"{name} {len(mine)}", after=number).number)
            except VersionTakenError:
                continue
        return mine

    with ThreadPoolExecutor(8) as pool:
        numbers = [number for mine in pool.map(write, range(8)) for number in mine]

    assert sorted(numbers) == list(range(1, 41))
    history = VersionLog(make(tmp_path), "v").history("all")
    assert len({document.token for document in history}) == 40


def _document(**changes: Any) -> bytes:
    return json.dumps({"format": 1, "token": "t", "published_at": "now", "body": {}, **changes}).encode()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (_document(format=2), "format 2"),
        (b"half a docu", "no document"),
        (b"[]", "no document"),
        (b"{}", "no document"),
    ],
)
def test_a_document_that_cannot_be_read_is_named(text: bytes, told: str) -> None:
    store = MemoryStore()
    store.put("v/all/000001.json", text)
    log = VersionLog(store, "v")

    for read in (lambda: log.latest("all"), log.latest_documents, lambda: log.publish("all", {}, token="t", after=1)):
        with pytest.raises(DocumentFormatError, match=rf"v/all/000001.json.*{told}"):
            read()


def test_a_document_of_this_format_is_read_for_ever() -> None:
    """As the first version of the platform wrote it, byte for byte."""
    store = MemoryStore()
    store.put(
        "versions/orders/raw/2024-01-01/000007.json",
        b'{"body":{"content":"abc","files":[]},"format":1,"number":7,"published_at":"2024-01-02T03:04:05.000006+00:00","token":"t7"}',
    )

    document = VersionLog(store, "versions/orders/raw").latest("2024-01-01")

    assert document is not None
    assert (document.number, document.token, document.body["content"]) == (7, "t7", "abc")


def test_what_is_no_document_is_not_taken_for_one(store: ObjectStore) -> None:
    for name in ("000009.txt", "latest.json", "deeper/000009.json"):
        store.put(f"v/all/{name}", b"x")

    assert VersionLog(store, "v").latest("all") is None
    assert "all" not in VersionLog(store, "v").latest_numbers()


def test_documents_are_read_once_unless_they_are_others() -> None:
    class Counts(MemoryStore):
        reads = 0

        def read(self, key: str) -> bytes:
            self.reads += 1
            return super().read(key)

    store, cache = Counts(), DocumentCache()
    for number in range(20):
        VersionLog(store, "v").publish(str(number), {"n": number}, token="t", after=0)
    store.reads = 0

    first = VersionLog(store, "v", cache).latest_documents()
    second = VersionLog(store, "v", cache).latest_documents()
    assert first == second
    assert store.reads == 20

    store.put("v/3/000001.json", _document(body={"n": "begun anew"}))
    assert VersionLog(store, "v", cache).latest_documents()["3"].body == {"n": "begun anew"}
    assert store.reads == 21


def test_a_cache_holds_no_more_than_it_may() -> None:
    store, cache = MemoryStore(), DocumentCache(max_bytes=100)
    for number in range(10):
        store.put(f"k{number}", bytes(30))
    for _ in range(2):
        for found in store.list(""):
            assert isinstance(found, ObjectInfo)
            assert cache.read(store, found) == bytes(30)

    assert sum(len(text) for text in cache._texts.values()) <= 100  # pyright: ignore[reportPrivateUsage]


TEXT = st.text(max_size=3)


@settings(max_examples=200)
@given(
    st.tuples(TEXT, TEXT, TEXT, st.lists(TEXT, max_size=3), TEXT),
    st.tuples(TEXT, TEXT, TEXT, st.lists(TEXT, max_size=3), TEXT),
)
def test_tokens_are_equal_only_for_equal_parts(one: Any, other: Any) -> None:
    assert (token(*one) == token(*other)) == (one == other)


def test_a_token_is_the_same_tomorrow() -> None:
    assert token("orders", "raw", "2024-01-01", ["a", "b"], "f").startswith("f29c3e8cc548d70b")
    assert digest({"b": 1, "a": [2, None]}) == digest({"a": [2, None], "b": 1})
