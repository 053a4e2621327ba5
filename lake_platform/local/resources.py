"""The resources of the AWS-free backend: the production ones, which start what they need at first use."""

import dagster as dg

from lake_platform.lake.lake import Lake
from lake_platform.lake.local_store import LocalStore
from lake_platform.local.jvm import ensure_holder
from lake_platform.local.redshift import ensure_endpoint
from lake_platform.settings import Settings
from lake_platform.spark.local import LocalSparkResource
from lake_platform.warehouse.redshift import RedshiftResource
