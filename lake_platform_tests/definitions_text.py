"""Definitions as text, one line each: what the golden file holds."""

import dagster as dg


def render(definitions: dg.Definitions) -> str:
    """A line per asset (key, group, kinds, owners, checks, partitions), per sensor and per schedule, sorted."""
    graph = definitions.resolve_asset_graph()
    checks = {
        key: sorted(check.name for check in graph.asset_check_keys if check.asset_key == key)
        for key in _keys(definitions)
    }
    lines = [_asset_line(spec, checks[spec.key]) for spec in definitions.resolve_all_asset_specs()]
    lines += [_sensor_line(sensor) for sensor in definitions.sensors or []]
    lines += [_schedule_line(schedule) for schedule in definitions.schedules or []]
    return "".join(f"{line}\n" for line in sorted(lines))


def _keys(definitions: dg.Definitions) -> list[dg.AssetKey]:
    return [spec.key for spec in definitions.resolve_all_asset_specs()]


def _asset_line(spec: dg.AssetSpec, checks: list[str]) -> str:
    parts = [
        f"asset {spec.key.to_user_string()}",
        f"after {','.join(sorted(dep.asset_key.to_user_string() for dep in spec.deps)) or '-'}",
        f"group {spec.group_name}",
        f"kinds {','.join(sorted(spec.kinds))}",
        f"owners {','.join(sorted(spec.owners))}",
        f"checks {','.join(checks)}",
        f"partitions {_partitions(spec.partitions_def)}",
    ]
    return " | ".join(parts)


def _sensor_line(sensor: object) -> str:
    assert isinstance(sensor, dg.SensorDefinition)
    return f"sensor {sensor.name} | every {sensor.minimum_interval_seconds} s | {sensor.default_status.name.lower()}"


def _schedule_line(schedule: object) -> str:
    assert isinstance(schedule, dg.ScheduleDefinition)
    told = f"{schedule.cron_schedule} {schedule.execution_timezone} | {schedule.default_status.name.lower()}"
    return f"schedule {schedule.name} | {told}"


def _partitions(partitions: dg.PartitionsDefinition[str] | None) -> str:
    if not isinstance(partitions, dg.TimeWindowPartitionsDefinition):
        return "-" if partitions is None else type(partitions).__name__
    return f"{partitions.cron_schedule} from {partitions.start:%Y-%m-%d} as {partitions.fmt} +{partitions.end_offset}"
