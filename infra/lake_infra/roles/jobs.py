"""The role of the Glue jobs: they read and write the lake, read the code and one secret, and never see landing."""

from aws_cdk import aws_iam as iam
from constructs import Construct

from lake_infra.names import Names
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
        allow = self.role.add_to_policy
        allow(
            iam.PolicyStatement(
                actions=["s3:ListBucket", "s3:ListBucketMultipartUploads"], resources=[names.bucket_arn("lake")]
            )
        )
        allow(
            iam.PolicyStatement(
                actions=["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
                resources=[names.bucket_arn("lake", "*")],
            )
        )
        allow(iam.PolicyStatement(actions=["s3:GetObject"], resources=[names.bucket_arn("code", "*")]))
        allow(iam.PolicyStatement(actions=["secretsmanager:GetSecretValue"], resources=[secret_arn]))
        allow(iam.PolicyStatement(actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[key_arn]))
        allow(
            iam.PolicyStatement(
                actions=["logs:CreateLogStream", "logs:PutLogEvents", "logs:AssociateKmsKey"],
                resources=[names.arn("logs", f"log-group:/aws-glue/jobs/{self.name}-role/*")],
            )
        )
        allow(
            iam.PolicyStatement(
                actions=["cloudwatch:PutMetricData"],
                resources=["*"],
                conditions={"StringEquals": {"cloudwatch:namespace": "Glue"}},
            )
        )
