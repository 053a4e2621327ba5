"""The sensor that tells Dagster of versions that it does not know: of a run that was killed, or of a storage that is new."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Protocol

import dagster as dg

from lake_platform.lake.hints import ArrivalHints
from lake_platform.lake.lake import Lake
from lake_platform.sensors.live import live_runs

NAME = "untold_versions"
INTERVAL_SECONDS = 30
MOST = 1000
"""Events of one tick; the daemon gives a tick a minute."""


class Untold(Protocol):
    """What Dagster does not know of one asset."""

    @property
    def key(self) -> dg.AssetKey: ...

    def events(self) -> Iterable[dg.AssetMaterialization]: ...


class UntoldVersions(Protocol):
    """What finds it."""

    def find(self, lake: Lake, instance: dg.DagsterInstance) -> Iterable[Untold]: ...


def build_untold_sensor(untold: UntoldVersions, datasets: Sequence[str]) -> dg.SensorDefinition:
    """The sensor `untold_versions`, running by default; it asks for no run.

    Args:
        datasets: whose news are news here.
    """

    @dg.sensor(
        name=NAME,
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells Dagster of published versions that it has no event of: of a killed run, or a lost storage.",
    )
    def untold_versions(
        context: dg.SensorEvaluationContext, lake: dg.ResourceParam[Lake], hints: dg.ResourceParam[ArrivalHints]
    ) -> dg.SensorResult | dg.SkipReason:
        if not hints.is_due(NAME, prefix=None, reads=datasets):
            return dg.SkipReason(f"no news; looked at in {hints.next_sweep(NAME):.0f} s at the latest")
        began = hints.now()
        events = untold_events(untold, lake, context.instance)
        hints.looked(NAME, began=began, pending=bool(events), again=bool(events))
        told = f"{len(events)} version(s) told that Dagster did not know"
        return dg.SensorResult(asset_events=events, skip_reason=told if events else "nothing is untold")

    return untold_versions


def untold_events(
    untold: UntoldVersions, lake: Lake, instance: dg.DagsterInstance, *, most: int = MOST
) -> list[dg.AssetMaterialization]:
    """The events of the first `most`; those of assets that a run works on are about to come from it."""
    found = (
        event for each in untold.find(lake, instance) if not live_runs(instance, {each.key}) for event in each.events()
    )
    return list(islice(found, most))
