"""The datasets that a transform reads: as dependencies in the graph, as tables for the job, as metadata."""

from collections.abc import Iterator, Mapping

import dagster as dg

from glue_jobs.protocol import InputTable
from lake_platform.assets.keys import asset_key
from lake_platform.assets.metadata import PREFIX
from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.types import parse_type
from lake_platform.errors import InputColumnsError, InputNotPublishedError
from lake_platform.lake.inputs import Inputs, InputVersion
from lake_platform.lake.lake import Lake
from lake_platform.lake.manifest import Manifest, read_manifest
from lake_platform.spark.requests import input_table


def input_dependencies(contract: DatasetContract) -> list[dg.AssetDep]:
    """The processed layers of the inputs: of a snapshot its last partition, of events all of them."""
    return [_dependency(contract.input_contract(each.dataset)) for each in contract.inputs.values()]


def input_tables(contract: DatasetContract, lake: Lake, inputs: Inputs) -> Mapping[str, InputTable]:
    """What the job reads, by the names of the transform's parameters.

    Raises:
        InputNotPublishedError: nothing is published yet of an input.
        InputColumnsError: what is published of it has other columns than its contract.
    """
    tables: dict[str, InputTable] = {}
    for name, state in inputs.states.items():
        read = contract.input_contract(contract.inputs[name].dataset)
        if state.version is None:
            raise InputNotPublishedError(contract.name, read.name)
        tables[name] = input_table(read, list(_urls(contract, read, state.version, lake)))
    return tables


def input_metadata(inputs: Inputs) -> dict[str, object]:
    """Which version of each input was read."""
    return {f"{PREFIX}input/{name}": _told(state.version) for name, state in inputs.states.items() if state.version}


def _dependency(read: DatasetContract) -> dg.AssetDep:
    key = asset_key(read.name, "processed")
    if read.arrives.partition.by == "none":
        return dg.AssetDep(key)
    snapshot = read.arrives.delivers == "snapshot"
    return dg.AssetDep(key, partition_mapping=dg.LastPartitionMapping() if snapshot else dg.AllPartitionMapping())


def _urls(contract: DatasetContract, read: DatasetContract, version: InputVersion, lake: Lake) -> Iterator[str]:
    for partition, document in sorted(version.documents.items()):
        manifest = read_manifest(lake.lake, document.body["manifest"])
        if told := _differs(read, manifest):
            raise InputColumnsError(contract.name, read.name, partition=partition, told=told)
        yield from (entry.url for entry in manifest.entries)


def _differs(read: DatasetContract, manifest: Manifest) -> str | None:
    """The first column whose type in the files is not the one that Spark has to find there."""
    found = {name: parse_type(kind).spark for name, kind in manifest.columns}
    for column in read.produced:
        there, wanted = found.get(column.name), column.parsed_type.spark
        if there != wanted:
            return f"its column {column.name} is {there or 'not there'}, the contract says {wanted}"
    return None


def _told(version: InputVersion) -> str:
    newest = max(version.documents)
    span = newest if len(version.documents) == 1 else f"{len(version.documents)} partitions, the last is {newest}"
    return f"{version.dataset} {span}, version {version.token[:12]}"
