"""`lake new`: a definition made from files, or from a table of the Glue Data Catalog."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from lake_platform.contract.source import load_folder
from lake_platform.definitions import DEFS, build_resources
from lake_platform.discovery.definition import make_definition, make_table_definition
from lake_platform.discovery.discover import Findings
from lake_platform.discovery.profile import render_table
from lake_platform.discovery.report import findings_document, source_types, table_document
from lake_platform.errors import ContractError, DefinitionExistsError
from lake_platform.lake.lake import Lake
from lake_platform.settings import Settings


@click.command()
@click.argument("name")
@click.option("--sample", help="A file, a folder, or a key or prefix below the landing bucket.")
@click.option(
    "--from-catalog", metavar="DATABASE.TABLE", help="A table of the Glue Data Catalog, as crawlers make them."
)
@click.option("--force", is_flag=True, help="Replace the definition of that name.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def new(name: str, sample: str | None, from_catalog: str | None, force: bool, as_json: bool) -> None:
    """Write NAME/defs.yaml from what the files of a sample hold: format, types, nulls, partitions, key, rules.

    All records are read. The evidence of what was found stands in the file as comments. With --from-catalog columns and
    format are those of a table of the Glue Data Catalog; no file is read, and what the table leaves open is a guess that
    says so. A definition that exists is never replaced without --force.
    """
    if (sample is None) == (from_catalog is None):
        raise click.UsageError("say one of --sample and --from-catalog")
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,99}", name):
        raise click.UsageError(
            f"{name!r} is no name of a dataset: use lower-case letters, digits and _, a letter first"
        )
    settings = Settings.from_environment()
    folder = settings.defs or DEFS
    file = folder / name / "defs.yaml"
    if file.exists() and not force:
        raise DefinitionExistsError(str(file))
    target = _Target(name, file, folder, as_json)
    if sample is not None:
        _from_sample(target, sample, settings)
    elif from_catalog is not None:
        _from_catalog(target, from_catalog, settings)


@dataclass(frozen=True)
class _Target:
    """The definition that is written: its file in the folder of definitions, and how that is told."""

    name: str
    file: Path
    folder: Path
    as_json: bool


def _from_sample(target: _Target, sample: str, settings: Settings) -> None:
    lake = build_resources(settings)["lake"]
    assert isinstance(lake, Lake)
    text, found = make_definition(target.name, landed_key(sample, settings), lake.landing)
    _write(target.file, text, target.folder)
    if target.as_json:
        _print_json(target.file, findings_document(found))
        return
    _print_people(target.name, target.file, found)


def _from_catalog(target: _Target, table: str, settings: Settings) -> None:
    # Only here: boto3 takes a third of a second to import.
    from lake_platform.aws.glue_tables import find_catalog_table

    found = find_catalog_table(table)
    text = make_table_definition(target.name, found, landing=settings.landing_bucket)
    _write(target.file, text, target.folder)
    if target.as_json:
        _print_json(target.file, table_document(found))
        return
    for column in found.columns:
        click.echo(f"{column.name}: {column.type}{f' (guess: {column.guess})' if column.guess else ''}")
    for source, kind in found.left_out.items():
        click.echo(f"left out: {source} is {kind}", err=True)
    for guess in found.guesses:
        click.echo(f"guess: {guess}")
    click.echo(f"partition: {found.partition.evidence}")
    click.echo(
        f"\n{target.file} is written: read its comments, then `lake profile FILE` of one file, and `lake tick {target.name}`"
    )


def _print_json(file: Path, document: Mapping[str, Any]) -> None:
    click.echo(json.dumps({"file": str(file), **document}, indent=2, ensure_ascii=False))


def landed_key(sample: str, settings: Settings) -> str:
    """The key of a path that lies in the landing bucket of this machine, so that its prefix is known; else the path."""
    path, landing = Path(sample).absolute(), settings.home / "s3" / settings.landing_bucket
    if not path.exists() or not path.is_relative_to(landing):
        return sample
    return path.relative_to(landing).as_posix() + ("/" if path.is_dir() else "")


def _write(file: Path, text: str, folder: Path) -> None:
    """Writes the file, and takes it back where it does not fit to the other definitions of the folder."""
    before = file.read_text(encoding="utf-8") if file.exists() else None
    known = {str(fault) for fault in load_folder(folder).faults}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    faults = [fault for fault in load_folder(folder).faults if str(fault) not in known]
    if not faults:
        return
    if before is None:
        file.unlink()
        file.parent.rmdir()
    else:
        file.write_text(before, encoding="utf-8")
    raise ContractError(faults)


def _print_people(name: str, file: Path, found: Findings) -> None:
    click.echo(render_table(found.scan, source_types(found.schema), found.schema.nulls) + "\n")
    for told in (*found.form_evidence, *found.schema.notes, f"partition: {found.partition.evidence}"):
        click.echo(told)
    click.echo(
        f"key: {found.schema.key or 'none; it takes a name like id or code, and a value of its own in 20 records'}"
    )
    for key, reason in found.unreadable.items():
        click.echo(f"not read: {key}: {reason}", err=True)
    if found.scan.faulty:
        click.echo(
            f"{found.scan.faulty} of {found.scan.rows} record(s) are malformed: {found.scan.faults[0]}", err=True
        )
    where = "they have landed already" if found.prefix else f"land files below {name}/"
    click.echo(f"\n{file} is written: read its comments, {where}, then `lake tick {name}`")
