"""Runs of a command are told at their end, as those of the daemon are."""

import logging

import dagster as dg

from lake_platform.definitions import build_resources
from lake_platform.lake.lake import Lake
from lake_platform.sensors.alerts import Alerts, tell_recent
from lake_platform.settings import Settings

LOG = logging.getLogger("lake_platform.alerts")


def tell_ends(instance: dg.DagsterInstance) -> None:
    """Tells of ended runs: the command's own, those of commands that were killed, and what a receiver did not take.

    Nothing that goes wrong here changes the command.
    """
    try:
        lake, alerts = _resources()
        tell_recent(alerts, lake=lake, instance=instance, log=LOG)
    except Exception as error:
        LOG.warning(f"Ends of runs were not told: {type(error).__name__}. The next tick tries again.")


def _resources() -> tuple[Lake, Alerts]:
    resources = build_resources(Settings.from_environment())
    lake, alerts = resources["lake"], resources["alerts"]
    assert isinstance(lake, Lake)
    assert isinstance(alerts, Alerts)
    return lake, alerts
