"""The crawlers that datasets name, over their prefixes of the landing bucket."""

import aws_cdk as cdk
from aws_cdk import aws_glue as glue
from constructs import Construct

from lake_infra.declaration import Dataset
from lake_infra.names import Names


class Crawlers(Construct):
    """One for each name; datasets that name the same are targets of one crawler.

    Their tables are in a database of their own: those of the platform are registered from the contracts. Nothing
    starts them but the platform.

    Attributes:
        names: of the crawlers, in order; none where no dataset names one.
    """

    def __init__(
        self, scope: Construct, *, names: Names, datasets: tuple[Dataset, ...], role_arn: str, configuration: str
    ) -> None:
        super().__init__(scope, "Crawlers")
        prefixes = crawled_prefixes(datasets)
        self.names = [names.named(name) for name in prefixes]
        database = crawled_database(names)
        made = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=cdk.Stack.of(self).account,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=database, description="Tables that crawlers make of landed files"
            ),
        )
        made.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
        for number, (name, targets) in enumerate(prefixes.items(), start=1):
            glue.CfnCrawler(
                self,
                f"Crawler{number}",
                name=names.named(name),
                description="Named by a dataset, and started by its runs",
                role=role_arn,
                database_name=database,
                crawler_security_configuration=configuration,
                targets=glue.CfnCrawler.TargetsProperty(
                    s3_targets=[
                        glue.CfnCrawler.S3TargetProperty(path=f"s3://{names.bucket('landing')}/{prefix}")
                        for prefix in targets
                    ]
                ),
                schema_change_policy=glue.CfnCrawler.SchemaChangePolicyProperty(
                    delete_behavior="LOG", update_behavior="UPDATE_IN_DATABASE"
                ),
            )


def crawled_prefixes(datasets: tuple[Dataset, ...]) -> dict[str, list[str]]:
    """The prefixes of each crawler, by its name."""
    found: dict[str, list[str]] = {}
    for dataset in datasets:
        if dataset.crawler is not None:
            found.setdefault(dataset.crawler, []).append(dataset.prefix)
    return {name: sorted(set(found[name])) for name in sorted(found)}


def crawled_database(names: Names) -> str:
    """The database of the tables that crawlers make."""
    return f"{names.database_prefix}crawled"
