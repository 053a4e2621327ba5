"""A progress bar of a run, on a terminal's standard error: one step of the bar for each layer that is done."""

import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager

import click
import dagster as dg

from lake_platform.sensors.requests import STATE_TAG, SpanRequest

POLL_SECONDS = 0.5


@contextmanager
def run_progress(instance: dg.DagsterInstance, request: SpanRequest, *, quiet: bool) -> Generator[None]:
    """Shows how far the run of this request is while the block runs; nothing where nobody looks."""
    if quiet or not sys.stderr.isatty():
        yield
        return
    ended = threading.Event()
    shown = threading.Thread(target=_show, args=(instance, request, ended), daemon=True)
    shown.start()
    try:
        yield
    finally:
        ended.set()
        shown.join()


def _show(instance: dg.DagsterInstance, request: SpanRequest, ended: threading.Event) -> None:
    layers = len(request.asset_keys)
    label = f"{request.dataset} {request.first}"
    with click.progressbar(length=layers, label=label, file=sys.stderr) as bar:
        while not ended.wait(POLL_SECONDS):
            bar.update(_steps_done(instance, request) - bar.pos)


def _steps_done(instance: dg.DagsterInstance, request: SpanRequest) -> int:
    runs = instance.get_runs(dg.RunsFilter(tags={STATE_TAG: request.state}), limit=1)
    stats = instance.get_run_step_stats(runs[0].run_id) if runs else []
    return sum(1 for stat in stats if stat.end_time is not None)
