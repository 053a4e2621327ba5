"""From a contract to the tables that the catalog knows of it, one for each layer."""

from collections.abc import Sequence

from lake_platform.assets.keys import asset_key
from lake_platform.contract.columns import PlainColumn
from lake_platform.contract.dataset import LAYERS, Column, DatasetContract, FileFormat, Layer
from lake_platform.contract.table_inputs import BoundTable
from lake_platform.contract.types import parse_type
from lake_platform.lake.catalog import CatalogColumn, CatalogTable, StorageFormat
from lake_platform.lake.lake import Lake
from lake_platform.lake.layout import layer_prefix
from lake_platform.warehouse.table import OP, ORIGIN, TableColumn, TableSpec, staging_table, target_name, target_table

LAKE_DATABASE = "lake"
"""The database of the layers whose data are files; tables of the warehouse are in the database of their schema."""
PARTITION_KEY = CatalogColumn(name=ORIGIN[0].name, type=ORIGIN[0].type, hive="string", comment="the logical date")

_HIVE = "org.apache.hadoop.hive.ql.io"
_TEXT = ("org.apache.hadoop.mapred.TextInputFormat", f"{_HIVE}.HiveIgnoreKeyTextOutputFormat")
PARQUET = StorageFormat(
    kind="parquet",
    input_format=f"{_HIVE}.parquet.MapredParquetInputFormat",
    output_format=f"{_HIVE}.parquet.MapredParquetOutputFormat",
    serde=f"{_HIVE}.parquet.serde.ParquetHiveSerDe",
)
REDSHIFT = StorageFormat(kind="redshift")


def catalog_name(contract: DatasetContract, layer: Layer) -> str:
    """`database.table` of a layer."""
    if layer == "staging":
        return str(staging_table(contract).table)
    return str(target_name(contract)) if layer == "target" else lake_table(contract.name, layer)


def warehouse_table(table: BoundTable) -> CatalogTable:
    """What the catalog says of a table that is made in the warehouse."""
    contract, spec = table.contract, target_table(table.contract)
    return CatalogTable(
        database=spec.table.schema,
        table=spec.table.name,
        description=contract.description,
        location=str(spec.table),
        format=REDSHIFT,
        columns=warehouse_columns(spec, contract.columns),
        parameters={
            "asset": "/".join(contract.path),
            "dataset": contract.name,
            "layer": "table",
            "owners": ",".join(contract.owners),
        },
        sources=tuple(f"{found.schema}.{found.table}" for found in table.inputs),
    )


def lake_table(dataset: str, layer: Layer) -> str:
    """`lake.<dataset>_<layer>`, of a layer whose data are files."""
    return f"{LAKE_DATABASE}.{dataset}_{layer}"


def layer_table(contract: DatasetContract, layer: Layer, lake: Lake) -> CatalogTable:
    """What the catalog says of a layer as a whole."""
    name = catalog_name(contract, layer)
    database, _, table = name.rpartition(".")
    in_warehouse = layer in ("staging", "target")
    return CatalogTable(
        database=database,
        table=table,
        description=contract.description,
        location=name if in_warehouse else lake.lake.url(layer_prefix(contract.name, layer)),
        format=REDSHIFT if in_warehouse else PARQUET if layer != "raw" else text_format(contract.arrives.format),
        columns=_columns(contract, layer),
        partition_keys=() if in_warehouse else (PARTITION_KEY,),
        parameters={
            "asset": asset_key(contract.name, layer).to_user_string(),
            "dataset": contract.name,
            "layer": layer,
            "owners": ",".join(contract.owners),
            **(_text_parameters(contract.arrives.format) if layer == "raw" else {}),
        },
        sources=_sources(contract, layer, lake),
    )


def _sources(contract: DatasetContract, layer: Layer, lake: Lake) -> tuple[str, ...]:
    if layer == "raw":
        return (lake.landing.url(contract.arrives.prefix),)
    before = catalog_name(contract, LAYERS[LAYERS.index(layer) - 1])
    read = [each.dataset for each in contract.inputs.values()] if layer == "processed" else []
    return (before, *(lake_table(dataset, "processed") for dataset in read))


def text_format(declared: FileFormat) -> StorageFormat:
    """How Hive reads what landed."""
    if declared.kind == "parquet":
        return PARQUET
    if declared.kind == "json":
        return StorageFormat(
            kind="json", input_format=_TEXT[0], output_format=_TEXT[1], serde="org.openx.data.jsonserde.JsonSerDe"
        )
    return StorageFormat(
        kind="csv",
        input_format=_TEXT[0],
        output_format=_TEXT[1],
        serde="org.apache.hadoop.hive.serde2.OpenCSVSerde",
        serde_parameters={
            "separatorChar": declared.delimiter,
            "quoteChar": declared.quote,
            "escapeChar": declared.escape,
        },
    )


def warehouse_columns(spec: TableSpec, declared: Sequence[PlainColumn]) -> tuple[CatalogColumn, ...]:
    """All columns of a table of the warehouse, with what the contract says of those that it declares."""
    return _physical(spec.columns, declared)


def _columns(contract: DatasetContract, layer: Layer) -> tuple[CatalogColumn, ...]:
    if layer == "raw":
        as_text = contract.arrives.format.kind != "parquet"
        return tuple(_declared(column, hive="string" if as_text else None) for column in contract.columns)
    if layer == "staging":
        return warehouse_columns(staging_table(contract), contract.produced)
    if layer == "target":
        return warehouse_columns(target_table(contract), contract.produced)
    declared = contract.columns if layer == "validated" else contract.produced
    operation = (OP,) if contract.arrives.delivers in ("changes", "snapshot") else ()
    # `_partition` is the partition key: a table of Hive has it once.
    return (*map(_declared, declared), *_physical((*operation, *ORIGIN[1:]), ()))


def _declared(column: Column, hive: str | None = None) -> CatalogColumn:
    kind = parse_type(column.type)
    return CatalogColumn(
        name=column.name,
        type=kind.redshift,
        hive=hive or kind.hive,
        comment=column.description,
        required=column.required,
        aliases=tuple(column.aliases),
    )


def _physical(columns: Sequence[TableColumn], declared: Sequence[PlainColumn]) -> tuple[CatalogColumn, ...]:
    told = {column.name: column for column in declared}
    return tuple(
        CatalogColumn(
            name=column.name,
            type=column.type,
            hive=parse_type(column.type).hive,
            comment=known.description if known else "",
            required=column.not_null or (known is not None and known.required),
            aliases=tuple(known.aliases) if isinstance(known, Column) else (),
        )
        for column in columns
        for known in (told.get(column.name),)
    )


def _text_parameters(declared: FileFormat) -> dict[str, str]:
    """What Glue's own crawler calls these facts."""
    if declared.kind != "csv":
        return {"encoding": declared.encoding}
    return {"encoding": declared.encoding, "skip.header.line.count": str(declared.skip + int(declared.header))}
