"""Redshift of the AWS backend: the production resource, given what the environment says."""

import os
from typing import Any

from pydantic import Field

from lake_platform.aws.settings import AwsSettings
from lake_platform.errors import SettingsError
from lake_platform.warehouse.redshift import RedshiftResource

PASSWORD = "LAKE_REDSHIFT_PASSWORD"


class AwsRedshiftResource(RedshiftResource):
    """The production resource. A password is read when a connection is made: Dagster shows what a resource holds."""

    password_variable: str | None = Field(
        default=None, description="The variable that holds the password; none where IAM gives credentials."
    )

    def _connect_arguments(self) -> dict[str, Any]:
        arguments = super()._connect_arguments()
        name = arguments.pop("password_variable", None)
        if name is None:
            return arguments
        if not os.environ.get(name):
            raise SettingsError(f"{name} is not set: the process that connects to Redshift needs it")
        return {**arguments, "password": os.environ[name]}


def build_aws_redshift(settings: AwsSettings) -> AwsRedshiftResource:
    """With temporary credentials of IAM for a workgroup or a cluster, else with user and password."""
    told = settings.warehouse
    iam = told.workgroup is not None or told.cluster is not None
    return AwsRedshiftResource(
        host=told.host,
        port=told.port,
        database=told.database,
        ssl=told.tls != "off",
        sslmode="verify-full" if told.tls == "off" else told.tls,
        iam=iam,
        region=settings.region if iam else None,
        serverless_work_group=told.workgroup,
        cluster_identifier=told.cluster,
        db_user=told.user if told.cluster else None,
        user=None if iam else told.user,
        password_variable=None if iam else PASSWORD,
        copy_iam_role=told.copy_role,
    )
