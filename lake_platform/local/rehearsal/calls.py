"""Which calls of AWS were made, by whom: counted by kind and time, and as a record without repeats."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lake_platform.local.aws_requests import LoggedRequest, read_requests
from lake_platform.local.rehearsal.cloud import ACTORS, Actor, access_key

_VARYING = re.compile(
    r"""
    part-\d+-[0-9a-f-]{36}[^/]*                      # a file of Spark
    | [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}
    | (?<![:\w])[0-9a-f]{12,}                         # tokens, digests, attempts; no account
    | (?<=jr_)[0-9a-f]{16,}                          # runs of Glue
    | (?<=context/)\w{30}                            # of Dagster Pipes
    | (?<=messages/)\d+
    | (attempt|task)_\d{12}\w+                       # of Spark's committers
    | (?<![\w-])\d{4}-\d\d(-\d\d(T\d\d)?)?(?!\w)    # partitions
    | (?<=/)\d{6}(?=\.json$)                         # numbered documents
    | (?<=:secret:rehearsal-pii-)\w{6}$
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class CallsOf:
    """The calls of one run or tick: by each actor that made any, how many of each kind."""

    what: str
    made: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class CallLog:
    """The calls that servers have written into a file."""

    path: Path

    def between(self, begin: float, end: float, actor: Actor = "orchestrator") -> Counter[str]:
        """The calls of one actor in a span of time (`time.time()`), by kind; a call that was tried again counts again."""
        asked = read_requests(self.path)
        return Counter(each.call for each in asked if actor_of(each) == actor and begin <= each.at <= end)

    def of(self, what: str, begin: float, end: float) -> CallsOf:
        """The calls of all actors in a span of time."""
        made = {actor: self.between(begin, end, actor) for actor in ACTORS}
        return CallsOf(what, {actor: dict(calls) for actor, calls in made.items() if calls})

    def record(self) -> list[dict[str, str]]:
        """Each call of each actor on each resource once, in order; what differs from run to run is `*`."""
        found = {line for request in read_requests(self.path) for line in _lines(request)}
        return [{"actor": actor, "call": call, "resource": resource} for actor, call, resource in sorted(found)]


def _lines(request: LoggedRequest) -> Iterator[tuple[str, str, str]]:
    """Of a request of one of the actors; a copy is authorized as a read of its source too."""
    actor = actor_of(request)
    if actor is not None:
        yield from ((actor, request.call, steady(each)) for each in request.resources)
        yield from ((actor, "s3.GetObject", steady(each)) for each in request.reads)


def actor_of(request: LoggedRequest) -> Actor | None:
    """Whose access key it was; one that was renewed has the first one at its beginning."""
    return next((actor for actor in ACTORS if request.key_id.startswith(access_key(actor))), None)


def steady(resource: str) -> str:
    """A resource as every run names it."""
    return _VARYING.sub("*", resource)
