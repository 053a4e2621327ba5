"""Dagster's front door: the components under `defs/`, the resources of the chosen backend, one `Definitions`."""

import warnings
from pathlib import Path

import dagster as dg

from lake_platform.assets.keys import dataset_keys
from lake_platform.assets.notebook import build_notebook
from lake_platform.assets.table import build_table
from lake_platform.assets.untold import UntoldVersions
from lake_platform.components.dataset import build_dataset
from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.source import Folder, load_folder, load_folder_once
from lake_platform.errors import ContractError
from lake_platform.sensors.alerts import Alerts, AlertSender, build_alert_sensor
from lake_platform.sensors.owed import Upstream
from lake_platform.sensors.tables import build_table_schedule, build_tables_sensor
from lake_platform.sensors.untold import build_untold_sensor
from lake_platform.sensors.webhook import WebhookSender
from lake_platform.settings import Settings

DEFS = Path(__file__).parent / "defs"


@dg.definitions
def defs() -> dg.Definitions:
    """What `dagster dev`, `dg` and `dagster definitions validate` load."""
    return build_definitions(Settings.from_environment())


def build_definitions(settings: Settings) -> dg.Definitions:
    """All datasets and tables of the definitions folder with the resources of the backend.

    Steps run in the process of their run: five empty steps take 0.3 s so, 8 s with one process each.
    """
    with warnings.catch_warnings():
        # Partitioned checks and backfill policies are beta in 1.13: pinned, and held by test_dagster_facts.py.
        warnings.simplefilter("ignore", dg.BetaWarning)
        warnings.simplefilter("ignore", dg.PreviewWarning)
        datasets = _folder(settings.defs) if settings.defs else _project()
    own = dg.Definitions(
        resources=build_resources(settings), executor=dg.in_process_executor, sensors=[build_alert_sensor()]
    )
    return dg.Definitions.merge(*datasets, own)


def build_resources(settings: Settings) -> dict[str, object]:
    """`lake`, `catalog`, `crawlers`, `hints`, `spark`, `redshift` and `notebooks` of the settings' backend, and `alerts`.

    Nothing is opened or started here.

    Raises:
        SettingsError: a variable that the backend needs is missing or cannot be used.
    """
    senders: list[AlertSender] = [WebhookSender(settings.alert_webhook)] if settings.alert_webhook else []
    if settings.backend == "aws":
        from lake_platform.aws.resources import build_aws_resources, build_aws_senders

        resources = build_aws_resources(settings, lambda: load_transforms(settings))
        senders.extend(build_aws_senders())
    else:
        from lake_platform.local.resources import build_local_resources

        resources = build_local_resources(settings)
    return {**resources, "alerts": Alerts(senders, settings.ui_url)}


def load_contracts(settings: Settings) -> list[DatasetContract]:
    """The datasets of the definitions folder, in the order of their names; errors as `load_declarations`."""
    return sorted(load_declarations(settings).contracts, key=lambda contract: contract.name)


def load_transforms(settings: Settings) -> dict[str, str]:
    """Dataset to `module:function` of each transform: what the package of the Glue jobs holds besides its own."""
    return {c.name: c.transform.run for c in load_contracts(settings) if c.transform is not None}


def load_declarations(settings: Settings) -> Folder:
    """All that the definitions folder declares.

    Raises:
        ContractError: with every fault of the folder.
    """
    folder = load_folder(settings.defs or DEFS)
    if folder.faults:
        raise ContractError(folder.faults)
    return folder


def _project() -> list[dg.Definitions]:
    """The package's own folder, through Dagster's component tree.

    One folder at a time: `load_from_defs_folder` imports every installed package that registers components, only to
    describe them (2.8 CPU seconds against 0.24).
    """
    tree = dg.ComponentTree.for_project(DEFS)
    folders = sorted(file.parent for file in DEFS.rglob("defs.yaml"))
    return [*(tree.build_defs(folder) for folder in folders), *_sensors(load_folder_once(DEFS))]


def _folder(path: Path) -> list[dg.Definitions]:
    """A folder of `defs.yaml` files outside any project."""
    folder = load_folder(path)
    if folder.faults:
        raise ContractError(folder.faults)
    tables = [build_table(table) for table in folder.tables]
    notebooks = [build_notebook(notebook) for notebook in folder.notebooks]
    datasets = [build_dataset(contract) for contract in folder.contracts]
    return [*datasets, dg.Definitions(assets=[*tables, *notebooks]), *_sensors(folder)]


def _sensors(folder: Folder) -> list[dg.Definitions]:
    """What is built from all declarations: what tells Dagster, and what starts tables and notebooks."""
    tables = folder.derived
    datasets = [contract.name for contract in folder.contracts]
    untold = build_untold_sensor(UntoldVersions([*folder.contracts, *tables]), datasets)
    upstream = Upstream(tables, {each.name: (each, dataset_keys(each)) for each in folder.contracts})
    scheduled = [(table, table.contract.schedule) for table in tables]
    schedules = [build_table_schedule(table, upstream, cron) for table, cron in scheduled if cron]
    started = [build_tables_sensor(upstream)] if tables else []
    return [dg.Definitions(sensors=[untold, *started], schedules=schedules)]
