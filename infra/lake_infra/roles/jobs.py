"""The role of the Glue jobs: they read and write the lake, read the code and one secret, and never see landing."""

from aws_cdk import aws_iam as iam
from constructs import Construct

from lake_infra.names import Names
from lake_infra.roles.statements import allow
from lake_infra.roles.trust import of_this_account


class JobsRole(Construct):
    """Taken by Glue for the two jobs.

    Attributes:
        name: of the role; Glue puts it into the names of log groups.
    """

    def __init__(self, scope: Construct, *, names: Names, key_arn: str, secret_arn: str) -> None:
        super().__init__(scope, "JobsRole")
        self.name = names.named("jobs")
        self.role = iam.Role(
            self,
            "Role",
            role_name=self.name,
            description="The Glue jobs of the lake",
            assumed_by=of_this_account(self, "glue.amazonaws.com"),
        )
        lake, code = names.bucket_arn("lake"), names.bucket_arn("code")
        allow(self.role, ["s3:ListBucket", "s3:ListBucketMultipartUploads"], [lake])
        allow(
            self.role,
            ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
            [f"{lake}/*"],
            why_a_pattern="The keys of the lake are made by runs.",
        )
        allow(self.role, ["s3:GetObject"], [f"{code}/*"], why_a_pattern="The keys of the code hold its digest.")
        allow(self.role, ["secretsmanager:GetSecretValue"], [secret_arn])
        allow(self.role, ["kms:Decrypt", "kms:GenerateDataKey"], [key_arn])
        allow(
            self.role,
            ["logs:CreateLogStream", "logs:PutLogEvents", "logs:AssociateKmsKey"],
            [names.arn("logs", f"log-group:/aws-glue/jobs/{self.name}-role/*")],
            why_a_pattern="Streams are named by runs.",
        )
        allow(
            self.role,
            ["cloudwatch:PutMetricData"],
            ["*"],
            why_a_pattern="The action takes no resource; the condition holds it to the metrics of Glue.",
            conditions={"StringEquals": {"cloudwatch:namespace": "Glue"}},
        )
