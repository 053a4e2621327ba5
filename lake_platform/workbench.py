"""The lake for a notebook: the warehouse, processed rows in the warm Spark, and figures that are told to the platform.

```python
from lake_platform import open_workbench

bench = open_workbench()
years = bench.query("SELECT year, revenue FROM sales_by_year ORDER BY year")
rows = bench.processed("sales")
bench.assert_equal("revenue", found, expected)
```
"""

import atexit
import os
import tempfile
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.faults import closest
from lake_platform.definitions import build_resources, load_contracts
from lake_platform.errors import NothingPublishedError, SettingsError, UnknownDatasetError
from lake_platform.lake.lake import Lake
from lake_platform.lake.manifest import read_manifest
from lake_platform.lake.store import key_of
from lake_platform.notebooks.outputs import FIGURE_TYPE
from lake_platform.settings import Settings
from lake_platform.warehouse.names import DEFAULT_SCHEMA, STAGING_SCHEMA
from lake_platform.warehouse.redshift import RedshiftResource

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import DataFrame, SparkSession

    from lake_platform.spark.local import LocalSparkResource


def open_workbench() -> "Workbench":
    """The lake that the environment names; without LAKE_HOME the nearest `.lake` at or above the working directory.

    Raises:
        SettingsError: there is none.
    """
    environ = dict(os.environ)
    if not environ.get("LAKE_HOME") and environ.get("LAKE_BACKEND", "local") == "local":
        here = Path.cwd()
        homes = [folder / ".lake" for folder in (here, *here.parents) if (folder / ".lake").is_dir()]
        if not homes:
            raise SettingsError(f"there is no .lake at or above {here}: set LAKE_HOME, or run `lake tick` there first")
        environ["LAKE_HOME"] = str(homes[0])
    return Workbench(Settings.from_environment(environ))


class Workbench:
    """One lake; nothing is started before it is used.

    Attributes:
        redshift: the warehouse, the same resource as that of the assets.
        lake: the buckets and the documents in them.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._resources = build_resources(settings)
        redshift, lake = self._resources["redshift"], self._resources["lake"]
        assert isinstance(redshift, RedshiftResource)
        assert isinstance(lake, Lake)
        self.redshift = redshift
        self.lake = lake

    def query(self, sql: str) -> "pd.DataFrame":
        """The rows of one query; decimals come as `Decimal`. Tables without a schema are those that are published."""
        import pandas as pd

        with self.redshift.autocommit(query_group="workbench") as session:
            session.execute(f"SET search_path TO {DEFAULT_SCHEMA}, {STAGING_SCHEMA}, public")
            columns, rows = session.query_table(sql)
        return pd.DataFrame([list(row) for row in rows], columns=pd.Index(columns))

    @cached_property
    def spark(self) -> "SparkSession":
        """A session at the warm JVM, which is started where there is none. It is shared: never stop it.

        Where jobs run on Glue, it is a session of this process.
        """
        return self._spark_resource.new_session()

    def processed(self, dataset: str) -> "DataFrame":
        """The Parquet rows of all published partitions of a dataset, in Spark.

        Raises:
            UnknownDatasetError: no dataset has that name.
            NothingPublishedError: it has no processed rows yet.
        """
        contract = self._contract(dataset)
        documents = self.lake.log(contract.name, "processed").latest_documents().values()
        manifests = [read_manifest(self.lake.lake, document.body["manifest"]) for document in documents]
        urls = [entry.url for manifest in manifests for entry in manifest.entries]
        if not urls:
            raise NothingPublishedError(dataset)
        if self._copies is not None:
            _copy(self.lake, urls, self._copies)
        return self.spark.read.parquet(*urls)

    def tell(self, name: str, value: object) -> None:
        """Shows a figure, and gives it to the asset that runs this notebook, as metadata."""
        from IPython.display import display

        display({FIGURE_TYPE: {"name": name, "value": str(value)}, "text/plain": f"{name}: {value}"}, raw=True)

    def assert_equal(self, name: str, found: object, expected: object) -> None:
        """Tells a figure that two ways have to agree on, exactly.

        Raises:
            AssertionError: they do not.
        """
        if found != expected:
            raise AssertionError(f"{name}: {found} here, {expected} there")
        self.tell(name, found)

    @cached_property
    def _copies(self) -> Path | None:
        """The folder that plays the buckets where Spark here does not reach them; gone with this process."""
        if self._settings.backend == "local":
            return None
        folder = tempfile.TemporaryDirectory(prefix="lake-workbench-")
        atexit.register(folder.cleanup)
        return Path(folder.name)

    @cached_property
    def _spark_resource(self) -> "LocalSparkResource":
        if self._copies is not None:
            from lake_platform.spark.local import LocalSparkResource

            return LocalSparkResource(
                home=str(self._copies),
                spark_dir=str(self._copies / "spark"),
                landing_bucket=self._settings.landing_bucket,
                lake_bucket=self._settings.lake_bucket,
            )
        found: Any = self._resources["spark"]
        return found.resource_fn(dg.build_init_resource_context())

    def _contract(self, dataset: str) -> DatasetContract:
        contracts = {contract.name: contract for contract in load_contracts(self._settings)}
        if dataset not in contracts:
            raise UnknownDatasetError(dataset, closest(dataset, contracts))
        return contracts[dataset]


def _copy(lake: Lake, urls: Sequence[str], folder: Path) -> None:
    """Puts files of the lake where a session of this process looks for them; a file never changes under its name."""
    for url in urls:
        target = folder / "s3" / url.removeprefix("s3://")
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(lake.lake.read(key_of(lake.lake, url)))
