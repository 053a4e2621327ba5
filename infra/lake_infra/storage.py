"""The buckets: landing, lake, code, and the access logs of these three."""

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from lake_infra.acknowledge import acknowledge
from lake_infra.names import Names

OLD_VERSIONS = cdk.Duration.days(30)
"""How long an object that was overwritten or deleted can be had back."""
LOGS_KEPT = cdk.Duration.days(90)


class Storage(Construct):
    """Private, encrypted, over TLS only; all of them outlive the stack.

    Attributes:
        landing: producers write here; it keeps versions, whose ids tell files apart.
        lake: only the platform writes here.
        code: the code of the jobs, and their deployments.
    """

    def __init__(self, scope: Construct, *, names: Names, key: kms.Key) -> None:
        super().__init__(scope, "Storage")
        self._names, self._key = names, key
        self._logs = self._logs_bucket()
        self.landing = self._bucket("landing")
        self.lake = self._bucket("lake")
        self.code = self._bucket("code")
        tell_event_bridge(self.landing)

    def _logs_bucket(self) -> s3.Bucket:
        # S3 delivers access logs to a bucket that is encrypted by a key of its own only.
        bucket = s3.Bucket(
            self,
            "Logs",
            bucket_name=self._names.bucket("logs"),
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            versioned=True,
            lifecycle_rules=[
                s3.LifecycleRule(expiration=LOGS_KEPT, noncurrent_version_expiration=cdk.Duration.days(1))
            ],
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        acknowledge(
            bucket,
            "AwsSolutions-S1",
            reason="It holds the access logs of the others: logging it into itself never ends.",
        )
        return bucket

    def _bucket(self, kind: str) -> s3.Bucket:
        return s3.Bucket(
            self,
            kind.capitalize(),
            bucket_name=self._names.bucket(kind),
            encryption=s3.BucketEncryption.KMS,
            encryption_key=self._key,
            bucket_key_enabled=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            server_access_logs_bucket=self._logs,
            server_access_logs_prefix=f"{kind}/",
            lifecycle_rules=[
                s3.LifecycleRule(
                    # A killed job leaves uploads that were never completed; they are invisible and cost money.
                    abort_incomplete_multipart_upload_after=cdk.Duration.days(1),
                    noncurrent_version_expiration=OLD_VERSIONS,
                    expired_object_delete_marker=True,
                )
            ],
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )


def tell_event_bridge(bucket: s3.Bucket) -> None:
    """Has S3 tell EventBridge of every object.

    `event_bridge_enabled` of the construct brings a Lambda function with a managed policy, for one property that
    CloudFormation has.
    """
    resource = bucket.node.default_child
    assert isinstance(resource, s3.CfnBucket)
    resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
        event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True)
    )
