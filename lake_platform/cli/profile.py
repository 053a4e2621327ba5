"""`lake profile`: what is in files, column by column."""

import json
from pathlib import Path

import click

from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.source import load_folder
from lake_platform.definitions import DEFS, build_resources
from lake_platform.discovery.dataset import contract_types, profile_files
from lake_platform.discovery.discover import discover
from lake_platform.discovery.profile import profile_document, render_table
from lake_platform.discovery.report import findings_document, source_types
from lake_platform.discovery.sources import find_sample
from lake_platform.errors import SampleError
from lake_platform.lake.lake import Lake
from lake_platform.lake.reading.unreadable import UnreadableFileError
from lake_platform.settings import Settings


@click.command()
@click.argument("what")
@click.option("--partition", help="Of a dataset: which partition; default the newest one.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def profile(what: str, partition: str | None, as_json: bool) -> None:
    """Print what the files of WHAT hold: a dataset, or a file, a folder, a key or prefix below the landing bucket.

    For each column: completeness, distinct values, range, patterns, most frequent values. All records are read; of a
    dataset the accepted files of one partition, under its contract.
    """
    settings = Settings.from_environment()
    lake = build_resources(settings)["lake"]
    assert isinstance(lake, Lake)
    # Files can be looked at where definitions have faults, or where there are none yet.
    contracts = load_folder(settings.defs or DEFS).contracts
    contract = next((contract for contract in contracts if contract.name == what), None)
    if contract is not None and not Path(what).exists():
        _print_dataset(lake, contract, partition, as_json=as_json)
        return
    if partition is not None:
        raise click.UsageError(f"--partition is for datasets, and there is no dataset {what!r}")
    found = discover(what, find_sample(what, lake.landing))
    if as_json:
        click.echo(json.dumps(findings_document(found), indent=2, ensure_ascii=False))
        return
    click.echo(render_table(found.scan, source_types(found.schema), found.schema.nulls))
    click.echo(f"{found.scan.rows} record(s) in {len(found.scan.records)} file(s), {found.scan.faulty} malformed")


def _print_dataset(lake: Lake, contract: DatasetContract, partition: str | None, *, as_json: bool) -> None:
    log = lake.log(contract.name, "raw")
    place = partition or max(log.latest_numbers(), default=None)
    document = log.latest(place) if place is not None else None
    if place is None or document is None:
        told = f"no partition {partition}" if partition else "no partition yet: land files, then `lake tick`"
        raise SampleError(contract.name, f"the dataset has taken {told}")
    try:
        scan = profile_files(lake, contract, document.body["files"])
    except UnreadableFileError as error:
        raise SampleError(f"{contract.name} {place}", str(error)) from error
    types, nulls = contract_types(scan, contract), contract.arrives.format.nulls
    if as_json:
        told = {"dataset": contract.name, "partition": place, **profile_document(scan, types, nulls)}
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    click.echo(render_table(scan, types, nulls))
    click.echo(
        f"{contract.name} {place}: {scan.rows} record(s) in {len(scan.records)} file(s), {scan.faulty} malformed"
    )
