"""What wants a run, what is left alone and why."""

import datetime as dt
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake_platform.contract.dataset import DatasetContract
from lake_platform.lake.accept import accept, withdraw
from lake_platform.lake.lake import Lake
from lake_platform.lake.landing import Landing, scan
from lake_platform.lake.pending import MAX_BRIDGE, Pending, pending, spans
from lake_platform.lake.refusals import (
    Refusal,
    attempts_at,
    latest_refusal,
    record_attempt,
    refuse,
    reset_attempts,
)
from lake_platform.lake.store import RefusedKey
from lake_platform_tests.lake.builders import NOW, contract, memory_lake
from lake_platform_tests.lake.memory_store import MemoryStore

DAY, NEXT = "2024-01-01", "2024-01-02"
LATE = dt.datetime(2099, 1, 1, tzinfo=dt.UTC)
ONE, TWO, BROKEN = b"id,name\n1,one\n", b"id,name\n2,two\n", b"id\n1\n"


@pytest.fixture
def lake() -> Lake:
    return memory_lake()


def drop(lake: Lake, name: str, content: bytes, *, day: str = DAY) -> None:
    lake.landing.put(f"orders/dt={day}/{name}.csv", content)


def look(lake: Lake, *, now: dt.datetime = NOW, fingerprint: str = "f", raw_fingerprint: str | None = None) -> Pending:
    landing = scan(lake.landing, contract(), now=NOW, settle=0)
    return pending(lake, contract(), landing, now=now, fingerprint=fingerprint, raw_fingerprint=raw_fingerprint)


def take(lake: Lake, of: DatasetContract | None = None, *, day: str = DAY, fingerprint: str = "f") -> str:
    """What raw does; its content."""
    used = of or contract()
    landed = scan(lake.landing, used, now=NOW, settle=0).partitions.get(day, ())
    outcome = accept(lake, used, day, landed=landed, fingerprint=fingerprint)
    assert outcome is not None
    return outcome.document.body["content"]


def reach(lake: Lake, content: str, *, day: str = DAY) -> None:
    """What the last layer does."""
    log = lake.log("orders", "staging")
    log.publish(day, {"content": content}, token=content, after=log.latest_number(day))


def refuse_content(lake: Lake, content: str, *, fingerprint: str = "f") -> Refusal:
    refusal = Refusal(
        token="t",
        content=content,
        fingerprint=fingerprint,
        layer="validated",
        gate="g",
        reason="r",
        checks=[],
        figures={},
    )
    refuse(lake.lake, "orders", DAY, refusal)
    return refusal


def test_a_file_is_pending_until_it_reached_the_last_layer(lake: Lake) -> None:
    drop(lake, "a", ONE)
    assert list(look(lake).partitions) == [DAY]
    content = take(lake)
    assert list(look(lake).partitions) == [DAY]
    reach(lake, content)
    assert look(lake) == Pending()


@pytest.mark.parametrize("content", [TWO, b"", ONE + b"3,three\n"])
def test_a_rewritten_file_is_pending(lake: Lake, content: bytes) -> None:
    drop(lake, "a", ONE)
    reach(lake, take(lake))
    drop(lake, "a", content)

    assert list(look(lake).partitions) == [DAY]


def test_a_duplicate_is_pending_until_raw_has_seen_it(lake: Lake) -> None:
    drop(lake, "a", ONE)
    reach(lake, take(lake))
    drop(lake, "b", ONE)

    assert list(look(lake).partitions) == [DAY]
    take(lake)
    assert look(lake) == Pending()


def test_a_file_that_is_gone_changes_nothing(lake: Lake) -> None:
    drop(lake, "a", ONE)
    reach(lake, take(lake))
    lake.landing.delete(f"orders/dt={DAY}/a.csv")

    assert look(lake) == Pending()


def test_a_withdrawal_is_pending_though_landing_is_the_same(lake: Lake) -> None:
    drop(lake, "a", ONE)
    drop(lake, "b", TWO)
    reach(lake, take(lake))
    withdraw(lake, contract(), DAY, f"orders/dt={DAY}/b.csv")

    assert list(look(lake).partitions) == [DAY]


def test_a_run_that_died_after_landing_expired_is_still_pending(lake: Lake) -> None:
    drop(lake, "a", ONE)
    take(lake)
    lake.landing.delete(f"orders/dt={DAY}/a.csv")

    assert list(look(lake).partitions) == [DAY]


def test_another_contract_alone_wakes_nothing(lake: Lake) -> None:
    drop(lake, "a", ONE)
    reach(lake, take(lake))

    assert look(lake, fingerprint="other", raw_fingerprint="other") == Pending()


def test_another_contract_wakes_refused_files(lake: Lake) -> None:
    drop(lake, "a", ONE)
    drop(lake, "b", BROKEN)
    reach(lake, take(lake))
    assert look(lake, raw_fingerprint="f") == Pending()

    assert list(look(lake, raw_fingerprint="other").partitions) == [DAY]
    content = take(lake, fingerprint="other")
    reach(lake, content)
    assert look(lake, raw_fingerprint="other") == Pending()


def test_a_refusal_holds_for_its_content_and_its_contract(lake: Lake) -> None:
    drop(lake, "a", ONE)
    refuse_content(lake, take(lake))

    assert look(lake) == Pending(held={DAY: "refused: r"})
    assert list(look(lake, fingerprint="other").partitions) == [DAY]
    drop(lake, "b", ONE)
    assert list(look(lake).partitions) == [DAY]
    take(lake)
    assert look(lake).held == {DAY: "refused: r"}
    drop(lake, "c", TWO)
    take(lake)
    assert list(look(lake).partitions) == [DAY]


def test_a_refusal_under_another_contract_is_written_down_again(lake: Lake) -> None:
    drop(lake, "a", ONE)
    content = take(lake)
    refuse_content(lake, content)
    refuse_content(lake, content)
    again = refuse_content(lake, content, fingerprint="other")

    latest = latest_refusal(lake.lake, "orders", DAY)
    assert latest is not None
    assert latest.fingerprint == again.fingerprint
    assert look(lake, fingerprint="other").held == {DAY: "refused: r"}
    assert len(list(lake.lake.list("refusals/"))) == 2


def fail(lake: Lake, times: int) -> None:
    """Runs that began and published nothing."""
    state = look(lake, now=LATE).partitions[DAY]
    for number in range(times):
        record_attempt(lake.lake, "orders", DAY, state=state, run_id=str(number))


def test_attempts_end_and_are_told(lake: Lake) -> None:
    drop(lake, "a", ONE)
    now = dt.datetime.now(dt.UTC)

    fail(lake, 1)
    assert list(look(lake, now=now).partitions) == [DAY]
    fail(lake, 1)
    waiting = look(lake, now=now)
    assert waiting.partitions == {}
    assert waiting.waits == pytest.approx(60, abs=5)
    assert list(look(lake, now=now + dt.timedelta(seconds=70)).partitions) == [DAY]
    fail(lake, 1)
    over = look(lake, now=LATE)
    assert over.held == {DAY: f"failed 3 times; `lake retry orders {DAY}` or a new file wakes it"}
    assert over.waits is None


@pytest.mark.parametrize("wake", ["retry", "a new file", "a rewritten file", "another contract"])
def test_what_wakes_a_partition_that_failed_too_often(lake: Lake, wake: str) -> None:
    drop(lake, "a", ONE)
    fail(lake, 3)
    assert DAY in look(lake, now=LATE).held

    if wake == "retry":
        reset_attempts(lake.lake, "orders", DAY)
    elif wake == "a new file":
        drop(lake, "b", TWO)
    elif wake == "a rewritten file":
        drop(lake, "a", TWO)

    found = look(lake, now=LATE, fingerprint="other" if wake == "another contract" else "f")
    assert list(found.partitions) == [DAY]


def test_each_attempt_and_each_reset_is_another_number(lake: Lake) -> None:
    drop(lake, "a", ONE)
    seen = [look(lake, now=LATE).attempts[DAY]]
    for step in range(4):
        reset_attempts(lake.lake, "orders", DAY) if step % 2 else fail(lake, 1)
        seen.append(look(lake, now=LATE).attempts[DAY])

    assert len(set(seen)) == len(seen)


def test_attempts_count_on_while_a_run_goes_from_layer_to_layer(lake: Lake) -> None:
    drop(lake, "a", ONE)
    before = look(lake).partitions[DAY]
    take(lake)
    assert look(lake).partitions[DAY] == before
    lake.landing.delete(f"orders/dt={DAY}/a.csv")
    assert look(lake).partitions[DAY] == before


def test_attempts_at_another_state_do_not_count() -> None:
    store = MemoryStore()
    for state in ("a", "b", "a", "a"):
        record_attempt(store, "orders", DAY, state=state, run_id="")

    assert attempts_at(store, "orders", DAY, state="a").count == 2
    assert attempts_at(store, "orders", DAY, state="b").count == 0


def test_what_is_too_young_waits_and_only_its_partition(lake: Lake) -> None:
    drop(lake, "a", ONE)
    drop(lake, "b", ONE, day=NEXT)
    landing = scan(lake.landing, contract(), now=dt.datetime(2024, 1, 1, 0, 0, 2, 500_000, tzinfo=dt.UTC), settle=1)

    assert landing.unsettled == {NEXT}
    assert landing.settles_in == pytest.approx(0.5)
    assert list(pending(lake, contract(), landing, now=NOW, fingerprint="f").partitions) == [DAY]


def test_a_file_of_the_future_does_not_wait_for_ever(lake: Lake) -> None:
    drop(lake, "a", ONE)

    landing = scan(lake.landing, contract(), now=dt.datetime(2023, 1, 1, tzinfo=dt.UTC), settle=2)

    assert landing.unsettled == frozenset()


def test_keys_that_belong_nowhere_are_reported_and_the_others_go_on(lake: Lake) -> None:
    for key in (
        "orders/dt=2024-02-30/a.csv",
        "orders/dt=1999-12-31/a.csv",
        "orders/no-date/a.csv",
        "orders2/dt=2024-01-01/a.csv",
        "orders/dt=2024-01-01/readme.txt",
        "orders/dt=2024-01-01/",
        "orders/dt=2024-01-01/a.csv",
    ):
        lake.landing.put(key, ONE)

    class Odd(MemoryStore):
        def list(self, prefix: str, *, start_after: str | None = None) -> Any:
            yield RefusedKey("orders/dt=2024-01-01/../x.csv", "the key holds a part ..")
            yield from lake.landing.list(prefix, start_after=start_after)

    landing = scan(Odd(), contract(files=[".csv"]), now=NOW, settle=0)

    assert list(landing.partitions) == [DAY]
    assert [found.key for found in landing.partitions[DAY]] == ["orders/dt=2024-01-01/a.csv"]
    assert landing.ignored == 2
    assert [refused.key.removeprefix("orders/") for refused in landing.refused] == [
        "dt=2024-01-01/../x.csv",
        "dt=1999-12-31/a.csv",
        "dt=2024-02-30/a.csv",
        "no-date/a.csv",
    ]
    assert all(refused.reason for refused in landing.refused)


def test_without_partitions_every_file_is_of_one(lake: Lake) -> None:
    lake.landing.put("orders/anything/a.csv", ONE)

    landing: Landing = scan(lake.landing, contract(partition={"by": "none", "from": "key"}), now=NOW, settle=0)

    assert list(landing.partitions) == ["all"]


@given(st.sets(st.integers(0, 400), max_size=30))
def test_spans_bridge_a_month_and_leave_none_out(days: set[int]) -> None:
    places = {f"{day:03d}": day for day in days}

    found = [span.partitions for span in spans(list(places), places)]

    assert [partition for span in found for partition in span] == sorted(places)
    for span in found:
        assert all(places[b] - places[a] <= MAX_BRIDGE + 1 for a, b in pairwise(span))
    for one, other in pairwise(found):
        assert places[other[0]] - places[one[-1]] > MAX_BRIDGE + 1
