"""The `Dataset` component: one declaration becomes up to five assets, their checks and the sensor that starts them."""

from collections.abc import Callable
from pathlib import Path

import dagster as dg
from pydantic import BaseModel

from lake_platform.assets.crawled import build_crawler
from lake_platform.assets.keys import dataset_keys
from lake_platform.assets.processed import build_processed
from lake_platform.assets.raw import build_raw
from lake_platform.assets.staging import build_staging
from lake_platform.assets.target import build_target
from lake_platform.assets.validated import build_validated
from lake_platform.components.scaffold import DatasetScaffolder
from lake_platform.contract.dataset import DatasetContract, Layer
from lake_platform.contract.source import load_file, load_folder_once
from lake_platform.errors import ContractError
from lake_platform.lake.lake import Lake
from lake_platform.sensors.arrivals import Tick, build_arrivals_sensor, look
from lake_platform.sensors.schedules import build_schedule

BUILDERS: dict[Layer, Callable[[DatasetContract], dg.AssetsDefinition]] = {
    "raw": build_raw,
    "validated": build_validated,
    "processed": build_processed,
    "staging": build_staging,
    "target": build_target,
}


@dg.scaffold_with(DatasetScaffolder)
class Dataset(dg.Component):
    """Files that land under a prefix, checked, transformed and published as a table.

    Five assets, raw → validated → processed → staging → target (fewer where no target is declared), with asset
    checks for every quality rule and a sensor that asks for a run when files arrive.
    """

    def __init__(self, contract: DatasetContract) -> None:
        self.contract = contract

    @classmethod
    def get_model_cls(cls) -> type[BaseModel]:
        return DatasetContract

    @classmethod
    def get_spec(cls) -> dg.ComponentTypeSpec:
        return dg.ComponentTypeSpec(
            description="One dataset: from the files that land to a published table.",
            tags=["lake", "s3", "deequ", "redshift"],
        )

    @classmethod
    def load(cls, attributes: BaseModel | None, context: dg.ComponentLoadContext) -> "Dataset":
        """The component of the file at `context.path`.

        Raises:
            ContractError: the file has faults; the message lists all of them with their lines.
        """
        file = context.path / "defs.yaml"
        if not file.is_file() and isinstance(attributes, DatasetContract):
            return cls(attributes)
        # The file is read again: Dagster's own reading knows no duplicate keys, rules or fields that do not fit.
        found = load_file(file)
        if found.faults:
            raise ContractError(found.faults)
        name = getattr(attributes, "name", None)
        contract = next(contract for contract in found.contracts if name in (None, contract.name))
        return cls(_with_inputs(contract, context.defs_module_path) if contract.inputs else contract)

    def build_defs(self, context: dg.ComponentLoadContext | None = None) -> dg.Definitions:
        return build_dataset(self.contract)


def _with_inputs(contract: DatasetContract, defs: Path) -> DatasetContract:
    """The contract as the whole folder knows it: with the contracts of the datasets that it reads."""
    folder = load_folder_once(defs)
    if folder.faults:
        raise ContractError(folder.faults)
    return next(each for each in folder.contracts if each.name == contract.name)


def build_dataset(contract: DatasetContract) -> dg.Definitions:
    """The assets, checks, sensor and schedule of one dataset. The resources it takes are bound elsewhere."""
    keys = dataset_keys(contract)

    def look_until(lake: Lake, instance: dg.DagsterInstance, until: str | None) -> Tick:
        return look(contract, keys, lake=lake, instance=instance, until=until)

    by, cron = contract.arrives.partition.by, contract.schedule
    crawler = [build_crawler(contract, contract.catalog)] if contract.catalog else []
    schedules = [build_schedule(contract.name, cron, asset_keys=keys, by=by, look=look_until)] if cron else []
    return dg.Definitions(
        assets=[*(BUILDERS[layer](contract) for layer in contract.layers), *crawler],
        sensors=[build_arrivals_sensor(contract, keys)],
        schedules=schedules,
    )
