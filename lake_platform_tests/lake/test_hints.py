"""Hints: what lands is looked at soon if its message comes, later if not; messages go when nothing is pending."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from lake_platform.errors import AwsUnreachableError
from lake_platform.lake.hints import INVISIBLE_SECONDS, POLL_SECONDS, STRANGE_SECONDS, ArrivalHints, QueueMessage
from lake_platform_tests.lake.test_event_messages import s3_event

SWEEP = 900.0


@dataclass
class MemoryQueue:
    """A queue with visibility and a dead-letter queue, by a clock of its own."""

    clock: list[float]
    bodies: dict[int, str] = field(default_factory=dict[int, str])
    visible: dict[int, float] = field(default_factory=dict[int, float])
    received: dict[int, int] = field(default_factory=dict[int, int])
    dead: list[str] = field(default_factory=list[str])
    down: bool = False
    chance: random.Random = field(default_factory=lambda: random.Random(1))

    def send(self, body: str) -> None:
        number = len(self.visible)
        self.bodies[number], self.visible[number], self.received[number] = body, 0.0, 0

    def receive(self, *, most: int, invisible: int) -> Sequence[QueueMessage]:
        if self.down:
            raise AwsUnreachableError("sqs", "receive_message", "down")
        due = [number for number in self.bodies if self.visible[number] <= self.clock[0]]
        self.chance.shuffle(due)
        for number in [number for number in due if self.received[number] >= 3]:
            self.dead.append(self.bodies.pop(number))
            due.remove(number)
        for number in due[:most]:
            self.received[number] += 1
            self.visible[number] = self.clock[0] + invisible
        return [QueueMessage(f"{number}:{self.received[number]}", self.bodies[number]) for number in due[:most]]

    def extend(self, receipts: Sequence[str], *, invisible: int) -> None:
        for receipt in receipts:
            self.visible[int(receipt.split(":")[0])] = self.clock[0] + invisible

    def delete(self, receipts: Sequence[str]) -> None:
        for receipt in receipts:
            self.bodies.pop(int(receipt.split(":")[0]), None)


@dataclass
class House:
    """Datasets `a` and `b`, below prefixes of their names, looked at by a fake reconciler."""

    clock: list[float] = field(default_factory=lambda: [1000.0])
    pending: dict[str, bool] = field(default_factory=dict[str, bool])
    looks: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self.queue = MemoryQueue(self.clock)
        self.restart()

    def restart(self) -> None:
        self.hints = ArrivalHints(self.queue, bucket="landing", sweep_seconds=SWEEP, now=lambda: self.clock[0])

    def tick(self, *names: str, after: float = POLL_SECONDS + 1, reads: Sequence[str] = ()) -> list[str]:
        """One tick of each sensor; says which looked."""
        self.clock[0] += after
        looked = [name for name in names if self.hints.is_due(name, prefix=f"{name}/", reads=reads)]
        for name in looked:
            self.hints.looked(name, began=self.clock[0], pending=self.pending.get(name, False), again=False)
        self.looks += looked
        return looked


def test_without_a_queue_every_tick_looks() -> None:
    hints = ArrivalHints()

    assert hints.is_due("a", prefix="a/")
    hints.looked("a", began=0.0, pending=False, again=False)
    assert hints.is_due("a", prefix="a/")


def test_the_first_tick_looks_then_only_a_message_or_time_does() -> None:
    house = House()

    assert house.tick("a", "b") == ["a", "b"]
    assert house.tick("a", "b") == []
    house.queue.send(s3_event("b/1.csv"))
    assert house.tick("a", "b") == ["b"]
    assert house.tick("a", "b") == []
    assert house.tick("a", "b", after=SWEEP) == ["a", "b"], "a lost message costs time only"


def test_a_message_stays_until_nothing_is_pending() -> None:
    house = House(pending={"a": True})
    house.queue.send(s3_event("a/1.csv"))

    for _ in range(100):
        assert house.tick("a", after=INVISIBLE_SECONDS / 3) == ["a"]
        assert len(house.queue.bodies) == 1
    assert house.queue.received == {0: 1}, "it is kept invisible, so that it is not taken for poison"
    house.pending["a"] = False
    house.tick("a")

    assert house.queue.bodies == {}


def test_a_message_of_a_process_that_died_comes_back() -> None:
    house = House(pending={"a": True})
    house.queue.send(s3_event("a/1.csv"))
    house.tick("a")
    house.restart()
    house.pending["a"] = False

    house.tick("a")
    assert len(house.queue.bodies) == 1
    house.tick("a", after=INVISIBLE_SECONDS)

    assert house.queue.bodies == {}


def test_poison_goes_to_the_dead_letter_queue_and_stops_nobody() -> None:
    house = House()
    house.queue.send("no json")
    house.queue.send(s3_event("a/1.csv", version="3.0"))
    house.queue.send(s3_event("a/2.csv"))

    for _ in range(5):
        house.tick("a", after=INVISIBLE_SECONDS + 1)

    assert house.queue.bodies == {}
    assert sorted(house.queue.dead) == sorted(["no json", s3_event("a/1.csv", version="3.0")])


def test_a_message_for_two_datasets_waits_for_both() -> None:
    house = House()
    house.tick("a", "b")
    house.queue.send(s3_event("a/1.csv", "b/1.csv"))

    assert house.tick("a") == ["a"]
    assert len(house.queue.bodies) == 1
    assert house.tick("a", "b") == ["b"]

    assert house.queue.bodies == {}


def test_messages_that_concern_nobody_are_deleted() -> None:
    house = House()
    house.tick("a")
    house.queue.send(s3_event("a/1.csv", bucket="other"))
    house.queue.send(s3_event("a/1.csv", name="ObjectRemoved:Delete"))
    house.queue.send(s3_event("stranger/1.csv"))

    assert house.tick("a") == []
    assert len(house.queue.bodies) == 1, "a dataset that was not seen yet may want it"
    house.tick("a", after=STRANGE_SECONDS + 1)
    house.tick("a")

    assert house.queue.bodies == {}


def test_news_of_a_dataset_are_news_for_those_that_read_it() -> None:
    house = House()
    house.tick("a")
    house.tick("b", reads=["a"])
    house.queue.send(s3_event("a/1.csv"))
    house.pending["a"] = True

    assert house.tick("b", reads=["a"]) == []
    house.tick("a")
    assert house.tick("b", reads=["a"]) == ["b"], "it is about to be made"
    house.pending["a"] = False
    house.tick("a")
    assert house.tick("b", reads=["a"]) == ["b"], "it was made"
    assert house.tick("b", reads=["a"]) == []


def test_a_queue_that_does_not_answer_leaves_the_slow_pace() -> None:
    house = House()
    house.queue.down = True

    assert house.tick("a") == ["a"]
    assert house.tick("a") == []
    assert house.tick("a", after=SWEEP) == ["a"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 3), st.integers(0, 200)), max_size=12), st.integers(0, 99)
)
def test_whatever_becomes_of_the_messages_every_file_is_seen(files: list[tuple[str, int, int]], seed: int) -> None:
    """Each file's message comes 0 to 3 times, in any order; sometimes the process dies between."""
    house = House()
    house.queue.chance = random.Random(seed)
    unseen: dict[str, int] = {}

    def tick() -> None:
        for name in house.tick("a", "b"):
            unseen.pop(name, None)

    for name, times, seconds in files:
        unseen[name] = unseen.get(name, 0) + 1
        for _ in range(times):
            house.queue.send(s3_event(f"{name}/f.csv"))
        house.clock[0] += seconds
        if house.queue.chance.random() < 0.1:
            house.restart()
        tick()
        assert times == 0 or name not in unseen, "its message is in the queue: the next tick looks"
    house.clock[0] += SWEEP
    tick()

    assert unseen == {}
    for _ in range(4):
        house.clock[0] += INVISIBLE_SECONDS + 1
        tick()
    assert house.queue.bodies == {}
    assert house.queue.dead == []
