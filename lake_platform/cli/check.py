"""`lake check`: every fault of a definitions folder at once."""

from pathlib import Path

import click

from lake_platform.contract.source import load_folder
from lake_platform.settings import Settings


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path, exists=True, file_okay=False))
def check(folder: Path | None) -> None:
    """Check all files of FOLDER (default: the definitions folder); exit code 2 where one has a fault."""
    where = folder or Settings.from_environment().defs or Path(__file__).parents[1] / "defs"
    found = load_folder(where)
    for fault in found.faults:
        click.echo(str(fault))
    if found.faults:
        raise SystemExit(2)
    told = f"{len(found.contracts)} dataset(s), {len(found.tables)} table(s) and {len(found.notebooks)} notebook(s)"
    click.echo(f"{told} in {where}, no faults")
