"""Crawlers of Glue: the real boto3 client at an endpoint whose crawlers run, stop, fail and hang."""

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from lake_platform.aws.calls import AwsCalls, Connect
from lake_platform.aws.glue_crawlers import GlueCrawlers
from lake_platform.errors import (
    AwsRefusedError,
    CrawlerCancelledError,
    CrawlerMissingError,
    CrawlerTargetError,
    CrawlerTimeoutError,
    CrawlFailedError,
)
from lake_platform.lake.crawlers import Crawl
from lake_platform.local.glue import Fault, GlueEndpoint, ScriptHost

pytestmark = pytest.mark.s3

ROLE = "arn:aws:iam::123456789012:role/crawler"
URL = "s3://landed/customers/"
LONG_AGO = dt.timedelta(minutes=5)


@dataclass
class Clock:
    """Polls wait for nothing, and minutes of patience go by meanwhile."""

    seconds: float = 0.0

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@dataclass
class Yard:
    """The endpoint, a client of it and a bucket with one file."""

    endpoint: GlueEndpoint
    glue: Any
    s3: Any
    connect: Connect
    clock: Clock = field(default_factory=Clock)

    def make(self, *targets: str) -> str:
        name = f"crawler {uuid.uuid4().hex[:6]}"
        paths = [{"Path": path} for path in targets or (URL,)]
        self.glue.create_crawler(Name=name, Role=ROLE, DatabaseName="landed", Targets={"S3Targets": paths})
        return name

    def crawl(self, name: str, *, ago: dt.timedelta = dt.timedelta(), minutes: float = 60) -> Crawl:
        crawlers = GlueCrawlers(AwsCalls(self.connect, "glue"), clock=self.clock)
        return crawlers.crawl(name, url=URL, after=dt.datetime.now(dt.UTC) - ago, minutes=minutes)

    def crawls(self, name: str) -> int:
        return len(self.endpoint.crawlers.seen(name))

    def state(self, name: str) -> str:
        return self.glue.get_crawler(Name=name)["Crawler"]["State"]


@pytest.fixture(scope="module")
def endpoint(aws_url: str) -> Iterator[GlueEndpoint]:
    credentials = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    made = GlueEndpoint(ScriptHost(aws=aws_url, credentials=credentials))
    yield made
    made.close()


@pytest.fixture
def yard(endpoint: GlueEndpoint, aws_connect: Connect) -> Yard:
    s3 = aws_connect("s3")
    s3.create_bucket(Bucket="landed")
    s3.put_object(Bucket="landed", Key="customers/a.csv", Body=b"1")

    def connect(service: str) -> Any:
        client = aws_connect(service)
        client.meta.events.register("before-sign.glue.*", _to(endpoint.url))
        return client

    endpoint.faults.clear()
    return Yard(endpoint, connect("glue"), s3, connect)


def _to(url: str) -> Any:
    def redirect(request: Any, **_: Any) -> None:
        request.url = f"{url}/"

    return redirect


def test_a_crawl_is_started_and_its_end_waited_for(yard: Yard) -> None:
    name = yard.make()

    crawl = yard.crawl(name)

    assert yard.endpoint.crawlers.seen(name) == [{"s3://landed/customers/a.csv"}]
    assert crawl.crawler == name
    assert crawl.database == "landed"
    assert crawl.log == f"/aws-glue/crawlers:{name}"
    assert abs(crawl.began - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)


def test_a_crawl_that_began_after_the_files_is_not_repeated(yard: Yard) -> None:
    name = yard.make()
    first = yard.crawl(name)

    assert yard.crawl(name, ago=LONG_AGO) == first
    assert yard.crawls(name) == 1


def test_a_crawl_that_began_before_the_files_says_nothing(yard: Yard) -> None:
    name = yard.make()
    yard.crawl(name)
    yard.s3.put_object(Bucket="landed", Key="customers/b.csv", Body=b"2")

    yard.crawl(name)

    assert yard.endpoint.crawlers.seen(name)[-1] == {"s3://landed/customers/a.csv", "s3://landed/customers/b.csv"}


def test_a_crawl_of_others_that_saw_the_files_is_waited_for(yard: Yard) -> None:
    name = yard.make()
    yard.glue.start_crawler(Name=name)

    yard.crawl(name, ago=LONG_AGO)

    assert yard.crawls(name) == 1


def test_after_a_crawl_of_others_that_may_not_have_seen_the_files_another_is_run(yard: Yard) -> None:
    name = yard.make()
    yard.glue.start_crawler(Name=name)
    yard.s3.put_object(Bucket="landed", Key="customers/late.csv", Body=b"2")

    yard.crawl(name)

    seen = yard.endpoint.crawlers.seen(name)
    assert len(seen) == 2
    assert "s3://landed/customers/late.csv" in seen[1] - seen[0]


def test_a_crawl_that_is_stopping_is_waited_for(yard: Yard) -> None:
    name = yard.make()
    yard.glue.start_crawler(Name=name)
    yard.state(name)

    yard.crawl(name)

    assert yard.crawls(name) == 2


def test_one_that_starts_between_the_look_and_the_start_is_waited_for(yard: Yard) -> None:
    name, others = yard.make(), iter([True])

    def start_first(**_: Any) -> None:
        if next(others, False):
            yard.glue.start_crawler(Name=name)

    def connect(service: str) -> Any:
        client = yard.connect(service)
        client.meta.events.register("before-parameter-build.glue.StartCrawler", start_first)
        return client

    crawl = GlueCrawlers(AwsCalls(connect, "glue"), clock=yard.clock).crawl(
        name, url=URL, after=dt.datetime.now(dt.UTC) - LONG_AGO, minutes=60
    )

    assert crawl.crawler == name
    assert yard.crawls(name) == 1


def test_a_start_whose_answer_is_lost_starts_one_crawl(yard: Yard) -> None:
    name = yard.make()
    yard.endpoint.faults.add(Fault("StartCrawler", "drop_answer"))

    yard.crawl(name, ago=LONG_AGO)

    assert yard.crawls(name) == 1


def test_a_failed_crawl_is_told_with_its_message_and_the_next_try_starts_another(yard: Yard) -> None:
    name = yard.make()
    yard.endpoint.faults.add(Fault("crawl", "crawl_failed"))

    with pytest.raises(CrawlFailedError, match="Insufficient permission to access S3 path"):
        yard.crawl(name, ago=LONG_AGO)

    yard.crawl(name, ago=LONG_AGO)
    assert yard.crawls(name) == 2


def test_the_failure_of_a_crawl_of_others_that_was_waited_for_is_told(yard: Yard) -> None:
    name = yard.make()
    yard.endpoint.faults.add(Fault("crawl", "crawl_failed"))
    yard.glue.start_crawler(Name=name)

    with pytest.raises(CrawlFailedError):
        yard.crawl(name, ago=LONG_AGO)

    assert yard.crawls(name) == 1


def test_a_stopped_crawl_is_an_error_that_is_not_tried_again(yard: Yard) -> None:
    name = yard.make()
    yard.endpoint.faults.add(Fault("crawl", "crawl_cancelled"))

    with pytest.raises(CrawlerCancelledError, match="stopped by somebody"):
        yard.crawl(name)


def test_a_crawl_that_does_not_end_is_left_alone_after_the_minutes_of_the_dataset(yard: Yard) -> None:
    name = yard.make()
    yard.endpoint.faults.add(Fault("crawl", "crawl_endless"))

    with pytest.raises(CrawlerTimeoutError, match=r"did not finish in 0\.5 minutes: it is RUNNING"):
        yard.crawl(name, minutes=0.5)

    assert yard.clock.seconds == 30
    assert yard.state(name) == "RUNNING"


def test_throttling_is_waited_out(yard: Yard) -> None:
    name = yard.make()
    # The client of the tests asks three times before it gives up: this is one call of ours each.
    yard.endpoint.faults.add(Fault("GetCrawler", "throttle", times=3))
    yard.endpoint.faults.add(Fault("StartCrawler", "throttle", times=3))

    yard.crawl(name)

    assert yard.crawls(name) == 1


def test_throttling_without_end_is_told_after_the_minutes_of_the_dataset(yard: Yard) -> None:
    name = yard.make()
    yard.endpoint.faults.add(Fault("GetCrawler", "throttle", times=3))

    with pytest.raises(CrawlerTimeoutError, match="Rate exceeded"):
        yard.crawl(name, minutes=0)


def test_two_deployments_have_crawlers_of_their_own(yard: Yard) -> None:
    name = yard.make()
    crawlers = GlueCrawlers(AwsCalls(yard.connect, "glue"), prefix="crawler ", clock=yard.clock)

    crawl = crawlers.crawl(name.removeprefix("crawler "), url=URL, after=dt.datetime.now(dt.UTC), minutes=60)

    assert crawl.crawler == name


def test_a_crawler_that_is_not_there_is_named(yard: Yard) -> None:
    with pytest.raises(CrawlerMissingError, match=r"no Glue crawler 'nowhere'.*`catalog.crawler`"):
        yard.crawl("nowhere")


@pytest.mark.parametrize("target", ["s3://landed/customers", "s3://landed/customers/", "s3://landed", "s3://landed/"])
def test_a_crawler_whose_target_holds_the_prefix_will_do(yard: Yard, target: str) -> None:
    assert yard.crawl(yard.make("s3://landed/other/", target)).database == "landed"


@pytest.mark.parametrize("target", ["s3://landed/cust", "s3://lake/customers/", "s3://landed/customers/2024/"])
def test_a_crawler_that_looks_elsewhere_is_refused_before_it_starts(yard: Yard, target: str) -> None:
    name = yard.make(target)

    with pytest.raises(CrawlerTargetError, match=f"{target}"):
        yard.crawl(name)

    assert yard.crawls(name) == 0


def test_a_crawl_of_a_bucket_that_is_not_there_fails(yard: Yard) -> None:
    with pytest.raises(CrawlFailedError, match="NoSuchBucket"):
        yard.crawl(yard.make("s3://gone/", URL))


def test_a_role_that_may_not_start_crawlers_is_told(yard: Yard) -> None:
    name = yard.make()
    yard.endpoint.faults.add(Fault("StartCrawler", "access_denied"))

    with pytest.raises(AwsRefusedError, match="start_crawler"):
        yard.crawl(name)
