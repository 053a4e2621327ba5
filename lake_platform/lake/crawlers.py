"""Crawlers over what landed: what a step asks of a backend that has them."""

import datetime as dt
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Crawl:
    """One crawl that has succeeded.

    Attributes:
        began: in UTC, by Glue's clock.
        database: of the catalog, where its tables are.
        log: `group:stream` of its log; empty where Glue names none.
    """

    crawler: str
    began: dt.datetime
    database: str
    log: str


class Crawlers(Protocol):
    """The crawlers of a backend."""

    def crawl(self, crawler: str, *, url: str, after: dt.datetime, minutes: float) -> Crawl | None:
        """A crawl that has succeeded and has seen all that was there at `after`; it is run where there is none.

        Args:
            url: what it has to look at, `s3://landing/customers/`.
            minutes: after which it is waited for no longer.

        Returns:
            None where this backend has no crawlers.
        """
        ...


class NoCrawlers:
    """A backend that has none."""

    def crawl(self, crawler: str, *, url: str, after: dt.datetime, minutes: float) -> Crawl | None:
        """None: the tables of the layers are registered without a crawler."""
        del crawler, url, after, minutes
        return None
