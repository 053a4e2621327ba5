"""The role of the Glue jobs: copies in, rows out; they read the code and one secret, and never see landing."""

from aws_cdk import aws_iam as iam
from constructs import Construct

from lake_infra.names import Names
from lake_infra.roles.lake_keys import COPIES, ROWS, job_logs, keys
from lake_infra.roles.statements import allow, through
from lake_infra.roles.trust import of_this_account

_RUNS = "Runs make the keys below these prefixes."


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
        self._allow_data(names, key_arn)
        allow(self.role, ["secretsmanager:GetSecretValue"], [secret_arn])
        self._allow_telling(names)

    def _allow_data(self, names: Names, key_arn: str) -> None:
        # Without a condition on the prefix: who may not list hears of a key that is not there that it is forbidden.
        allow(self.role, ["s3:ListBucket", "s3:ListBucketMultipartUploads"], [names.bucket_arn("lake")])
        # S3A looks whether a folder is an object before it writes into it.
        folders = [names.bucket_arn("lake", folder) for folder in ROWS]
        read = [*keys(names, [*COPIES, *ROWS, "jobs"]), *folders]
        allow(self.role, ["s3:GetObject"], read, why_a_pattern=_RUNS)
        allow(self.role, ["s3:PutObject", "s3:AbortMultipartUpload"], keys(names, ROWS), why_a_pattern=_RUNS)
        # What the committer keeps until the job commits; rows that are there nobody but the janitor deletes.
        magic = [names.bucket_arn("lake", f"{folder}/*/__magic*") for folder in ROWS]
        allow(self.role, ["s3:DeleteObject"], magic, why_a_pattern=_RUNS)
        self._allow_answers(names)
        allow(
            self.role,
            ["s3:GetObject"],
            [names.bucket_arn("code", "glue/*")],
            why_a_pattern="The keys of the code hold its digest.",
        )
        allow(
            self.role,
            ["kms:Decrypt", "kms:GenerateDataKey"],
            [key_arn],
            conditions=through(self.role, "s3", "secretsmanager"),
        )

    def _allow_answers(self, names: Names) -> None:
        """What a job answers, beside what it was asked; S3A takes away the markers of folders that are no longer empty."""
        answers = ["jobs/*/report.json", "jobs/*/failure*.json", "jobs/*/messages/*"]
        allow(self.role, ["s3:PutObject"], [names.bucket_arn("lake", key) for key in answers], why_a_pattern=_RUNS)
        folders = [f"{folder}/{below}" for folder in ("jobs", *ROWS) for below in ("", "*/")]
        markers = [names.bucket_arn("lake", folder) for folder in folders]
        allow(self.role, ["s3:DeleteObject"], markers, why_a_pattern=_RUNS)

    def _allow_telling(self, names: Names) -> None:
        """Logs and metrics, which Glue writes with the role of the job."""
        allow(
            self.role,
            ["logs:AssociateKmsKey", "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
            [job_logs(names)],
            why_a_pattern="Glue names the groups, runs name the streams.",
        )
        allow(
            self.role,
            ["cloudwatch:PutMetricData"],
            ["*"],
            why_a_pattern="The action takes no resource; the condition holds it to the metrics of Glue.",
            conditions={"StringEquals": {"cloudwatch:namespace": "Glue"}},
        )
