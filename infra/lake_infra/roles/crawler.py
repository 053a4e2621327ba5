"""The role of the crawlers: they read landed files and write tables of a database of their own."""

from aws_cdk import aws_iam as iam
from constructs import Construct

from lake_infra.crawlers import crawled_database
from lake_infra.names import Names
from lake_infra.roles.many import reading_policies
from lake_infra.roles.statements import allow, through
from lake_infra.roles.trust import of_this_account


class CrawlerRole(Construct):
    """Taken by Glue for the crawlers that datasets name."""

    def __init__(self, scope: Construct, *, names: Names, key_arn: str, prefixes: list[str]) -> None:
        super().__init__(scope, "CrawlerRole")
        landing, database = names.bucket_arn("landing"), crawled_database(names)
        files = reading_policies(
            self,
            "crawler-files",
            names=names,
            resources=[f"{landing}/{prefix}*" for prefix in prefixes],
            told="Landed files that crawlers read",
            why_a_pattern="Producers name the files below the prefixes that are crawled.",
        )
        self.role = iam.Role(
            self,
            "Role",
            role_name=names.named("crawler"),
            description="The crawlers of the lake",
            assumed_by=of_this_account(self, "glue.amazonaws.com"),
            managed_policies=list(files),
        )
        allow(self.role, ["s3:ListBucket"], [landing])
        allow(self.role, ["kms:Decrypt"], [key_arn], conditions=through(self.role, "s3"))
        allow(
            self.role,
            [
                "glue:BatchCreatePartition",
                "glue:BatchGetPartition",
                "glue:BatchUpdatePartition",
                "glue:CreateTable",
                "glue:GetDatabase",
                "glue:GetPartitions",
                "glue:GetTable",
                "glue:GetTables",
                "glue:UpdateTable",
            ],
            [
                names.arn("glue", "catalog"),
                names.arn("glue", f"database/{database}"),
                names.arn("glue", f"table/{database}/*"),
            ],
            why_a_pattern="A crawler names the tables that it makes.",
        )
        allow(
            self.role,
            ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:AssociateKmsKey"],
            [names.arn("logs", f"log-group:/aws-glue/crawlers-role/{names.named('crawler')}-*")],
            why_a_pattern="Glue itself names the groups and streams of crawlers.",
        )
