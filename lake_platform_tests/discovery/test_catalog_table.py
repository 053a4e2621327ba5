"""Tables of the Glue Data Catalog as datasets: what is taken, what is guessed, what is refused."""

from typing import Any

import pytest
import yaml

from lake_platform.discovery.catalog_table import read_catalog_table
from lake_platform.discovery.definition import make_table_definition
from lake_platform.discovery.hive_types import Leaf, contract_type, leaves
from lake_platform.errors import CatalogTableError

CSV_SERDE = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
DAYS = [f"s3://landing/crm/customers/dt=2024-03-{day:02}/" for day in (1, 2, 3)]


def crawled(*columns: tuple[str, str], **changed: Any) -> dict[str, Any]:
    """A table as a crawler makes it of CSV files with a header; `changed` is merged into its storage."""
    told = columns or (("customer_id", "bigint"), ("region", "string"))
    return {
        "Name": "customers",
        "PartitionKeys": [{"Name": "dt", "Type": "string"}],
        "Parameters": {
            "classification": "csv",
            "skip.header.line.count": "1",
            "UPDATED_BY_CRAWLER": "crm",
            "delimiter": ",",
        },
        "StorageDescriptor": {
            "Columns": [{"Name": name, "Type": kind} for name, kind in told],
            "Location": "s3://landing/crm/customers/",
            "SerdeInfo": {
                "SerializationLibrary": CSV_SERDE,
                "Parameters": {"separatorChar": ";", "quoteChar": "'", "escapeChar": "\\"},
            },
            **changed,
        },
    }


def definition(table: dict[str, Any], *, locations: list[str] = DAYS, landing: str = "landing") -> tuple[str, Any]:
    """The text of the definition, and its attributes."""
    text = make_table_definition("people", read_catalog_table("crm.customers", table, locations), landing=landing)
    return text, yaml.safe_load(text)["attributes"]


def test_a_crawled_table_becomes_a_definition() -> None:
    text, told = definition(crawled())

    assert told["arrives"] == {
        "prefix": "crm/customers/",
        "partition": {
            "by": "day",
            "start": "2024-03-01",
            "from": "key",
            "pattern": r"dt=(?P<day>\d{4}-\d{2}-\d{2})/",
        },
        "format": {"kind": "csv", "header": True, "delimiter": ";", "quote": "'", "escape": "\\"},
        "delivers": "events",
    }
    assert told["columns"] == [{"name": "customer_id", "type": "bigint"}, {"name": "region", "type": "varchar(256)"}]
    assert "# guess: a string has no length in Hive" in text
    assert "in the keys of all 3 partition(s)" in text
    assert "bucket" not in text.split("type: lake_platform.Dataset")[0]


@pytest.mark.parametrize(
    ("hive", "type", "guessed"),
    [
        ("tinyint", "smallint", False),
        ("smallint", "smallint", False),
        ("int", "integer", False),
        ("bigint", "bigint", False),
        ("float", "real", False),
        ("double", "double precision", False),
        ("decimal(18,2)", "decimal(18,2)", False),
        ("decimal", "decimal(10,0)", False),
        ("boolean", "boolean", False),
        ("date", "date", False),
        ("timestamp", "timestamp", False),
        ("string", "varchar(256)", True),
        ("varchar(20)", "varchar(80)", True),
        ("char(1)", "varchar(4)", True),
        ("varchar(65535)", "varchar(65535)", True),
        ("array<string>", "varchar(65535)", True),
        ("map<string,int>", "varchar(65535)", True),
    ],
)
def test_every_type_of_hive_has_one_of_the_contract(hive: str, type: str, guessed: bool) -> None:  # noqa: A002
    found = contract_type(hive)

    assert found is not None
    assert (found.type, found.guess is not None) == (type, guessed)


@pytest.mark.parametrize("hive", ["binary", "interval_day_time", "uniontype<int,string>", "void"])
def test_what_no_column_can_hold_is_left_out_and_told(hive: str) -> None:
    text, told = definition(crawled(("id", "int"), ("odd", hive)))

    assert [column["name"] for column in told["columns"]] == ["id"]
    assert f"# left out: odd is {hive}" in text


def test_structs_of_json_become_paths() -> None:
    table = crawled(
        ("id", "int"), ("address", "struct<City:string,geo:struct<lat:double,tags:array<struct<k:string>>>>")
    )
    table["Parameters"] = {"classification": "json"}

    _, told = definition(table)

    assert told["arrives"]["format"] == {"kind": "json"}
    assert told["columns"][1:] == [
        {"name": "address_city", "type": "varchar(256)", "path": "address.City"},
        {"name": "address_geo_lat", "type": "double precision", "path": "address.geo.lat"},
        {"name": "address_geo_tags", "type": "varchar(65535)", "path": "address.geo.tags"},
    ]


def test_commas_inside_of_types_end_no_field() -> None:
    assert list(leaves("a", "struct<m:map<string,int>,d:decimal(5,2)>")) == [
        Leaf(("a", "m"), "map<string,int>"),
        Leaf(("a", "d"), "decimal(5,2)"),
    ]


def test_structs_and_lists_of_parquet_are_left_out() -> None:
    table = crawled(("id", "int"), ("a", "struct<b:int>"), ("c", "array<int>"))
    table["Parameters"] = {"classification": "parquet"}

    text, told = definition(table)

    assert [column["name"] for column in told["columns"]] == ["id"]
    assert "left out: a.b is int" in text
    assert "left out: c is array<int>" in text


def test_names_that_the_contract_does_not_take_become_aliases() -> None:
    _, told = definition(crawled(("customer id", "int"), ("customer-id", "int"), ("2nd", "int")))

    assert told["columns"] == [
        {"name": "customer_id", "type": "integer", "aliases": ["customer id"]},
        {"name": "customer_id_2", "type": "integer", "aliases": ["customer-id"]},
        {"name": "column_2nd", "type": "integer", "aliases": ["2nd"]},
    ]


@pytest.mark.parametrize(
    ("parameters", "columns", "expected"),
    [
        pytest.param({"skip.header.line.count": "3"}, ("a",), {"header": True, "skip": 2}, id="lines above"),
        pytest.param({}, ("col0", "col1"), {"header": False}, id="no header"),
        pytest.param({}, ("a", "b"), {"header": True}, id="named, not told"),
        pytest.param({"serialization.null.format": "\\N"}, ("a",), {"header": True, "nulls": ["\\N"]}, id="nulls"),
        pytest.param({"encoding": "latin-1"}, ("a",), {"header": True, "encoding": "latin-1"}, id="encoding"),
    ],
)
def test_the_format_is_read_from_the_parameters(
    parameters: dict[str, str], columns: tuple[str, ...], expected: dict[str, Any]
) -> None:
    table = crawled(*((name, "int") for name in columns))
    table["Parameters"] = {"classification": "csv", **parameters}

    _, told = definition(table)

    assert told["arrives"]["format"] == {
        "kind": "csv", "delimiter": ";", "quote": "'", "escape": "\\", **expected,
    }  # fmt: skip
    assert "aliases" not in told["columns"][0]


def test_a_table_without_classification_is_known_by_its_serde() -> None:
    table = crawled(SerdeInfo={"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"})
    table["Parameters"] = {}

    assert definition(table)[1]["arrives"]["format"] == {"kind": "json"}


def test_what_the_table_does_not_say_is_a_guess() -> None:
    table = crawled(SerdeInfo={"SerializationLibrary": CSV_SERDE})
    table["Parameters"] = {"classification": "csv"}

    text, _ = definition(table, locations=[])

    for guess in ("names no delimiter", "names no quote", "names no escape", "says nothing of a header"):
        assert f"# guess: the table {guess}" in text
    assert "# guess: it has the partition keys dt and no partition yet: say how a key names its date" in text


def test_files_in_another_bucket_are_told() -> None:
    text, _ = definition(crawled(), landing="my-landing")

    assert "are in the bucket landing, and the landing bucket is my-landing" in text


@pytest.mark.parametrize(
    ("changed", "parameters", "told"),
    [
        pytest.param({"Location": "jdbc:postgresql://x/y"}, {}, "its data is at jdbc:postgresql", id="no files"),
        pytest.param({"Location": ""}, {}, "its data is at no place", id="no place"),
        pytest.param({"Location": "s3://landing/"}, {}, "not below a key of S3", id="a whole bucket"),
        pytest.param(
            {}, {"classification": "avro"}, "its files are avro; a dataset reads csv, json, parquet", id="avro"
        ),
        pytest.param({"SerdeInfo": {}}, {"classification": ""}, "no classification", id="unknown"),
        pytest.param({"Columns": []}, {}, "no column", id="no columns"),
    ],
)
def test_what_is_no_dataset_is_refused(changed: dict[str, Any], parameters: dict[str, str], told: str) -> None:
    table = crawled(**changed)
    table["Parameters"] |= parameters

    with pytest.raises(CatalogTableError, match=f"crm.customers: .*{told}"):
        read_catalog_table("crm.customers", table, [])
