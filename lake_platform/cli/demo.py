"""`lake demo`: the customers pipeline on generated files, from landing to the SCD2 table."""

import time

import click

from lake_platform.cli.tables import print_query
from lake_platform.cli.tick import render, run_tick
from lake_platform.local.samples.customers import write_customers
from lake_platform.settings import Settings

FIGURES = """\
SELECT count(*) AS versions, count(DISTINCT customer_id) AS customers,
       sum(CASE WHEN is_current THEN 1 ELSE 0 END) AS current_rows
FROM dim_customer"""
HISTORY = """\
SELECT customer_id, region, status, amount, valid_from, valid_to, is_current
FROM dim_customer WHERE customer_id IN (11, 20) ORDER BY customer_id, valid_from"""


@click.command()
def demo() -> None:
    """Generate sample files (only those that are not there), run what is pending, print the table.

    A second call finds nothing to do and writes no row.
    """
    settings = Settings.from_environment()
    began = time.monotonic()
    written = write_customers(settings.home / "s3" / "landing")
    click.echo(f"{len(written)} sample file(s) written to {settings.home / 's3' / 'landing'}")
    summary = run_tick(settings, datasets=["customers"])
    click.echo(render(summary))
    for run in summary.runs:
        click.echo("  " + ", ".join(f"{step} {seconds} s" for step, seconds in run.steps.items()))
    _print_query("dim_customer", FIGURES)
    _print_query("two customers: one closed and back again, one changed by an event that came late", HISTORY)
    click.echo(f"\n{time.monotonic() - began:.1f} s in all. Next: `make dev`, or drop a file and `lake tick`.")
    if any(run.status != "success" for run in summary.runs):
        raise SystemExit(1)


def _print_query(title: str, query: str) -> None:
    click.echo(f"\n{title}")
    print_query(query)
