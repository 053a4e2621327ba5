"""A table of the Glue Data Catalog, such as a crawler makes, as what a dataset file says of it.

Columns and classification are taken as they stand. What Hive's words leave open is guessed, and each guess is told.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from lake_platform.contract.dataset import FileFormat
from lake_platform.discovery.hive_types import contract_type, leaves
from lake_platform.discovery.partitions import PartitionFound, find_partition
from lake_platform.discovery.schema import identifier
from lake_platform.errors import CatalogTableError

Kind = Literal["csv", "json", "parquet"]
_KINDS: Mapping[str, Kind] = {"csv": "csv", "json": "json", "parquet": "parquet"}
_SERDES: Mapping[str, Kind] = {
    "org.apache.hadoop.hive.serde2.OpenCSVSerde": "csv",
    "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe": "csv",
    "org.openx.data.jsonserde.JsonSerDe": "json",
    "org.apache.hive.hcatalog.data.JsonSerDe": "json",
    "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe": "parquet",
}
_UNNAMED = re.compile(r"_?c(?:ol)?\d+")
"""How crawlers call the columns of files without a header: col0, col1."""


@dataclass(frozen=True)
class TableColumn:
    """One column of the dataset; `source` is what the catalog calls it."""

    name: str
    type: str
    source: str
    path: str | None
    guess: str | None


@dataclass(frozen=True)
class TableFound:
    """What a table of the catalog says of a dataset.

    Attributes:
        bucket: where its files are; another one than the landing bucket is told.
        guesses: what is not said by the table, beside those of single columns.
        left_out: columns that no dataset can have, with their types.
    """

    table: str
    bucket: str
    prefix: str
    form: FileFormat
    partition: PartitionFound
    columns: tuple[TableColumn, ...]
    guesses: tuple[str, ...]
    left_out: Mapping[str, str]


def read_catalog_table(name: str, table: Mapping[str, Any], locations: Sequence[str]) -> TableFound:
    """What GetTable answered, as a dataset.

    Args:
        name: `database.table`, for messages.
        locations: of its partitions: where their keys begin.

    Raises:
        CatalogTableError: it is no table of files on S3, or of files that no dataset can read.
    """
    storage: Mapping[str, Any] = table.get("StorageDescriptor", {})
    at = urlsplit(str(storage.get("Location", "")), allow_fragments=False)
    if at.scheme not in ("s3", "s3a", "s3n") or not at.path.strip("/"):
        raise CatalogTableError(name, f"its data is at {storage.get('Location') or 'no place'}, not below a key of S3")
    prefix = f"{at.path.strip('/')}/"
    guesses: list[str] = []
    form = _form(name, table, guesses)
    left_out: dict[str, str] = {}
    columns = _columns(storage.get("Columns", []), form.kind, left_out)
    if not columns:
        raise CatalogTableError(name, "it has no column that a dataset can have")
    return TableFound(
        table=name,
        bucket=at.netloc,
        prefix=prefix,
        form=form,
        partition=_partition(table, f"s3://{at.netloc}/{prefix}", locations, guesses),
        columns=columns,
        guesses=tuple(guesses),
        left_out=left_out,
    )


def _form(name: str, table: Mapping[str, Any], guesses: list[str]) -> FileFormat:
    storage: Mapping[str, Any] = table["StorageDescriptor"]
    serde: Mapping[str, Any] = storage.get("SerdeInfo", {})
    told: dict[str, str] = {
        **storage.get("Parameters", {}),
        **table.get("Parameters", {}),
        **serde.get("Parameters", {}),
    }
    library = str(serde.get("SerializationLibrary", ""))
    classification = told.get("classification", "").lower()
    kind = _KINDS.get(classification) or (None if classification else _SERDES.get(library))
    if kind is None:
        of = classification or library or "no classification"
        raise CatalogTableError(name, f"its files are {of}; a dataset reads {', '.join(_KINDS)}")
    found: dict[str, Any] = {"kind": kind}
    if encoding := told.get("serialization.encoding") or told.get("encoding"):
        found["encoding"] = encoding
    if "serialization.null.format" in told:
        found["nulls"] = [told["serialization.null.format"]]
    if kind == "csv":
        found |= _csv(told, [str(column["Name"]) for column in storage.get("Columns", [])], guesses)
    return FileFormat.model_validate(found)


def _csv(told: Mapping[str, str], names: Sequence[str], guesses: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for setting, places in (
        ("delimiter", ("separatorChar", "field.delim", "delimiter")),
        ("quote", ("quoteChar",)),
        ("escape", ("escapeChar", "escape.delim")),
    ):
        value = next((told[place] for place in places if told.get(place)), None)
        if value is not None:
            found[setting] = value
        else:
            guesses.append(f"the table names no {setting}")
    skipped = told.get("skip.header.line.count", "0")
    lines = int(skipped) if skipped.isdecimal() else 0
    if lines:
        found |= {"header": True, "skip": lines - 1}
    else:
        found["header"] = not all(_UNNAMED.fullmatch(name) for name in names)
        guesses.append("the table says nothing of a header; its columns have names" if found["header"] else "no header")
    return found


def _columns(told: Sequence[Mapping[str, Any]], kind: str, left_out: dict[str, str]) -> tuple[TableColumn, ...]:
    found: list[TableColumn] = []
    taken = set[str]()
    for column in told:
        name = str(column["Name"])
        for leaf in leaves(name, str(column["Type"])):
            source = ".".join(leaf.path)
            nested, kept = len(leaf.path) > 1, contract_type(leaf.hive)
            # Lists are text in JSON; of Parquet they cannot be read, and structs neither.
            if kept is None or (kind == "parquet" and ("<" in leaf.hive or nested)):
                left_out[source] = leaf.hive
                continue
            called = _free(identifier("_".join(leaf.path), len(found) + 1), taken)
            found.append(TableColumn(called, kept.type, source, source if nested else None, kept.guess))
    return tuple(found)


def _free(base: str, taken: set[str]) -> str:
    name, number = base, 2
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    taken.add(name)
    return name


def _partition(table: Mapping[str, Any], base: str, locations: Sequence[str], guesses: list[str]) -> PartitionFound:
    """From where the partitions lie, which says more than the names of their columns."""
    keys = [f"{location.rstrip('/')}/".removeprefix(base) for location in locations]
    names = [str(key["Name"]) for key in table.get("PartitionKeys", [])]
    if not keys:
        told = f"it has the partition keys {', '.join(names)} and no partition yet" if names else "it has no partitions"
        if names:
            guesses.append(f"{told}: say how a key names its date")
        return PartitionFound("none", None, None, f"{told}: every file is in one partition")
    return find_partition(keys, of="partition(s)")
