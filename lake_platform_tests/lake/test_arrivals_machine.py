"""Whatever happens to landing and to the processes that read it: nothing is lost, nothing counts twice.

Files are dropped, rewritten, renamed, expire and are withdrawn; runs are killed at any operation, overtaken by other
runs at any operation, or find a file rewritten under their hands; the contract changes. After each step every document
that was published is compared with a fold in plain Python, and what landing holds must be in the newest one once the
dust has settled.
"""

import hashlib
from collections.abc import Callable
from contextlib import suppress

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from lake_platform.contract.dataset import DatasetContract
from lake_platform.lake.accept import RawOutcome, accept, withdraw
from lake_platform.lake.lake import Lake
from lake_platform.lake.landing import scan
from lake_platform.lake.pending import pending
from lake_platform.lake.refusals import Refusal, refuse
from lake_platform.lake.store import ObjectInfo, key_of
from lake_platform.lake.versions import VersionDocument
from lake_platform_tests.lake.builders import NOW, contract, memory_lake
from lake_platform_tests.lake.dying_store import DyingStore, Interrupted, Killed, die
from lake_platform_tests.lake.memory_store import MemoryStore
from lake_platform_tests.lake.model import Model, Version

DAY = "2024-01-01"
KEYS = [f"orders/dt={DAY}/{name}" for name in ("a.csv", "b[1].csv", "_c.csv", "d//d.csv")]
CONTENTS = [b"id,name\n1,one\n", b"id,name\n2,two\n", b"id,name\n", b"", b"id\n1\n", b"id,na\xffme\n"]
STRICT = contract()
MILD = contract(evolution={"missing": "warn"})


def readable(content: bytes, by: DatasetContract) -> bool:
    return content != b"" and b"\xff" not in content and (by is MILD or content != b"id\n1\n")


class Landing(MemoryStore):
    """A bucket that keeps versions, and remembers all of them for the model."""

    def __init__(self) -> None:
        super().__init__("landing")
        self.versions: dict[str, Version] = {}

    def _info(self, key: str) -> ObjectInfo:
        found = super()._info(key)
        identity = f"v{found.modified.isoformat()}"
        content = self.objects[key][0]
        self.versions[identity] = Version(content, found.modified.isoformat(timespec="microseconds"))
        return ObjectInfo(key=key, size=found.size, modified=found.modified, identity=identity)


class Arrivals(RuleBasedStateMachine):
    @initialize(snapshot=st.booleans())
    def begin(self, snapshot: bool) -> None:
        self.landing, self.store = Landing(), MemoryStore("lake")
        self.lake = memory_lake(self.landing, self.store)
        self.contract, self.mild = STRICT, False
        self.snapshot = snapshot
        self.model = Model(lambda content: readable(content, STRICT))
        self.known = 0
        self.fingerprint = "strict"

    @rule(key=st.sampled_from(KEYS), content=st.sampled_from(CONTENTS))
    def drop(self, key: str, content: bytes) -> None:
        self.landing.put(key, content)

    @rule(key=st.sampled_from(KEYS))
    def expire(self, key: str) -> None:
        self.landing.delete(key)

    @rule(key=st.sampled_from(KEYS), to=st.sampled_from(KEYS))
    def rename(self, key: str, to: str) -> None:
        if key in self.landing.objects:
            content, _ = self.landing.objects.pop(key)
            self.landing.put(to, content)

    @rule()
    def change_the_contract(self) -> None:
        self.mild = not self.mild
        self.fingerprint = "mild" if self.mild else "strict"

    @rule()
    def run(self) -> None:
        self.accept(self.lake)
        self.follow()

    @rule(at=st.integers(0, 25))
    def run_and_die(self, at: int) -> None:
        self.run_with(at, die)

    @rule(at=st.integers(0, 25), key=st.sampled_from(KEYS), content=st.sampled_from(CONTENTS))
    def run_while_a_file_is_rewritten(self, at: int, key: str, content: bytes) -> None:
        self.run_with(at, lambda: self.landing.put(key, content))

    @rule(at=st.integers(0, 25), key=st.sampled_from(KEYS))
    def run_while_a_file_goes(self, at: int, key: str) -> None:
        self.run_with(at, lambda: self.landing.delete(key))

    @rule(at=st.integers(0, 25), content=st.sampled_from(CONTENTS))
    def run_and_be_overtaken(self, at: int, content: bytes) -> None:
        others: list[RawOutcome | None] = []

        def overtake() -> None:
            self.landing.put(KEYS[0], content)
            others.append(self.accept(self.lake))

        mine = self.run_with(at, overtake)
        told = {o.document.number: o.document for o in (mine, *others) if o is not None}
        history = {document.number: document for document in self.lake.log("orders", "raw").history(DAY)}
        assert all(history[number] == document for number, document in told.items())

    @rule(key=st.sampled_from(KEYS), at=st.integers(0, 8))
    def withdraw_and_die(self, key: str, at: int) -> None:
        step = Interrupted(at, die)
        dying = memory_lake(DyingStore(self.landing, step), DyingStore(self.store, step))
        with suppress(Killed):
            withdraw(dying, self.dataset(), DAY, key)
        latest = self.latest()
        if latest is not None and latest.number > self.known:
            self.model.withdraw(key)
            self.known = latest.number
            self.compare(latest)

    @invariant()
    def every_named_object_is_there(self) -> None:
        latest = self.latest() if hasattr(self, "store") else None
        for file in latest.body["files"] if latest else []:
            content = self.store.read(key_of(self.store, file["url"]))
            assert hashlib.sha256(content).hexdigest() == file["sha256"]

    @precondition(lambda self: self.landing.objects)
    @rule()
    def settle(self) -> None:
        """One more run finds nothing new, landing is in the document, and the sensor is quiet once it was published."""
        self.accept(self.lake)
        self.follow()
        again = self.accept(self.lake)
        assert again is not None
        assert not again.published
        for found in self.landing.list("orders/"):
            assert isinstance(found, ObjectInfo)
            assert again.document.body["arrivals"][found.key] == found.identity
        self.reach_the_target(again.document)

    def reach_the_target(self, raw: VersionDocument) -> None:
        content, refused = raw.body["content"], raw.body["refused"]
        if refused is None:
            last = self.lake.log("orders", "staging")
            last.publish(DAY, {"content": content}, token=content, after=last.latest_number(DAY))
        else:
            refusal = Refusal(
                token=content,
                content=content,
                fingerprint=self.fingerprint,
                layer="validated",
                gate="g",
                reason=refused,
                checks=[],
                figures={},
            )
            refuse(self.store, "orders", DAY, refusal)
        found = pending(
            self.lake,
            self.dataset(),
            scan(self.landing, self.dataset(), now=NOW, settle=0),
            now=NOW,
            fingerprint=self.fingerprint,
            raw_fingerprint=self.fingerprint,
        )
        assert found.partitions == {}
        assert list(found.held) == ([DAY] if refused is not None else [])

    def dataset(self) -> DatasetContract:
        base = MILD if self.mild else STRICT
        arrives = base.arrives.model_copy(update={"delivers": "snapshot" if self.snapshot else "changes"})
        return base.model_copy(update={"arrives": arrives})

    def accept(self, lake: Lake) -> RawOutcome | None:
        landed = scan(lake.landing, self.dataset(), now=NOW, settle=0).partitions.get(DAY, ())
        return accept(lake, self.dataset(), DAY, landed=landed, fingerprint=self.fingerprint)

    def run_with(self, at: int, act: Callable[[], None]) -> RawOutcome | None:
        step = Interrupted(at, act)
        outcome = None
        with suppress(Killed):
            outcome = self.accept(memory_lake(DyingStore(self.landing, step), DyingStore(self.store, step)))
        self.follow()
        return outcome

    def follow(self) -> None:
        """Shows the model what each new document says it saw, and compares."""
        log = self.lake.log("orders", "raw")
        for document in log.history(DAY):
            if document.number > self.known:
                mild = document.body["fingerprint"] == "mild"
                self.model.under(lambda content, mild=mild: readable(content, MILD if mild else STRICT))
                for key, identity in document.body["arrivals"].items():
                    if self.model.arrivals.get(key) != identity:
                        self.model.see(key, identity, self.landing.versions[identity])
                self.known = document.number
                self.compare(document)

    def compare(self, document: VersionDocument) -> None:
        files, model = document.body["files"], self.model
        accepted = [(f["key"], f["sha256"]) for f in files if f["status"] == "accepted"]
        assert accepted == [(key, hashlib.sha256(content).hexdigest()) for key, content in model.accepted()]
        broken = {f["key"] for f in files if f["status"] == "refused"}
        assert broken == set(model.broken)
        assert {f["key"] for f in files if f["status"] == "withdrawn"} == {
            key for key, version in model.standing.items() if version.withdrawn
        }
        whole = bool(broken) and (self.snapshot or not accepted)
        assert (document.body["refused"] is not None) == whole

    def latest(self) -> VersionDocument | None:
        return self.lake.log("orders", "raw").latest(DAY)


TestArrivals = Arrivals.TestCase
TestArrivals.settings = settings(
    max_examples=200, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
