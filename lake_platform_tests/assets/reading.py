"""Two datasets, one of which reads the other, run layer by layer without Dagster and without Spark."""

import datetime as dt
import json
from dataclasses import dataclass, field, replace

from glue_jobs.protocol import JobReport, JobRequest, OutputFile, PartitionReport
from lake_platform.assets.processed import process_partitions
from lake_platform.assets.raw import accept_partitions
from lake_platform.assets.validated import validate_partitions
from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.inputs import bind_inputs
from lake_platform.lake.lake import Lake
from lake_platform.lake.landing import scan
from lake_platform.lake.pending import Pending, pending
from lake_platform.lake.refusals import reset_attempts
from lake_platform.lake.store import key_of
from lake_platform.lake.versions import VersionDocument
from lake_platform.lake.waiting import look_at_inputs
from lake_platform.spark.code import fingerprints
from lake_platform_tests.lake.builders import memory_lake

AIRPORTS, FLIGHTS = "airports", "flights"
DAYS = ("2024-01-01", "2024-01-02", "2024-01-03")
WORKED = ("raw", "validated", "processed")
Rows = list[list[str]]


@dataclass
class PlainRunner:
    """The two jobs in plain Python: CSV to rows, and rows joined with their input by the second column."""

    lake: Lake
    jobs: list[JobRequest] = field(default_factory=list)
    loses_rows: bool = False

    def run(self, request: JobRequest) -> JobReport:
        self.jobs.append(request)
        lookup = {row[0]: row[1] for table in request.inputs.values() for row in self.rows(table.urls)}
        parts: list[PartitionReport] = []
        for work in request.partitions:
            rows = self.rows([file.url for file in work.files])
            if request.job == "process" and request.inputs:
                rows = [[*row, lookup.get(row[1], "")] for row in rows]
            part = self._written(request, work.partition, work.token, rows)
            parts.append(replace(part, rows_in=part.rows_in + int(self.loses_rows and request.job == "process")))
        return JobReport(
            job=request.job, dataset=request.dataset, token=request.token, seconds=0.0, partitions=tuple(parts)
        )

    def figures(self, request: JobRequest) -> dict[str, object]:
        return {"run_id": f"run-{len(self.jobs)}"}

    def rows(self, urls: "list[str] | tuple[str, ...]") -> Rows:
        found: Rows = []
        for url in urls:
            text = self.lake.lake.read(key_of(self.lake.lake, url)).decode()
            found += json.loads(text) if text.startswith("[") else [line.split(",") for line in text.splitlines()[1:]]
        return found

    def _written(self, request: JobRequest, partition: str, token: str, rows: Rows) -> PartitionReport:
        key = key_of(self.lake.lake, f"{request.output}/rows/{partition}.json")
        text = json.dumps(rows).encode()
        self.lake.lake.put(key, text)
        file = OutputFile(url=self.lake.lake.url(key), content_length=len(text), record_count=len(rows))
        return PartitionReport(
            partition=partition, token=token, rows_in=len(rows), rows_out=len(rows), files=(file,) if rows else ()
        )


class Reading:
    """Airports (one snapshot) and flights (events, by day), and a lake in memory."""

    def __init__(self, refresh: str) -> None:
        self.lake = memory_lake()
        self.spark = PlainRunner(self.lake)
        self.airports, self.flights = bind_inputs([_airports(), _flights(refresh)])

    def drop_airports(self, **cities: str) -> None:
        text = "code,city\n" + "".join(f"{code},{city}\n" for code, city in cities.items())
        self.lake.landing.put("airports/airports.csv", text.encode())

    def drop_flights(self, day: str, *codes: str, file: str = "a") -> None:
        text = "id,code\n" + "".join(f"{number},{code}\n" for number, code in enumerate(codes))
        self.lake.landing.put(f"flights/dt={day}/{file}.csv", text.encode())

    def look(self, contract: DatasetContract) -> Pending:
        now = dt.datetime.now(dt.UTC)
        landing = scan(self.lake.landing, contract, now=now, settle=0)
        whole, raw = fingerprints(contract)
        inputs = look_at_inputs(self.lake, contract, now=now, fingerprints=fingerprints)
        return pending(
            self.lake, contract, landing, now=now, fingerprint=whole, raw_fingerprint=raw, inputs=inputs
        )  # fmt: skip

    def tick(self, contract: DatasetContract, *, dies_after: str = "processed") -> list[str]:
        """What the sensor and its run do; the run may die after a layer. The partitions that it worked on."""
        wanted = list(self.look(contract).partitions)
        if wanted:
            self.run(contract, wanted, dies_after=dies_after)
        return wanted

    def run(self, contract: DatasetContract, partitions: list[str], *, dies_after: str = "processed") -> None:
        """A run of these partitions, pending or not, as a backfill starts it."""
        accept_partitions(contract, self.lake, partitions, run_id="r")
        if WORKED.index(dies_after) > 0:
            validate_partitions(contract, partitions, lake=self.lake, spark=self.spark)
        if WORKED.index(dies_after) > 1:
            process_partitions(contract, partitions, lake=self.lake, spark=self.spark)

    def settle(self) -> None:
        """Ticks until nothing is pending; runs that died before do not count as attempts."""
        for contract, partition in [(self.airports, "all"), *((self.flights, day) for day in DAYS)]:
            reset_attempts(self.lake.lake, contract.name, partition)
        while self.tick(self.airports) or self.tick(self.flights):
            pass

    def published(self, day: str) -> VersionDocument | None:
        return self.lake.log(FLIGHTS, "processed").latest(day)

    def cities(self, day: str) -> list[str]:
        """The cities of the flights of a day, in the order of its files."""
        document = self.published(day)
        assert document is not None
        manifest = json.loads(self.lake.lake.read(key_of(self.lake.lake, document.body["manifest"])))
        return [row[-1] for row in self.spark.rows([entry["url"] for entry in manifest["entries"]])]


def _airports() -> DatasetContract:
    return _dataset(AIRPORTS, partition={"by": "none", "from": "key"}, delivers="snapshot", columns=["code", "city"])


def _flights(refresh: str) -> DatasetContract:
    return _dataset(
        FLIGHTS,
        partition={"by": "day", "from": "key", "pattern": r"dt=(?P<day>\d{4}-\d{2}-\d{2})/"},
        delivers="events",
        columns=["id", "code"],
        transform={
            "run": "glue_jobs.transforms.customers:standardise",
            "rows": "same",
            "inputs": {"airports": {"dataset": AIRPORTS, "refresh": refresh}},
        },
    )


def _dataset(name: str, *, partition: object, delivers: str, columns: list[str], **more: object) -> DatasetContract:
    return DatasetContract.model_validate(
        {
            "name": name,
            "description": name,
            "arrives": {
                "prefix": f"{name}/",
                "partition": partition,
                "format": {"kind": "csv"},
                "delivers": delivers,
            },
            "columns": [{"name": column, "type": "varchar(20)"} for column in columns],
            "last_layer": "processed",
            **more,
        }
    )
