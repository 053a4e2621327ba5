"""The databases of the Glue Data Catalog."""

import aws_cdk as cdk
from aws_cdk import aws_glue as glue
from constructs import Construct

from lake_infra.names import Names


class Catalog(Construct):
    """One database for each schema; tables are registered by the platform.

    Attributes:
        databases: their names.
    """

    def __init__(self, scope: Construct, *, names: Names, schemas: tuple[str, ...]) -> None:
        super().__init__(scope, "Catalog")
        self.databases = [f"{names.database_prefix}{schema}" for schema in schemas]
        for schema, name in zip(schemas, self.databases, strict=True):
            database = glue.CfnDatabase(
                self,
                "".join(part.capitalize() for part in schema.split("_")),
                catalog_id=cdk.Stack.of(self).account,
                database_input=glue.CfnDatabase.DatabaseInputProperty(
                    # What the platform says where it makes one itself.
                    name=name,
                    description=f"Registered by lake_platform: {schema}",
                ),
            )
            database.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
