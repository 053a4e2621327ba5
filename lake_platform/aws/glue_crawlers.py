"""Crawlers of Glue: started where no crawl has seen the files yet, waited for, judged by how they ended.

A crawl is no run of ours: a schedule, another dataset or a person may start the same crawler at any time. So nothing is
remembered here. What Glue says of its last crawl decides: whether it began late enough to have seen the files, and how
it ended.
"""

import datetime as dt
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from botocore.exceptions import ClientError

from lake_platform.aws.calls import AwsCalls, code_of
from lake_platform.errors import (
    AwsUnreachableError,
    CrawlerCancelledError,
    CrawlerMissingError,
    CrawlerTargetError,
    CrawlerTimeoutError,
    CrawlFailedError,
)
from lake_platform.lake.crawlers import Crawl

SKEW = dt.timedelta(minutes=1)
"""How far the clocks of this machine and of Glue may be apart. A crawl that began earlier after the files is run again."""
POLL_SECONDS = 15.0
"""Between two looks at last; the first ones come sooner, from a second on."""
_RUNNING = frozenset({"CrawlerRunningException", "CrawlerStoppingException"})


class Clock(Protocol):
    """Time as the loop here sees it; `now` counts seconds and never goes backwards."""

    def now(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class _SystemClock:
    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class GlueCrawlers:
    """The crawlers of the AWS backend.

    Args:
        prefix: of their names in Glue, so that two deployments in one account have crawlers of their own.
        poll: the most seconds between two looks.
    """

    def __init__(
        self, glue: AwsCalls, *, prefix: str = "", poll: float = POLL_SECONDS, clock: Clock | None = None
    ) -> None:
        self._glue, self._prefix, self._poll, self._clock = glue, prefix, poll, clock or _SystemClock()

    def crawl(self, crawler: str, *, url: str, after: dt.datetime, minutes: float) -> Crawl:
        """As `Crawlers.crawl`. A crawl that goes on when this ends, by an error too, is left alone.

        Raises:
            CrawlerMissingError: there is no such crawler.
            CrawlerTargetError: it does not look at `url`.
            CrawlFailedError: the crawl failed, with Glue's message.
            CrawlerCancelledError: somebody stopped it.
            CrawlerTimeoutError: it did not end in time, or Glue did not answer for so long.
            AwsRefusedError: the role of the platform may not look at crawlers or start them.
        """
        crawler = f"{self._prefix}{crawler}"
        waiting = _Waiting(crawler, self._clock, minutes, self._poll)
        # `started`: by this call, and `known` was the last crawl before. `waited`: a crawl of others was seen running.
        started, waited, known = False, False, None
        while True:
            found = waiting.ask(lambda: self._found(crawler))
            if found is None:
                continue
            _require_target(found, url)
            if found["State"] != "READY":
                waited = True
                waiting.pause(f"it is {found['State']}")
                continue
            last = found.get("LastCrawl") or {}
            if started and last.get("StartTime") == known:
                waiting.pause("it was started, and Glue does not show it yet")
                continue
            if started or _covers(last, after, any_end=waited):
                return _judged(crawler, found)
            answer = waiting.ask(lambda: self._start(crawler))
            started, waited, known = answer is True, False, last.get("StartTime")
            if answer is False:
                waiting.pause("it runs already")

    def _found(self, crawler: str) -> Mapping[str, Any]:
        try:
            return self._glue.call("get_crawler", Name=crawler)["Crawler"]
        except ClientError as error:
            if code_of(error) != "EntityNotFoundException":
                raise
            raise CrawlerMissingError(crawler) from error

    def _start(self, crawler: str) -> bool:
        """Whether it was started by this call; False where it runs already, or this call did so and was asked again."""
        try:
            self._glue.call("start_crawler", Name=crawler)
        except ClientError as error:
            if code_of(error) not in _RUNNING:
                raise
            return False
        return True


class _Waiting:
    """The time that is left, and why it goes by."""

    def __init__(self, crawler: str, clock: Clock, minutes: float, poll: float) -> None:
        self._crawler, self._clock, self._minutes, self._poll = crawler, clock, minutes, poll
        self._next = min(1.0, poll)
        self._until = clock.now() + minutes * 60

    def ask(self, call: "Callable[[], Any]") -> Any:
        """The answer; None, after a pause, where Glue gave none: it is throttled, or away."""
        try:
            return call()
        except AwsUnreachableError as error:
            self.pause(str(error))
            return None

    def pause(self, why: str) -> None:
        left = self._until - self._clock.now()
        if left <= 0:
            raise CrawlerTimeoutError(self._crawler, minutes=self._minutes, detail=why)
        self._clock.sleep(min(self._next, left))
        self._next = min(self._poll, 2 * self._next)


def _require_target(found: Mapping[str, Any], url: str) -> None:
    paths = [str(target.get("Path", "")) for target in found.get("Targets", {}).get("S3Targets", [])]
    if not any(url.startswith(f"{path.rstrip('/')}/") for path in paths if path):
        raise CrawlerTargetError(found["Name"], url=url, targets=paths)


def _covers(last: Mapping[str, Any], after: dt.datetime, *, any_end: bool) -> bool:
    """Whether this crawl began late enough to have seen what was there at `after`.

    Args:
        any_end: of a crawl that was waited for each end is told; of earlier ones only a success counts.
    """
    began = last.get("StartTime")
    return began is not None and began > after + SKEW and (any_end or last.get("Status") == "SUCCEEDED")


def _judged(crawler: str, found: Mapping[str, Any]) -> Crawl:
    last = found["LastCrawl"]
    log = ":".join(part for part in (last.get("LogGroup"), last.get("LogStream")) if part)
    if last["Status"] == "CANCELLED":
        raise CrawlerCancelledError(crawler, log=log)
    if last["Status"] != "SUCCEEDED":
        raise CrawlFailedError(crawler, status=last["Status"], message=last.get("ErrorMessage", ""), log=log)
    return Crawl(
        crawler=crawler, began=last["StartTime"].astimezone(dt.UTC), database=found.get("DatabaseName", ""), log=log
    )
