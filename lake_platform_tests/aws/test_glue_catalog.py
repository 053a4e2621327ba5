"""The catalog in the Glue Data Catalog: as documents do, with Glue's own ways of racing."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from lake_platform.aws.calls import AwsCalls, Connect
from lake_platform.aws.glue_catalog import GlueCatalog
from lake_platform.errors import AwsRefusedError, AwsUnreachableError, CatalogTableTakenError, VersionTakenError
from lake_platform.lake.catalog import CatalogTable
from lake_platform.lake.schema_changes import SchemaChanges
from lake_platform_tests.lake.test_catalog import AREA, ID, TABLE, entry, part

pytestmark = pytest.mark.s3


@dataclass
class Glue:
    """A Glue Data Catalog that looks at VersionId, as Glue does and moto does not; the calls are counted.

    Attributes:
        before_update: called once before the next UpdateTable.
    """

    connect: Connect
    prefix: str
    calls: Counter[str] = field(default_factory=Counter[str])
    before_update: Callable[[], object] | None = None
    refusals: list[str] = field(default_factory=list[str])
    lock: threading.Lock = field(default_factory=threading.Lock)

    def catalog(self) -> GlueCatalog:
        return GlueCatalog(AwsCalls(self.client, "glue"), prefix=self.prefix, pause=lambda _: None)

    def client(self, service: str) -> Any:
        client = self.connect(service)
        client.meta.events.register("before-parameter-build.glue.*", self._checked)
        client.meta.events.register("before-send.glue.*", self._refused)
        return client

    def _checked(self, params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        self.calls[model.name] += 1
        if model.name != "UpdateTable":
            return
        hook, self.before_update = self.before_update, None
        if hook is not None:
            hook()
        there = self.connect("glue").get_table(DatabaseName=params["DatabaseName"], Name=params["TableInput"]["Name"])
        if there["Table"]["VersionId"] != params["VersionId"]:
            self.refusals.append("ConcurrentModificationException")

    def _refused(self, request: Any, **_: Any) -> AWSResponse | None:
        if not self.refusals:
            return None
        code = self.refusals.pop()
        body = f'{{"__type": "{code}", "Message": "told by the test"}}'.encode()
        raw: Any = _Raw(body)
        return AWSResponse(request.url, 400, {"x-amzn-requestid": "1"}, raw)


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: Any, **__: Any) -> list[bytes]:
        return [self._body]


@pytest.fixture
def glue(aws_connect: Connect, unique: str) -> Glue:
    return Glue(aws_connect, unique)


def test_what_was_registered_is_read_back(glue: Glue) -> None:
    catalog = glue.catalog()
    told = entry(part("2024-03-02"), part("2023-12-31"))
    warehouse = entry(part("2024-03-02"), table="dim_orders", database="analytics", partition_keys=(), format=replace(TABLE.format, kind="redshift", serde="", serde_parameters={}))  # fmt: skip

    version = catalog.register(told)
    catalog.register(warehouse)

    assert catalog.latest("lake.orders_processed") == told
    assert catalog.entries() == [warehouse, told]
    assert (version.table, version.changes) == (TABLE, None)
    assert catalog.latest("lake.songs") is None
    assert catalog.history("lake.songs") == []


def test_athena_finds_columns_location_and_serde(glue: Glue) -> None:
    glue.catalog().register(entry(part("2024-03-01", rows=7)))

    client, place = glue.connect("glue"), {"DatabaseName": f"{glue.prefix}lake"}
    table = client.get_table(**place, Name="orders_processed")["Table"]
    partition = client.get_partition(**place, TableName="orders_processed", PartitionValues=["2024-03-01"])["Partition"]

    storage = table["StorageDescriptor"]
    assert storage["Columns"] == [{"Name": "id", "Type": "bigint"}, {"Name": "area", "Type": "varchar(64)"}]
    assert storage["Location"] == "s3://lake/processed/orders/"
    assert storage["SerdeInfo"] == {"SerializationLibrary": "parquet", "Parameters": {"a": "b"}}
    assert [key["Name"] for key in table["PartitionKeys"]] == ["_partition"]
    assert partition["StorageDescriptor"]["Location"] == "s3://lake/processed/orders/1/part=2024-03-01/"
    assert partition["StorageDescriptor"]["Columns"] == storage["Columns"]
    assert (table["Parameters"]["classification"], partition["Parameters"]["recordCount"]) == ("parquet", "7")


def test_the_same_again_writes_nothing(glue: Glue) -> None:
    glue.catalog().register(entry(part("2024-03-01"), part("2024-03-02")))
    glue.calls.clear()

    glue.catalog().register(entry(part("2024-03-01")))

    assert glue.calls == {"GetTable": 1, "BatchGetPartition": 1}


def test_partitions_go_in_batches_of_a_hundred(glue: Glue) -> None:
    days = [part(f"2024-{month:02}-{day:02}") for month in range(1, 11) for day in range(1, 26)]

    glue.catalog().register(entry(*days))

    assert glue.calls["BatchCreatePartition"] == 3
    found = glue.catalog().latest(TABLE.name)
    assert found is not None
    assert len(found.partitions) == 250


def test_an_older_document_never_replaces_a_newer_one_and_others_stay(glue: Glue) -> None:
    catalog = glue.catalog()
    catalog.register(entry(part("2024-03-01", number=3), part("2024-03-02")))

    catalog.register(entry(part("2024-03-01", number=2), part("2024-03-02", number=2)))

    found = catalog.latest(TABLE.name)
    assert found is not None
    assert {key: each.number for key, each in found.partitions.items()} == {"2024-03-01": 3, "2024-03-02": 2}


def test_history_tells_what_each_version_changed(glue: Glue) -> None:
    catalog = glue.catalog()
    region = replace(AREA, name="region", aliases=("area",))
    catalog.register(entry())
    catalog.register(entry(columns=(ID, region)))
    last = catalog.register(entry(columns=(ID, region), description="all orders"))

    history = catalog.history(TABLE.name)

    assert [version.changes for version in history] == [
        None,
        SchemaChanges(renamed=("area to region",)),
        SchemaChanges(),
    ]
    assert last == history[-1]


def test_a_writer_that_lost_the_race_for_a_table_reads_again(glue: Glue) -> None:
    catalog = glue.catalog()
    catalog.register(entry())
    other = CatalogTable(**{**TABLE.__dict__, "columns": (ID,)})
    glue.before_update = lambda: glue.catalog().register(entry(columns=other.columns))

    catalog.register(entry(description="mine"))

    history = catalog.history(TABLE.name)
    assert [version.changes for version in history][1:] == [
        SchemaChanges(removed=("area VARCHAR(64)",)),
        SchemaChanges(added=("area VARCHAR(64)",)),
    ], "what the other wrote is a version of its own, not covered unseen"
    assert history[-1].table.description == "mine"


def test_racing_writers_lose_nothing(glue: Glue) -> None:
    barrier = threading.Barrier(4)

    def write(writer: int) -> None:
        barrier.wait()
        glue.catalog().register(entry(*[part(f"2024-{writer:02}-{day:02}") for day in range(1, 6)]))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(1, 5)))

    found = glue.catalog().latest(TABLE.name)
    assert found is not None
    assert len(found.partitions) == 20


def test_a_race_that_does_not_end_is_given_up(glue: Glue) -> None:
    catalog = glue.catalog()
    catalog.register(entry())
    glue.refusals += ["ConcurrentModificationException"] * 100

    with pytest.raises(VersionTakenError, match="published by another run"):
        catalog.register(entry(description="mine"))


def test_what_others_wrote_beside_is_kept_and_their_tables_are_left_alone(glue: Glue) -> None:
    catalog = glue.catalog()
    catalog.register(entry())
    client, place = glue.connect("glue"), {"DatabaseName": f"{glue.prefix}lake"}
    table = client.get_table(**place, Name="orders_processed")["Table"]
    written = {name: table[name] for name in ("Name", "Description", "PartitionKeys", "StorageDescriptor")}
    client.update_table(**place, TableInput={**written, "Parameters": {**table["Parameters"], "team": "crm"}})
    client.create_table(**place, TableInput={"Name": "songs"})

    catalog.register(entry(description="changed"))

    assert client.get_table(**place, Name="orders_processed")["Table"]["Parameters"]["team"] == "crm"
    with pytest.raises(CatalogTableTakenError, match=f"{glue.prefix}lake.songs.*LAKE_GLUE_DATABASE_PREFIX"):
        catalog.register(entry(table="songs"))


@pytest.mark.parametrize(
    ("code", "error"), [("AccessDeniedException", AwsRefusedError), ("OperationTimeoutException", AwsUnreachableError)]
)
def test_what_glue_refuses_is_told(glue: Glue, code: str, error: type[Exception]) -> None:
    glue.refusals += [code] * 3

    with pytest.raises(error, match="get_table"):
        glue.catalog().register(entry())


def test_expired_credentials_are_asked_for_once_more(glue: Glue) -> None:
    glue.refusals.append("ExpiredTokenException")

    assert glue.catalog().latest("lake.none") is None
