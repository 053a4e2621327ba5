"""Every run's end is told once, success or failure: to the log and, where one is set, to a webhook.

A run that has ended is untold until it carries the tag `lake_platform/alert`; so a daemon that was down, a command that
was killed or a cursor that is gone loses no message. Which process sends is settled by a claim in the lake: the sensor
and `lake tick` may look at the same instance. Receivers cannot disturb a run: it has ended when they hear of it.
"""

import datetime as dt
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import dagster as dg

from lake_platform.errors import AlertNotSentError
from lake_platform.lake.deliveries import Deliveries, Delivery
from lake_platform.lake.lake import Lake
from lake_platform.sensors.requests import DATASET_TAG
from lake_platform.sensors.run_alert import STATUSES, RunAlert, read_alert

TOLD_TAG = "lake_platform/alert"
INTERVAL_SECONDS = 10
LOOK_BACK = dt.timedelta(hours=24)
"""Without a cursor: runs that ended earlier are not told any more."""
OVERLAP = dt.timedelta(seconds=60)
"""Rows of runs are committed a little after the time that they name."""
MAX_RUNS = 200
MAX_TIME = dt.timedelta(seconds=20)
"""Of one look; what is left is told by the next one."""
RECEIVER_PAUSE = dt.timedelta(seconds=30)
"""After a message that a receiver did not take, no other is sent to it for so long."""


class AlertSender(Protocol):
    """One way to tell a message."""

    @property
    def name(self) -> str:
        """Under this name the lake keeps what was sent."""
        ...

    def send(self, alert: RunAlert) -> None:
        """Sends one message, within seconds.

        Raises:
            AlertNotSentError: the receiver did not take it.
        """
        ...


@dataclass(frozen=True)
class LogSender:
    """Writes the message into the event log of the run, and to a log."""

    instance: dg.DagsterInstance = field(repr=False)
    log: logging.Logger
    name: str = "log"

    def send(self, alert: RunAlert) -> None:
        run = self.instance.get_run_by_id(alert.run_id)
        self.instance.report_engine_event(f"Alert: {alert.text}", run)
        self.log.info(alert.text)


@dataclass(frozen=True)
class Alerts:
    """The resource `alerts`: where messages go beside the log, and where their links lead."""

    senders: Sequence[AlertSender]
    ui_url: str


@dataclass(frozen=True)
class Told:
    """What one look has done: the runs of which everybody heard, and those whose message somebody did not get yet."""

    told: Sequence[str]
    waiting: Sequence[str]


def build_alert_sensor() -> dg.SensorDefinition:
    """The sensor `run_alerts`, running by default."""

    @dg.sensor(
        name="run_alerts",
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells the end of every run once, to the log and to LAKE_ALERT_WEBHOOK.",
    )
    def run_alerts(
        context: dg.SensorEvaluationContext, lake: dg.ResourceParam[Lake], alerts: dg.ResourceParam[Alerts]
    ) -> dg.SensorResult:
        origin = context.code_location_origin
        since = _moment(context.cursor) or dt.datetime.now(dt.UTC) - LOOK_BACK
        records = context.instance.get_run_records(
            dg.RunsFilter(statuses=list(STATUSES), updated_after=since),
            limit=MAX_RUNS,
            order_by="update_timestamp",
            ascending=True,
        )
        told = tell(
            [record for record in records if _is_ours(record.dagster_run, origin.location_name if origin else None)],
            alerts,
            lake=lake,
            instance=context.instance,
            log=context.log,
        )
        seen = max((_utc(record.update_timestamp) for record in records), default=None)
        cursor = context.cursor if told.waiting or seen is None else (seen - OVERLAP).isoformat()
        return dg.SensorResult(cursor=cursor or since.isoformat(), skip_reason=_described(told))

    return run_alerts


def tell_recent(alerts: Alerts, *, lake: Lake, instance: dg.DagsterInstance, log: logging.Logger) -> Told:
    """Tells what a command finds untold of the last day: its own runs, and those of commands that were killed."""
    since = dt.datetime.now(dt.UTC) - LOOK_BACK
    records = instance.get_run_records(
        dg.RunsFilter(statuses=list(STATUSES), updated_after=since), limit=MAX_RUNS, order_by="update_timestamp"
    )
    ours = [record for record in reversed(records) if _is_ours(record.dagster_run, None)]
    return tell(ours, alerts, lake=lake, instance=instance, log=log)


def tell(
    records: Sequence[dg.RunRecord],
    alerts: Alerts,
    *,
    lake: Lake,
    instance: dg.DagsterInstance,
    log: logging.Logger,
) -> Told:
    """Tells of each run that is untold, oldest first, to each receiver that did not hear of it.

    Args:
        records: runs that have ended.
        log: hears each message, and what was not sent and why.
    """
    untold = [record for record in records if TOLD_TAG not in record.dagster_run.tags]
    messages = [_Message(record, instance, lake, alerts.ui_url) for record in untold]
    looks = [_deliver(messages, sender, lake, log) for sender in (LogSender(instance, log), *alerts.senders)]
    told: list[str] = []
    waiting: list[str] = []
    for message in messages:
        deliveries = [look[message.run_id] for look in looks]
        if not all(delivery.settled for delivery in deliveries):
            waiting.append(message.run_id)
            continue
        given_up = any(delivery.state == "given up" for delivery in deliveries)
        instance.add_run_tags(message.run_id, {TOLD_TAG: "not sent" if given_up else "sent"})
        told.append(message.run_id)
    return Told(told=told, waiting=waiting)


@dataclass(frozen=True)
class _Message:
    """A run and what is told of it, read when it is first needed."""

    record: dg.RunRecord
    instance: dg.DagsterInstance
    lake: Lake
    ui_url: str

    @property
    def run_id(self) -> str:
        return self.record.dagster_run.run_id

    @cached_property
    def alert(self) -> RunAlert:
        return read_alert(self.instance, self.lake, self.record, ui_url=self.ui_url)


def _deliver(messages: Sequence[_Message], sender: AlertSender, lake: Lake, log: logging.Logger) -> dict[str, Delivery]:
    """Sends what is due to one receiver; where each message then stands.

    A receiver that does not take a message gets no other one in this look, so that a hanging one costs one limit of time.
    """
    deliveries, now = Deliveries(lake.lake, sender.name), dt.datetime.now(dt.UTC)
    known = {message.run_id: deliveries.find(message.run_id) for message in messages}
    if any(each.state == "failed" and each.at and now - each.at < RECEIVER_PAUSE for each in known.values()):
        return known
    due = [message for message in messages if known[message.run_id].due(now)]
    for message in sorted(due, key=lambda message: known[message.run_id].attempts):
        claimed = deliveries.claim(message.run_id, known[message.run_id])
        if claimed is None:
            continue
        problem = _send(sender, message)
        told = problem.told if problem else None
        final = problem is not None and not problem.passing
        known[message.run_id] = end = deliveries.settle(message.run_id, claimed, problem=told, final=final)
        if problem:
            left = "no other attempt" if end.state == "given up" else f"attempt {end.attempts}, tried again later"
            log.warning(f"The alert of run {message.run_id} was not sent to {sender.name}: {told}; {left}")
        if end.state == "failed" or dt.datetime.now(dt.UTC) - now > MAX_TIME:
            break
    return known


def _send(sender: AlertSender, message: _Message) -> AlertNotSentError | None:
    """None where it was sent. Whatever else a sender raises is its fault, and no reason to stop."""
    try:
        sender.send(message.alert)
    except AlertNotSentError as error:
        return error
    except Exception as error:
        return AlertNotSentError(f"{type(error).__name__}", passing=True)
    return None


def _is_ours(run: dg.DagsterRun, location: str | None) -> bool:
    """A run of a command has the tag of its dataset; one that Dagster has launched comes from this code location."""
    origin = run.remote_job_origin
    if origin is None:
        return DATASET_TAG in run.tags
    return origin.repository_origin.code_location_origin.location_name == location


def _moment(cursor: str | None) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(cursor) if cursor else None
    except ValueError:
        return None


def _utc(moment: dt.datetime) -> dt.datetime:
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment


def _described(told: Told) -> str:
    parts = [f"told of {len(told.told)} run(s)" if told.told else "no run has ended"]
    parts += [f"{len(told.waiting)} message(s) wait for a receiver"] if told.waiting else []
    return "; ".join(parts)
