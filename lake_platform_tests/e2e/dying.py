"""One tick that dies at a named call, as `kill -9` would have it: started by test_kill.py in a process of its own.

    python -m lake_platform_tests.e2e.dying DATASET PLACE before|after NTH WHERE

PLACE is `module:name` or `module:Class.name`; only calls count whose text arguments, or whose log's prefix, hold WHERE.
"""

import functools
import importlib
import itertools
import os
import signal
import sys
from typing import Any

from lake_platform.cli.tick import run_tick
from lake_platform.lake import refusals
from lake_platform.settings import Settings


def main(dataset: str, place: str, when: str, nth: str, where: str) -> None:
    """Ticks until the call comes; returns only if it never does."""
    # The pause before a third attempt is held by its own test.
    refusals.BACKOFF_SECONDS = (0.0, 0.0, 0.0)
    arm(place, when, nth=int(nth), where=where)
    run_tick(Settings.from_environment(), datasets=[dataset])


def arm(place: str, when: str, *, nth: int, where: str) -> None:
    """Puts the death in the place of the function."""
    module, _, path = place.partition(":")
    *owners, name = path.split(".")
    owner = functools.reduce(getattr, owners, importlib.import_module(module))
    original = getattr(owner, name)
    calls = itertools.count(1)

    @functools.wraps(original)
    def dying(*args: Any, **kwargs: Any) -> Any:
        last = where in told(args) and next(calls) == nth
        if last and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*args, **kwargs)
        if last:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, dying)


def told(args: tuple[Any, ...]) -> str:
    """The arguments that are text, and which log it is."""
    return " ".join([*(arg for arg in args if isinstance(arg, str)), *(getattr(arg, "_prefix", "") for arg in args)])


if __name__ == "__main__":
    main(*sys.argv[1:])
