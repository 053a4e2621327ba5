"""Runs of a command are told at their end, as those of the daemon are."""

import logging

import dagster as dg

from lake_platform.definitions import build_resources
from lake_platform.lake.lake import Lake
from lake_platform.sensors.alerts import Alerts, tell, tell_recent
from lake_platform.settings import Settings

LOG = logging.getLogger("lake_platform.alerts")


def tell_run(instance: dg.DagsterInstance, run_id: str) -> None:
    """Tells of one run that has ended. Nothing that goes wrong here changes the command."""
    try:
        lake, alerts = _resources()
        records = instance.get_run_records(dg.RunsFilter(run_ids=[run_id]))
        tell(records, alerts, lake=lake, instance=instance, log=LOG)
    except Exception as error:
        LOG.warning(f"The end of run {run_id} was not told: {type(error).__name__}. The next tick tries again.")


def tell_left(instance: dg.DagsterInstance) -> None:
    """Tells of the runs of commands that were killed, and what a receiver did not take before; errors as above."""
    try:
        lake, alerts = _resources()
        tell_recent(alerts, lake=lake, instance=instance, log=LOG)
    except Exception as error:
        LOG.warning(f"Ends of earlier runs were not told: {type(error).__name__}. The next tick tries again.")


def _resources() -> tuple[Lake, Alerts]:
    resources = build_resources(Settings.from_environment())
    lake, alerts = resources["lake"], resources["alerts"]
    assert isinstance(lake, Lake)
    assert isinstance(alerts, Alerts)
    return lake, alerts
