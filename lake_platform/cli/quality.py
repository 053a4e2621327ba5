"""`lake quality`: what the checks have said, read from the documents in the lake."""

import json
from collections.abc import Sequence
from dataclasses import asdict

import click
from tabulate import tabulate

from lake_platform.assets.quality import StoredOutcome, quality_of
from lake_platform.cli.names import choose_one
from lake_platform.definitions import build_resources, load_declarations
from lake_platform.lake.lake import Lake
from lake_platform.settings import Settings

MAX_REASON = 80


@click.command()
@click.argument("name")
@click.argument("partition", required=False)
@click.option("--history", is_flag=True, help="With PARTITION: all its documents, not only the newest.")
@click.option("--json", "as_json", is_flag=True, help="Print an array with every outcome and nothing else.")
def quality(name: str, partition: str | None, history: bool, as_json: bool) -> None:
    """Show the stored quality reports of the dataset or table NAME: a line for each check, or all of one PARTITION.

    Of each outcome: the layer, the figures, the reason, when, and whether the partition was published or refused.
    """
    if history and partition is None:
        raise click.UsageError("--history needs a PARTITION")
    settings = Settings.from_environment()
    declared = choose_one(load_declarations(settings), name)
    lake = build_resources(settings)["lake"]
    assert isinstance(lake, Lake)
    found = quality_of(declared, lake, partition=partition, history=history)
    if as_json:
        click.echo(json.dumps([asdict(outcome) for outcome in found], indent=1, ensure_ascii=False))
    elif not found:
        click.echo(f"{name} {partition or ''}".strip() + " has published and refused nothing yet")
    else:
        click.echo(_summary(found) if partition is None else _details(found))


def _summary(found: Sequence[StoredOutcome]) -> str:
    """A line for each check over all partitions, with the newest one that did not pass."""
    checks: dict[tuple[str, str], list[StoredOutcome]] = {}
    for outcome in found:
        checks.setdefault((outcome.layer, outcome.check), []).append(outcome)
    rows: list[list[object]] = []
    for (layer, check), outcomes in checks.items():
        bad = [outcome for outcome in outcomes if outcome.outcome != "passed"]
        counts = [sum(1 for outcome in outcomes if outcome.outcome == kind) for kind in ("passed", "warned", "failed")]
        last = bad[-1] if bad else None
        rows.append([layer, check, *counts, f"{last.partition}: {_told(last)}" if last else ""])
    return tabulate(rows, headers=["layer", "check", "passed", "warned", "failed", "the last that did not pass"])


def _details(found: Sequence[StoredOutcome]) -> str:
    rows = [
        [
            outcome.layer,
            outcome.check,
            outcome.outcome,
            _told(outcome),
            f"{outcome.document} #{outcome.number}",
            outcome.at[:19],
        ]
        for outcome in found
    ]
    return tabulate(rows, headers=["layer", "check", "outcome", "figures", "document", "at (UTC)"])


def _told(outcome: StoredOutcome) -> str:
    """The reason, else the figures."""
    figures = ", ".join(
        f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in outcome.figures.items()
        if name not in ("rule", "otherwise")
    )
    told = outcome.reason or figures
    return told if len(told) <= MAX_REASON else f"{told[:MAX_REASON]}…"
