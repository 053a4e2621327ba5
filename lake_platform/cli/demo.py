"""`lake demo`: the customers pipeline on generated files, from landing to the SCD2 table."""

import time

import click
from tabulate import tabulate

from lake_platform.cli.tables import print_query
from lake_platform.cli.tick import TickSummary, render, run_tick
from lake_platform.cli.warehouse import read_table
from lake_platform.contract.dataset import DatasetContract
from lake_platform.definitions import build_resources, load_contracts
from lake_platform.lake.lake import Lake
from lake_platform.local.samples.customers import Delivery, write_first_delivery, write_second_delivery
from lake_platform.settings import Settings

DATASET = "customers"
VERSIONS = "SELECT count(*), sum(CASE WHEN is_current THEN 1 ELSE 0 END) FROM dim_customer"
HISTORY = """\
SELECT customer_id, region, status, amount, valid_from, valid_to, is_current
FROM dim_customer WHERE customer_id = 11 ORDER BY valid_from"""


@click.command()
@click.pass_context
def demo(ctx: click.Context) -> None:
    """Land sample files (only those that are not there), run what is pending, print what happened.

    Thirty days come first, then a late file, a rewritten day and a file that is sent twice. A second call finds
    nothing to do and writes no row.
    """
    settings = Settings.from_environment()
    landing = settings.home / "s3" / settings.landing_bucket
    began = time.monotonic()
    well = True
    for write, what in (
        (write_first_delivery, "thirty days"),
        (write_second_delivery, "a late, a rewritten, a resent file"),
    ):
        delivery = write(landing)
        click.echo(f"{len(delivery.written)} sample file(s) landed: {what}")
        well = _tick(settings, delivery) and well
    _print_figures(settings)
    click.echo("\ncustomer 11: deleted, and back again")
    print_query(HISTORY)
    click.echo(f"\n{time.monotonic() - began:.1f} s in all. Next: `make dev`, or drop a file and `lake tick`.")
    ctx.exit(0 if well else 1)


def _tick(settings: Settings, delivery: Delivery) -> bool:
    summary: TickSummary = run_tick(settings, datasets=[DATASET])
    if delivery.written or summary.runs:
        click.echo(render(summary))
    for run in summary.runs:
        click.echo("  " + ", ".join(f"{step.removeprefix(DATASET + '_')} {took} s" for step, took in run.steps.items()))
    return summary.all_well


def _print_figures(settings: Settings) -> None:
    lake = build_resources(settings)["lake"]
    assert isinstance(lake, Lake)
    rows: list[list[object]] = []
    reasons: dict[str, int] = {}
    for contract in load_contracts(settings):
        if contract.name == DATASET:
            rows.append(_figures(contract, lake, reasons))
    headers = ["dataset", "days", "files", "duplicates", "rows", "valid", "quarantined", "versions", "current"]
    click.echo("\n" + tabulate(rows, headers=headers))
    told = ", ".join(f"{reason} {count}" for reason, count in sorted(reasons.items()))
    click.echo(f"in quarantine: {told or 'nothing'}")


def _figures(contract: DatasetContract, lake: Lake, reasons: dict[str, int]) -> list[object]:
    """Counts over the newest document of every partition; fills `reasons`."""
    raw = list(lake.log(contract.name, "raw").latest_documents().values())
    valid = list(lake.log(contract.name, "validated").latest_documents().values())
    for document in valid:
        for reason, count in document.body["reasons"].items():
            reasons[reason] = reasons.get(reason, 0) + count
    ((versions, current),) = read_table(VERSIONS)[1]
    return [
        contract.name,
        len(raw),
        sum(document.body["counts"]["accepted"] for document in raw),
        sum(document.body["counts"]["duplicate"] for document in raw),
        sum(document.body["rows_in"] for document in valid),
        sum(document.body["rows_out"] for document in valid),
        sum(document.body["rows_quarantined"] for document in valid),
        versions,
        current,
    ]
