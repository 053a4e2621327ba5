"""Which runs of Glue belong to a job of ours: numbered documents beside its request, each written once.

Of two processes that started a run for the same token, the one whose document is there counts; the other stops its own.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any, cast

from lake_platform.errors import DocumentFormatError
from lake_platform.spark.runner import JobStore, job_folder

FORMAT_VERSION = 1


@dataclass(frozen=True)
class RunRecord:
    """The `number`-th run of a token."""

    number: int
    job: str
    run: str


class RunRecords:
    """The runs of one token, oldest first."""

    def __init__(self, store: JobStore, dataset: str, token: str) -> None:
        self._store = store
        self._prefix = f"{job_folder(dataset, token)}/runs"

    def latest(self) -> RunRecord | None:
        found: RunRecord | None = None
        number = 1
        while self._store.head(self._key(number)) is not None:
            found = self._read(number)
            number += 1
        return found

    def add(self, after: int, *, job: str, run: str) -> RunRecord:
        """Writes down the run that follows number `after`; returns the record that is there now, ours or another's."""
        record = RunRecord(after + 1, job, run)
        body = {"format_version": FORMAT_VERSION, **asdict(record)}
        if self._store.put_if_absent(self._key(record.number), json.dumps(body).encode()):
            return record
        return self._read(record.number)

    def _read(self, number: int) -> RunRecord:
        key = self._key(number)
        body = cast("dict[str, Any]", json.loads(self._store.read(key)))
        if body.get("format_version") != FORMAT_VERSION:
            raise DocumentFormatError(key, body.get("format_version"), FORMAT_VERSION)
        return RunRecord(number, body["job"], body["run"])

    def _key(self, number: int) -> str:
        return f"{self._prefix}/{number:06d}.json"
