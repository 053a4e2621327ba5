"""What a tick of all sensors costs: on the first look, and when there is nothing new."""

import time

import dagster as dg

from lake_platform.definitions import build_definitions, build_resources
from lake_platform.lake.hints import POLL_SECONDS
from lake_platform.local.rehearsal.calls import CallLog, CallsOf
from lake_platform.settings import Settings


def tick_sensors(settings: Settings, log: CallLog) -> list[CallsOf]:
    """The calls of AWS of the first tick of all sensors after a start, and of one after it that finds nothing new."""
    repository = build_definitions(settings).get_repository_def()
    # Shared by the ticks, as in the process of a code location.
    resources = build_resources(settings)
    sensors = [sensor for sensor in repository.sensor_defs if sensor.name != "run_alerts"]
    told: list[CallsOf] = []
    with dg.DagsterInstance.get() as instance:
        for number, tick in enumerate(("first tick", "second tick", "tick with nothing new")):
            if number:
                time.sleep(POLL_SECONDS + 0.5)
            began = time.time()
            for sensor in sensors:
                needed = {name: resources[name] for name in sensor.required_resource_keys}
                context = dg.build_sensor_context(
                    instance, repository_def=repository, sensor_name=sensor.name, resources=needed
                )
                sensor.evaluate_tick(context)
            told.append(log.of(f"{tick} of {len(sensors)} sensors", began, time.time()))
    return told
