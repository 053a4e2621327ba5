"""What a pipeline gives `lake demo`: files that land in two deliveries, and how to look at what became of them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Delivery:
    """Files that land together.

    Attributes:
        what: for people, such as `thirty days`.
        write: lands the files below the landing folder it is given, and returns the keys it has written. It writes
            nothing on a second call, nor on a call after later deliveries.
    """

    what: str
    write: Callable[[Path], tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The sample files of one pipeline.

    Attributes:
        pipeline: the group of the datasets and tables that read them.
        deliveries: in the order of landing: what is there first, then what comes late, again, rewritten.
        history: one key, in words, and the query that shows what became of it.
        look: the command that shows the result.
    """

    pipeline: str
    deliveries: tuple[Delivery, ...]
    history: tuple[str, str]
    look: str
