"""The crawler calls of Glue's API: states as Glue's. A crawl lists what it looks at and makes no tables.

Time is counted in looks: a crawl is shown as RUNNING, then as STOPPING, then it has ended.
"""

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from lake_platform.local.glue.faults import Faults
from lake_platform.local.glue.refusals import GlueError, already_exists, not_found
from lake_platform.local.glue.script import ScriptHost

Answer = dict[str, Any]

LOG_GROUP = "/aws-glue/crawlers"
_ENDLESS = ""
"""No end of Glue's: the crawl is RUNNING until it is stopped."""
_ENDS = {
    "crawl_failed": ("FAILED", "Insufficient permission to access S3 path"),
    "crawl_cancelled": ("CANCELLED", ""),
    "crawl_endless": (_ENDLESS, ""),
}


@dataclass
class Crawler:
    """One crawler and its crawls.

    Attributes:
        seen: what each crawl saw, oldest first: the addresses that its targets held when it began.
        states: what the crawl that runs is shown as at the next looks; empty where none runs.
    """

    definition: dict[str, Any]
    created: dt.datetime
    seen: list[set[str]] = field(default_factory=list[set[str]])
    began: dt.datetime | None = None
    states: list[str] = field(default_factory=list[str])
    end: tuple[str, str] = ("SUCCEEDED", "")
    last: dict[str, Any] | None = None

    @property
    def state(self) -> str:
        return self.states[0] if self.states else "READY"

    def described(self) -> Answer:
        """The `Crawler` of Glue's API; a look, so the crawl goes on."""
        told: Answer = {"State": self.state, "CreationTime": self.created, "LastUpdated": self.created, "Version": 1}
        if self.last:
            told["LastCrawl"] = self.last
        if self.states and self.end[0] != _ENDLESS:
            self.states.pop(0)
            if not self.states:
                self._finish()
        return {**self.definition, **told, "CrawlElapsedTime": 0}

    def _finish(self) -> None:
        status, message = self.end
        log = {"LogGroup": LOG_GROUP, "LogStream": self.definition["Name"], "MessagePrefix": f"crawl-{len(self.seen)}"}
        self.last = {"Status": status, "StartTime": self.began, **log}
        if message:
            self.last["ErrorMessage"] = message


class CrawlerBook:
    """Crawlers, kept in memory."""

    def __init__(self, host: ScriptHost, *, faults: Faults) -> None:
        self._host, self._faults = host, faults
        self._crawlers: dict[str, Crawler] = {}
        self._lock = threading.RLock()
        self.operations: dict[str, Callable[[dict[str, Any]], Answer]] = {
            "CreateCrawler": self._create,
            "UpdateCrawler": self._update,
            "GetCrawler": self._get,
            "ListCrawlers": self._list,
            "DeleteCrawler": self._delete,
            "StartCrawler": self._start,
            "StopCrawler": self._stop,
        }

    def seen(self, name: str) -> list[set[str]]:
        """What each crawl of a crawler saw, oldest first."""
        with self._lock:
            return [set(each) for each in self._found(name).seen]

    def _create(self, request: dict[str, Any]) -> Answer:
        with self._lock:
            name = request["Name"]
            if name in self._crawlers:
                raise already_exists(f"Crawler {name}")
            definition = {key: value for key, value in request.items() if key != "Tags"}
            self._crawlers[name] = Crawler(definition, dt.datetime.now(dt.UTC))
            return {}

    def _update(self, request: dict[str, Any]) -> Answer:
        with self._lock:
            self._idle(request["Name"]).definition.update(request)
            return {}

    def _get(self, request: dict[str, Any]) -> Answer:
        with self._lock:
            return {"Crawler": self._found(request["Name"]).described()}

    def _list(self, request: dict[str, Any]) -> Answer:
        del request
        with self._lock:
            return {"CrawlerNames": sorted(self._crawlers)}

    def _delete(self, request: dict[str, Any]) -> Answer:
        with self._lock:
            self._idle(request["Name"])
            del self._crawlers[request["Name"]]
            return {}

    def _start(self, request: dict[str, Any]) -> Answer:
        with self._lock:
            crawler = self._idle(request["Name"])
            crawler.began = dt.datetime.now(dt.UTC)
            crawler.end = _ENDS.get(self._faults.take("crawl") or "", ("SUCCEEDED", ""))
            try:
                crawler.seen.append(self._listed(crawler))
            except ClientError as error:
                crawler.seen.append(set())
                crawler.end = ("FAILED", str(error))
            crawler.states = ["RUNNING", "STOPPING"]
            return {}

    def _stop(self, request: dict[str, Any]) -> Answer:
        with self._lock:
            crawler = self._found(request["Name"])
            if crawler.state != "RUNNING":
                code = "CrawlerStoppingException" if crawler.state == "STOPPING" else "CrawlerNotRunningException"
                raise GlueError(code, f"Crawler {request['Name']} is {crawler.state}")
            crawler.states, crawler.end = ["STOPPING"], ("CANCELLED", "")
            return {}

    def _listed(self, crawler: Crawler) -> set[str]:
        client = self._host.client("s3")
        try:
            return {
                f"s3://{at.netloc}/{found['Key']}"
                for target in crawler.definition.get("Targets", {}).get("S3Targets", [])
                for at in (urlsplit(target["Path"]),)
                for page in client.get_paginator("list_objects_v2").paginate(
                    Bucket=at.netloc, Prefix=at.path.removeprefix("/")
                )
                for found in page.get("Contents", [])
            }
        finally:
            client.close()

    def _idle(self, name: str) -> Crawler:
        crawler = self._found(name)
        if crawler.state != "READY":
            raise GlueError("CrawlerRunningException", f"Crawler with name {name} has already started")
        return crawler

    def _found(self, name: str) -> Crawler:
        if name not in self._crawlers:
            raise not_found(f"Crawler {name}")
        return self._crawlers[name]
