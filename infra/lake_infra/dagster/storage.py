"""What Dagster remembers: PostgreSQL for runs and events, a bucket for what they printed."""

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_rds as rds
from aws_cdk import aws_s3 as s3
from constructs import Construct

from lake_infra.acknowledge import acknowledge
from lake_infra.keys import let_logs, make_key
from lake_infra.names import Names
from lake_infra.parameters import number

DATABASE, OWNER, VIEWER, ADMIN = "dagster", "dagster", "dagster_viewer", "dagsteradmin"
PORT = 5432
EXPORTED = ("postgresql", "upgrade")
"""Logs of the database that go to CloudWatch."""
LOGS_KEPT = cdk.Duration.days(90)


class DagsterKey(Construct):
    """One key for storage, logs and the administrator's secret."""

    def __init__(self, scope: Construct, *, names: Names) -> None:
        super().__init__(scope, "Key")
        self.key = make_key(self, alias=names.named("dagster"), told="Storage and logs of Dagster")
        groups = (f"/{names.prefix}/dagster/*", *_made_by_services(names))
        let_logs(self.key, sid="LogsOfDagster", groups=[names.arn("logs", f"log-group:{group}") for group in groups])


class RunStorage(Construct):
    """A private PostgreSQL: RDS keeps the administrator's password, everybody else comes in with a token of IAM.

    Attributes:
        resource: the instance.
        host: its address.
        admin_secret: ARN of the secret with the administrator's name and password.
    """

    def __init__(self, scope: Construct, *, names: Names, key: kms.Key, subnets: list[str], group: str) -> None:
        super().__init__(scope, "Storage")
        self._names = names
        storage_gb = number(scope, "StorageGigabytes", 50, least=20, told="GB of Dagster's database")
        instance = rds.CfnDBInstance(
            self,
            "Database",
            db_instance_identifier=names.named("dagster"),
            engine="postgres",
            engine_version="18",
            db_instance_class=cdk.CfnParameter(
                scope, "StorageClass", type="String", default="db.t4g.small", description="Of Dagster's database"
            ).value_as_string,
            allocated_storage=cdk.Token.as_string(storage_gb),
            max_allocated_storage=500,
            storage_type="gp3",
            storage_encrypted=True,
            kms_key_id=key.key_arn,
            db_name=DATABASE,
            master_username=ADMIN,
            manage_master_user_password=True,
            master_user_secret=rds.CfnDBInstance.MasterUserSecretProperty(kms_key_id=key.key_arn),
            enable_iam_database_authentication=True,
            db_parameter_group_name=self._parameters(),
            db_subnet_group_name=self._subnets(subnets),
            vpc_security_groups=[group],
            publicly_accessible=False,
            multi_az=True,
            port=str(PORT),
            backup_retention_period=14,
            copy_tags_to_snapshot=True,
            deletion_protection=True,
            auto_minor_version_upgrade=True,
            enable_cloudwatch_logs_exports=list(EXPORTED),
        )
        # Where the stack goes, or the database is replaced, it leaves a snapshot.
        instance.cfn_options.deletion_policy = cdk.CfnDeletionPolicy.SNAPSHOT
        instance.cfn_options.update_replace_policy = cdk.CfnDeletionPolicy.SNAPSHOT
        acknowledge(
            instance, "AwsSolutions-RDS11", reason="Security groups say who reaches it, not a port to be guessed."
        )
        self.resource = instance
        self.host = instance.attr_endpoint_address
        self.admin_secret = instance.attr_master_user_secret_secret_arn
        self._resource_id = instance.attr_dbi_resource_id

    def user_arn(self, user: str) -> str:
        """For `rds-db:connect`."""
        return self._names.arn("rds-db", f"dbuser:{self._resource_id}/{user}")

    def _parameters(self) -> str:
        return rds.CfnDBParameterGroup(
            self,
            "Parameters",
            family="postgres18",
            description="Dagster's database",
            parameters={"rds.force_ssl": "1", "log_min_duration_statement": "1000"},
        ).ref

    def _subnets(self, subnets: list[str]) -> str:
        return rds.CfnDBSubnetGroup(
            self, "Subnets", db_subnet_group_description="Dagster's database", subnet_ids=subnets
        ).ref


class ComputeLogs(Construct):
    """What steps printed, for a quarter of a year."""

    def __init__(self, scope: Construct, *, names: Names, key: kms.Key) -> None:
        super().__init__(scope, "ComputeLogs")
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            bucket_name=names.bucket("dagster"),
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            bucket_key_enabled=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            lifecycle_rules=[
                s3.LifecycleRule(expiration=LOGS_KEPT, abort_incomplete_multipart_upload_after=cdk.Duration.days(1))
            ],
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        acknowledge(self.bucket, "AwsSolutions-S1", reason="Text that steps printed, of which nothing depends.")


class TaskLogs(Construct):
    """A log group for each kind of task, and those that RDS and ECS would make without an end.

    Attributes:
        groups: by kind of task.
        of_services: of RDS and ECS; they have to be there first.
    """

    def __init__(self, scope: Construct, *, names: Names, key: kms.Key, kinds: tuple[str, ...]) -> None:
        super().__init__(scope, "TaskLogs")
        self._key = key
        self.groups = {kind: self._group(kind, f"/{names.prefix}/dagster/{kind.lower()}") for kind in kinds}
        self.of_services = [
            self._group(name.rpartition("/")[2].capitalize(), name) for name in _made_by_services(names)
        ]

    def _group(self, kind: str, name: str) -> logs.LogGroup:
        return logs.LogGroup(
            self,
            kind,
            log_group_name=name,
            encryption_key=self._key,
            retention=logs.RetentionDays.THREE_MONTHS,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )


def _made_by_services(names: Names) -> list[str]:
    """Log groups with the services' own names."""
    database = f"/aws/rds/instance/{names.named('dagster')}"
    exports = [f"{database}/{kind}" for kind in EXPORTED]
    return [*exports, f"/aws/ecs/containerinsights/{names.named('dagster')}/performance"]
