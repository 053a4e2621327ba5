"""Random histories for the property tests: several side by side in one table, each with keys and batches of its own."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from hypothesis import strategies as st

from lake_platform.warehouse.batches import Batch
from lake_platform_tests.warehouse.fold import Attributes, Event, Key
from lake_platform_tests.warehouse.tables import START, StagedRow, day

HOURS = 6
"""Few instants, few values, few keys: collisions are what is looked for."""
NAMES = st.sampled_from(["a", "b", "", " ", None])
AMOUNTS = st.sampled_from([Decimal("1.00"), Decimal("1.50"), None])
NOTES = st.sampled_from(["p", "q", "", None])
ATTRIBUTES: st.SearchStrategy[Attributes] = st.tuples(NAMES, AMOUNTS, NOTES)
PARTS = ("x", "y")


@dataclass(frozen=True)
class Fact:
    """One row of a change file. Rows of equal `row` are of equal rank, as a transform may make several of one."""

    part: str
    hour: int
    op: str
    attributes: Attributes
    row: int
    newer: bool


Content = tuple[Fact, ...]


@dataclass(frozen=True)
class Step:
    """A batch of a history is said: with new content, or again with one of the contents it had before."""

    batch: int
    content: Content
    again: int | None


FACTS = st.builds(
    Fact,
    part=st.sampled_from(PARTS),
    hour=st.integers(0, HOURS),
    op=st.sampled_from("UUUD"),
    attributes=ATTRIBUTES,
    row=st.integers(1, 3),
    newer=st.booleans(),
)
STEPS = st.builds(
    Step,
    batch=st.integers(0, 2),
    content=st.lists(FACTS, max_size=5).map(tuple),
    again=st.one_of(st.none(), st.none(), st.integers(0, 3)),
)
TICK = st.lists(STEPS, min_size=1, max_size=2, unique_by=lambda step: step.batch)
HISTORY = st.lists(TICK, max_size=5)


class ChangesPlayer:
    """Keeps, for one history, what its batches said last, and under which tokens and numbers."""

    def __init__(self, place: int) -> None:
        self.place = place
        self._contents: dict[int, list[Content]] = {}
        self._current: dict[int, tuple[Content, str]] = {}
        self._numbers: dict[int, int] = {}

    def say(self, step: Step) -> tuple[Batch, list[StagedRow]]:
        """The batch of a step, and its rows in staging."""
        before = self._contents.setdefault(step.batch, [])
        if step.again is not None and before:
            which = step.again % len(before)
        else:
            before.append(step.content)
            which = len(before) - 1
        content, token = before[which], f"{self.place}/{step.batch}/{which}"
        if self._current.get(step.batch, (None, ""))[1] != token:
            self._numbers[step.batch] = self._numbers.get(step.batch, 0) + 1
        self._current[step.batch] = content, token
        rows = [self._staged(step.batch, fact) for fact in content]
        return self._batch(step.batch, token, len(rows)), rows

    def events(self) -> list[Event]:
        """All facts that hold now."""
        return [self._event(batch, fact) for batch, (content, _) in self._current.items() for fact in content]

    def _batch(self, batch: int, token: str, rows: int) -> Batch:
        number = self._numbers[batch]
        return Batch(partition=self._partition(batch), token=token, number=number, rows=rows, as_of=day(batch))

    def _partition(self, batch: int) -> str:
        return f"{self.place:02d}-{batch}"

    def _staged(self, batch: int, fact: Fact) -> StagedRow:
        name, amount, note = fact.attributes
        at = START + dt.timedelta(hours=fact.hour)
        values = {"id": self.place, "part": fact.part, "name": name, "amount": amount, "note": note, "changed_at": at}
        file_time, file, row = self._rank(batch, fact)
        return StagedRow(values, op=fact.op, row=row, file_time=file_time, file=file)

    def _event(self, batch: int, fact: Fact) -> Event:
        at = START + dt.timedelta(hours=fact.hour)
        return Event(
            (self.place, fact.part),
            at,
            fact.op,
            (*fact.attributes, at),
            self._rank(batch, fact),
            self._partition(batch),
        )

    def _rank(self, batch: int, fact: Fact) -> tuple[dt.datetime, str, int]:
        # Batch 1 and 2 have files of one time, batch 0 has a newer and an older one.
        file_time = START + dt.timedelta(days=int(fact.newer) * 2 if batch == 0 else 1)
        return file_time, f"f{batch}-{int(fact.newer)}", fact.row


@dataclass(frozen=True)
class Cell:
    """What a snapshot says of a key: attributes, unknown (None), or nothing (`absent`)."""

    absent: bool
    attributes: Attributes | None


CELLS = st.one_of(
    st.builds(Cell, absent=st.just(False), attributes=ATTRIBUTES),
    st.builds(Cell, absent=st.just(False), attributes=ATTRIBUTES),
    st.just(Cell(absent=True, attributes=None)),
    st.just(Cell(absent=True, attributes=None)),
    st.just(Cell(absent=False, attributes=None)),
)
SNAPSHOT_KEYS: tuple[Key, ...] = tuple((number, part) for number in range(6) for part in PARTS)


@dataclass(frozen=True)
class SnapshotStep:
    """A snapshot is said, or taken back."""

    number: int
    cells: tuple[Cell, ...]
    closes: bool
    withdrawn: bool

    def said(self) -> Mapping[Key, Attributes | None]:
        pairs = zip(SNAPSHOT_KEYS, self.cells, strict=True)
        return {key: cell.attributes for key, cell in pairs if not cell.absent}


SNAPSHOT_STEPS = st.builds(
    SnapshotStep,
    number=st.integers(0, 6),
    cells=st.lists(CELLS, min_size=len(SNAPSHOT_KEYS), max_size=len(SNAPSHOT_KEYS)).map(tuple),
    closes=st.sampled_from([True, True, False]),
    withdrawn=st.sampled_from([False, False, False, False, False, True]),
)


@st.composite
def snapshot_ticks(draw: st.DrawFn) -> list[list[SnapshotStep]]:
    """Snapshots cut into ticks; in half of the examples they come in order, as they do on most days."""
    steps = draw(st.lists(SNAPSHOT_STEPS, min_size=1, max_size=9))
    if draw(st.booleans()):
        steps = sorted(steps, key=lambda step: step.number)
    ticks: list[list[SnapshotStep]] = []
    for step in steps:
        alone = not ticks or step.number in [other.number for other in ticks[-1]] or draw(st.booleans())
        ticks[-1:] = [*ticks[-1:], [step]] if alone else [[*ticks[-1], step]]
    return ticks


def snapshot_rows(said: Mapping[Key, Attributes | None], *, doubled: bool) -> list[StagedRow]:
    """The rows of a snapshot; `doubled`, each key also in an older file with other values, or as a marker."""
    rows: list[StagedRow] = []
    for (number, part), attributes in said.items():
        name, amount, note = attributes or (None, None, None)
        values = {"id": number, "part": part, "name": name, "amount": amount, "note": note}
        rows.append(StagedRow(values, op="U" if attributes else "?", file_time=day(1)))
        if doubled and attributes:
            if part == "x":
                rows.append(StagedRow({**values, "name": "older"}, file="g", file_time=day(0)))
            else:
                rows.append(StagedRow({"id": number, "part": part}, op="?", file="g", file_time=day(2)))
    return rows


def run_lengths(
    told: Sequence[tuple[dt.datetime, str, Mapping[Key, Attributes | None]]],
) -> set[tuple[Key, str, Attributes, dt.datetime, str]]:
    """What `__events` must hold of snapshots: each key's statements where they differ from the one before."""
    kept: set[tuple[Key, str, Attributes, dt.datetime, str]] = set()
    for key in SNAPSHOT_KEYS:
        before: tuple[str, Attributes] = ("A", (None, None, None))
        for at, name, said in sorted(told):
            attributes = said.get(key)
            operation = "A" if key not in said else "U" if attributes else "?"
            statement = (operation, attributes or (None, None, None))
            if statement != before:
                kept.add((key, *statement, at, name))
            before = statement
    return kept
