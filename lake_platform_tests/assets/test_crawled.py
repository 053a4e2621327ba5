"""The crawl of a dataset that names a crawler: what it is asked for, and what Dagster hears of it."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg
import pytest

from lake_platform.assets.crawled import LAST
from lake_platform.assets.keys import asset_key, crawler_key, dataset_keys
from lake_platform.components.dataset import build_dataset
from lake_platform.contract.dataset import DatasetContract
from lake_platform.errors import CrawlerMissingError, CrawlFailedError
from lake_platform.lake.crawlers import Crawl, Crawlers, NoCrawlers
from lake_platform.lake.document_catalog import DocumentCatalog
from lake_platform.lake.lake import Lake
from lake_platform.lake.stores.local import LocalStore
from lake_platform_tests.contract.declared import changed, contract_of

BEGAN = dt.datetime(2024, 3, 5, 12, tzinfo=dt.UTC)
DAY = "2024-03-01"
NAMED = changed("  columns:", "  catalog: {crawler: crm landed, crawler_timeout: 90}\n  columns:")


@dataclass
class Recorded:
    """Crawlers that succeed, or fail as told; what they were asked for is kept."""

    fails: Exception | None = None
    asked: list[tuple[str, str, dt.datetime, float]] = field(default_factory=list[tuple[str, str, dt.datetime, float]])

    def crawl(self, crawler: str, *, url: str, after: dt.datetime, minutes: float) -> Crawl | None:
        self.asked.append((crawler, url, after, minutes))
        if self.fails is not None:
            raise self.fails
        return Crawl(crawler=crawler, began=BEGAN, database="landed", log="/aws-glue/crawlers:crm landed")


@dataclass
class Ran:
    """A lake with one day in landing, and runs of raw and the crawl."""

    lake: Lake
    instance: dg.DagsterInstance
    contract: DatasetContract

    def run(self, crawlers: Crawlers, *, partition: str = DAY, tags: dict[str, str] | None = None) -> bool:
        defs = build_dataset(self.contract)
        keys = [asset_key("customers", "raw"), crawler_key("customers")]
        assets = [asset for asset in defs.assets or [] if isinstance(asset, dg.AssetsDefinition) and asset.key in keys]
        resources = {"lake": self.lake, "catalog": DocumentCatalog(self.lake.lake), "crawlers": crawlers}
        job = dg.Definitions(assets, resources=resources).resolve_implicit_global_asset_job_def()
        return job.execute_in_process(
            partition_key=partition, instance=self.instance, tags=tags, raise_on_error=False
        ).success

    def told(self) -> list[dg.AssetMaterialization]:
        """What Dagster heard of the crawl, newest first."""
        found = self.instance.fetch_materializations(crawler_key("customers"), limit=9).records
        return [record.asset_materialization for record in found if record.asset_materialization is not None]


@pytest.fixture
def ran(tmp_path: Path) -> Iterator[Ran]:
    lake = Lake(
        landing=LocalStore("landing", tmp_path / "landing"),
        lake=LocalStore("lake", tmp_path / "lake"),
        settle=0.0,
        read_pii_key=str,
    )
    file = tmp_path / "landing" / "customers" / f"dt={DAY}" / "a.csv"
    file.parent.mkdir(parents=True)
    file.write_text("customer_id,op,status,amount,changed_at\n1,I,A,1.00,2024-03-01T00:00:00\n")
    with dg.DagsterInstance.ephemeral() as instance:
        yield Ran(lake, instance, contract_of(NAMED))


def test_the_crawl_has_to_see_what_raw_took_in(ran: Ran) -> None:
    crawlers = Recorded()

    assert ran.run(crawlers)

    document = ran.lake.log("customers", "raw").latest(DAY)
    assert document is not None
    taken = dt.datetime.fromisoformat(document.published_at)
    assert crawlers.asked == [("crm landed", "s3://landing/customers/", taken, 90)]
    (told,) = ran.told()
    assert told.partition == DAY
    assert {name.removeprefix("lake_platform/"): entry.value for name, entry in told.metadata.items()} == {
        "crawler": "crm landed",
        "crawl_began": "2024-03-05T12:00:00+00:00",
        "crawl_database": "landed",
        "crawl_log": "/aws-glue/crawlers:crm landed",
    }


def test_where_nothing_landed_nothing_is_crawled(ran: Ran) -> None:
    crawlers = Recorded()

    assert ran.run(crawlers, partition="2024-03-02")

    assert crawlers.asked == []
    assert ran.told() == []


@pytest.mark.parametrize(
    ("error", "attempts"),
    [
        pytest.param(CrawlFailedError("crm landed", status="FAILED", message="no", log=""), 3, id="one that may pass"),
        pytest.param(CrawlerMissingError("crm landed"), 1, id="one that fails again"),
    ],
)
def test_a_crawl_that_fails_fails_its_step_and_not_raw(ran: Ran, error: Exception, attempts: int) -> None:
    crawlers = Recorded(fails=error)

    assert not ran.run(crawlers)

    assert len(crawlers.asked) == attempts
    assert ran.told() == []
    assert ran.lake.log("customers", "raw").latest(DAY) is not None


def test_a_backend_without_crawlers_tells_of_no_crawl(ran: Ran) -> None:
    assert ran.run(NoCrawlers())

    assert ran.told() == []
    logs = [record.message for record in ran.instance.event_log_storage.get_logs_for_run(_last_run(ran))]
    assert [message for message in logs if "this backend has no crawlers" in message]


def test_a_backfill_on_a_backend_without_crawlers_does_not_fail(ran: Ran) -> None:
    """Dagster calls a backfill failed where it hears nothing of one of its partitions."""
    assert ran.run(NoCrawlers(), tags={"dagster/backfill": "march"})

    (told,) = ran.told()
    assert "lake_platform/crawl_began" not in told.metadata


def test_only_a_dataset_that_names_a_crawler_has_a_crawl() -> None:
    assert crawler_key("customers") in dataset_keys(contract_of(NAMED))
    assert crawler_key("customers") not in dataset_keys(contract_of())


def test_the_crawl_is_told_to_go_last() -> None:
    (crawl,) = [
        asset
        for asset in build_dataset(contract_of(NAMED)).assets or []
        if isinstance(asset, dg.AssetsDefinition) and asset.key == crawler_key("customers")
    ]

    assert crawl.op.tags == LAST


def test_steps_of_the_layers_go_before_the_crawl() -> None:
    """A fact about Dagster's executors that the crawl relies on: what waits for nobody would else run first."""
    order: list[str] = []

    def step(name: str, after: list[dg.AssetsDefinition], **tags: str) -> dg.AssetsDefinition:
        @dg.asset(name=name, deps=after, op_tags=tags)
        def made() -> None:
            order.append(name)

        return made

    raw = step("raw", [])
    crawl = step("crawl", [raw], **LAST)
    last = step("target", [step_between := step("validated", [raw])])
    with dg.DagsterInstance.ephemeral() as instance:
        dg.materialize([raw, crawl, step_between, last], instance=instance)

    assert order == ["raw", "validated", "target", "crawl"]


def _last_run(ran: Ran) -> str:
    (run,) = ran.instance.get_runs(limit=1)
    return run.run_id
