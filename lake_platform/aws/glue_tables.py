"""Tables of the Glue Data Catalog that others made, such as a crawler."""

from typing import Any

from botocore.exceptions import ClientError

from lake_platform.aws.calls import AwsCalls, code_of, connect
from lake_platform.aws.glue_shapes import read_table
from lake_platform.discovery.catalog_table import TableFound, read_catalog_table
from lake_platform.errors import CatalogTableError, SettingsError
from lake_platform.settings import aws_region

MOST_PARTITIONS = 1000
"""Of whose locations the partition of a dataset is read; Glue gives no more in one call."""


def find_catalog_table(name: str) -> TableFound:
    """`database.table` of the catalog of the account and region that the environment means.

    Raises:
        SettingsError: no region is set.
        CatalogTableError: there is no such table, or no dataset can be made of it.
        AwsRefusedError, AwsUnreachableError: Glue does not answer.
    """
    if aws_region() is None:
        raise SettingsError("AWS_REGION is not set: set it to the region of the Glue Data Catalog")
    return describe_catalog_table(AwsCalls(connect, "glue"), name)


def describe_catalog_table(glue: AwsCalls, name: str) -> TableFound:
    """The same, by the calls of a client."""
    database, _, table = name.rpartition(".")
    if not database:
        raise CatalogTableError(name, "it is not written as DATABASE.TABLE")
    try:
        found: dict[str, Any] = glue.call("get_table", DatabaseName=database, Name=table)["Table"]
        partitions = glue.call(
            "get_partitions",
            DatabaseName=database,
            TableName=table,
            ExcludeColumnSchema=True,
            MaxResults=MOST_PARTITIONS,
        )["Partitions"]
    except ClientError as error:
        if code_of(error) != "EntityNotFoundException":
            raise
        raise CatalogTableError(
            name, "there is no such table in the Glue Data Catalog of this account and region"
        ) from error
    ours = read_table(found)
    if ours is not None:
        dataset = ours.parameters.get("dataset", "")
        raise CatalogTableError(
            name, f"the platform registered it for {dataset!r}, which has a definition file already"
        )
    return read_catalog_table(name, found, [str(each["StorageDescriptor"]["Location"]) for each in partitions])
