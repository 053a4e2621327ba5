"""`lake catalog`: which tables there are, what they look like, and how they came to look so."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, cast

import click
from tabulate import tabulate

from lake_platform.definitions import build_resources
from lake_platform.lake.catalog import Catalog, CatalogEntry, CatalogPartition, TableVersion
from lake_platform.settings import Settings

SHOWN_PARTITIONS = 20


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
def catalog(name: str | None, as_json: bool) -> None:
    """List the tables of the catalog, or show one: NAME is `database.table`, a table's own name, or a dataset.

    One table is shown with its columns, the versions of its schema and what each changed, and its newest partitions
    with rows, failed checks and inputs; `--json` gives all of them.
    """
    tables = cast("Catalog", build_resources(Settings.from_environment())["catalog"])
    found = _chosen(tables.entries(), name)
    if name is None or len(found) > 1:
        click.echo(_listed_json(found) if as_json else _listed(found))
        return
    versions = tables.history(found[0].table.name)
    click.echo(_entry_json(found[0], versions) if as_json else _entry(found[0], versions))


def _chosen(entries: Sequence[CatalogEntry], name: str | None) -> list[CatalogEntry]:
    """The entries that a name means; all of them without one.

    Raises:
        click.UsageError: there is none, with the names that there are.
    """
    if name is None:
        return list(entries)
    for means in (
        lambda entry: entry.table.name == name,
        lambda entry: entry.table.table == name,
        lambda entry: entry.table.parameters.get("dataset") == name,
    ):
        if found := [entry for entry in entries if means(entry)]:
            return found
    known = ", ".join(entry.table.name for entry in entries) or "none yet, tables are registered by runs"
    raise click.UsageError(f"the catalog has no table {name!r}; there are: {known}")


def _listed(entries: Sequence[CatalogEntry]) -> str:
    rows = [
        [
            entry.table.name,
            entry.table.format.kind,
            len(entry.table.columns),
            len(entry.partitions),
            _total(part.rows for part in entry.partitions.values()),
            max((part.published_at for part in entry.partitions.values()), default="")[:19],
        ]
        for entry in entries
    ]
    return tabulate(rows, headers=["table", "format", "columns", "partitions", "rows", "last published (UTC)"])


def _listed_json(entries: Sequence[CatalogEntry]) -> str:
    return _json([{**_table_document(entry), "partitions": len(entry.partitions)} for entry in entries])


def _entry_json(entry: CatalogEntry, versions: Sequence[TableVersion]) -> str:
    told = [
        {
            "version": version.number,
            "registered_at": version.registered_at,
            "changes": asdict(version.changes) if version.changes else {},
        }
        for version in versions
    ]
    partitions = {key: asdict(part) for key, part in entry.partitions.items()}
    return _json({**_table_document(entry), "versions": told, "partitions": partitions})


def _table_document(entry: CatalogEntry) -> dict[str, Any]:
    return {"name": entry.table.name, **asdict(entry.table)}


def _entry(entry: CatalogEntry, versions: Sequence[TableVersion]) -> str:
    table = entry.table
    columns = [
        [column.name, column.type, column.hive, "required" if column.required else "", column.comment]
        for column in table.columns
    ]
    newest = sorted(entry.partitions.values(), key=lambda part: part.published_at)[-SHOWN_PARTITIONS:]
    parts = [
        f"{table.name}: {table.description}",
        f"{table.format.kind} at {table.location}, made of {', '.join(table.sources)}",
        tabulate(columns, headers=["column", "type", "hive", "", "description"]),
        "\n".join(_version(version) for version in versions),
        f"{len(entry.partitions)} partition(s); the last {len(newest)} by time of publication:",
        tabulate(map(_partition, newest), headers=["partition", "rows", "bytes", "published (UTC)", "failed", "of"]),
    ]
    return "\n\n".join(parts)


def _version(version: TableVersion) -> str:
    if version.changes is None:
        told = "first"
    else:
        told = "; ".join(version.changes.lines()) or "the columns stay; description, format or parameters changed"
    return f"version {version.number}, {version.registered_at[:19]}: {told}"


def _partition(part: CatalogPartition) -> list[object]:
    failed = [name for name, passed in part.checks.items() if not passed]
    inputs = [each.name if each.number is None else f"{each.name} #{each.number}" for each in part.inputs]
    return [part.key, part.rows, part.size, part.published_at[:19], ", ".join(failed), ", ".join(inputs)]


def _total(counts: Iterable[int | None]) -> int | None:
    """None where a part is not known."""
    told = list(counts)
    known = [count for count in told if count is not None]
    return sum(known) if len(known) == len(told) else None


def _json(document: object) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False)
