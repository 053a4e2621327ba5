"""A lake with definitions of its own, driven as its users drive it: drop files, tick, look at tables."""

import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg

from lake_platform.assets.keys import dataset_keys
from lake_platform.cli.runs import RunSummary, execute
from lake_platform.cli.tick import TickSummary, run_tick
from lake_platform.contract.dataset import DatasetContract
from lake_platform.definitions import build_definitions, build_resources, load_contracts
from lake_platform.lake.lake import Lake
from lake_platform.sensors.arrivals import Tick, look
from lake_platform.sensors.requests import span_request
from lake_platform.settings import Settings
from lake_platform.warehouse.redshift import RedshiftResource

SETTLED = 60.0
"""Seconds that a dropped file is old, so that no test waits for it to settle."""


@dataclass(frozen=True)
class House:
    """One LAKE_HOME."""

    settings: Settings

    @property
    def landing(self) -> Path:
        return self.settings.home / "s3" / "landing"

    def define(self, name: str, text: str) -> None:
        """Writes a definition file; an earlier one of that name is replaced."""
        assert self.settings.defs is not None
        folder = self.settings.defs / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "defs.yaml").write_text(text, encoding="utf-8")

    def drop(self, key: str, content: str | bytes, *, age: float = SETTLED) -> None:
        """Lands a file, `age` seconds old; a file of that key is replaced, as `mv` would."""
        path = self.landing / key
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_name(f".{path.name}.half")
        half.write_bytes(content.encode() if isinstance(content, str) else content)
        moment = time.time() - age
        os.utime(half, (moment, moment))
        half.replace(path)

    def tick(self, *datasets: str) -> TickSummary:
        """What `lake tick` does."""
        return run_tick(self.settings, datasets=datasets)

    def look(self, dataset: str) -> Tick:
        """What the sensor sees, without starting anything."""
        contract = self.contract(dataset)
        with dg.DagsterInstance.get() as instance:
            return look(contract, dataset_keys(contract), lake=self.lake, instance=instance)

    def run_again(self, dataset: str, partition: str) -> RunSummary:
        """Starts a run of one partition whether or not it is pending, as a backfill does."""
        contract = self.contract(dataset)
        request = span_request(contract, dataset_keys(contract), partitions=[partition], state="again")
        with dg.DagsterInstance.get() as instance:
            return execute(build_definitions(self.settings), instance, request)

    def files(self, dataset: str, partition: str) -> dict[str, tuple[str, str | None]]:
        """What the raw layer says of each landed file: its status and the reason."""
        document = self.lake.log(dataset, "raw").latest(partition)
        assert document is not None
        return {file["key"]: (file["status"], file["reason"]) for file in document.body["files"]}

    def contract(self, dataset: str) -> DatasetContract:
        return next(contract for contract in load_contracts(self.settings) if contract.name == dataset)

    @property
    def lake(self) -> Lake:
        lake = build_resources(self.settings)["lake"]
        assert isinstance(lake, Lake)
        return lake

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query in the warehouse."""
        redshift = build_resources(self.settings)["redshift"]
        assert isinstance(redshift, RedshiftResource)
        with redshift.autocommit(query_group="test") as session:
            session.execute("SET search_path TO analytics, staging, public")
            return session.query(query)


def csv_of(header: str, rows: Sequence[Sequence[object]]) -> str:
    """A CSV file as text; None is an empty field."""
    lines = [",".join("" if value is None else str(value) for value in row) for row in rows]
    return "\n".join([header, *lines]) + "\n"


def json_lines(rows: Sequence[Mapping[str, object]]) -> str:
    """One JSON object a line."""
    return "".join(json.dumps(row) + "\n" for row in rows)
