"""What an account must hold for the datasets of a folder: one document, from which the infrastructure is made.

The infrastructure has an environment of its own and imports nothing of the platform; this document is all that it is
told. Names that only a deployment knows are written as CloudFormation's `Fn::Sub` takes them: `${CodeBucket}`.
"""

from collections.abc import Iterable
from typing import Any

from lake_platform.assets.catalog_tables import LAKE_DATABASE
from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.source import Folder
from lake_platform.contract.target import STAGING_SCHEMA
from lake_platform.spark.glue.job import define_jobs
from lake_platform.spark.glue.package import JobPackage
from lake_platform.spark.glue.settings import GlueSettings
from lake_platform.warehouse.table import target_name

FORMAT = 1
CODE = "${CodeDigest}"
GLUE = GlueSettings(code_bucket="${CodeBucket}", role="${JobsRole}", job_prefix="${JobPrefix}")

STACK_VARIABLES = (
    "AWS_REGION",
    "LAKE_ALERT_TOPIC",
    "LAKE_ARRIVALS_QUEUE",
    "LAKE_BACKEND",
    "LAKE_BUCKET",
    "LAKE_CODE_BUCKET",
    "LAKE_GLUE_CONCURRENT_RUNS",
    "LAKE_GLUE_CRAWLER_PREFIX",
    "LAKE_GLUE_DATABASE_PREFIX",
    "LAKE_GLUE_JOB_PREFIX",
    "LAKE_GLUE_ROLE",
    "LAKE_GLUE_SECURITY_CONFIGURATION",
    "LAKE_GLUE_TIMEOUT_MINUTES",
    "LAKE_GLUE_WORKERS",
    "LAKE_GLUE_WORKER_TYPE",
    "LAKE_KMS_KEY",
    "LAKE_LANDING_BUCKET",
    "LAKE_PII_KEY_FROM",
    "LAKE_REDSHIFT_COPY_ROLE",
    "LAKE_REDSHIFT_DATABASE",
    "LAKE_REDSHIFT_PORT",
)
"""What the stack knows, whatever its warehouse is."""
WAREHOUSE_VARIABLES = {
    "serverless": ("LAKE_REDSHIFT_WORKGROUP",),
    "cluster": ("LAKE_REDSHIFT_CLUSTER", "LAKE_REDSHIFT_USER"),
}
"""What the stack knows of its warehouse, by its kind."""
CHOSEN_VARIABLES = ("LAKE_GLUE_PYTHON_MODULES",)
"""What the stack tells where whoever deploys it has chosen it."""
OPERATOR_VARIABLES = (
    "AWS_DEFAULT_REGION",
    "LAKE_ALERT_WEBHOOK",
    "LAKE_DEFS",
    "LAKE_HOME",
    "LAKE_REDSHIFT_HOST",
    "LAKE_REDSHIFT_PASSWORD",
    "LAKE_REDSHIFT_TLS",
    "LAKE_SPARK_DIR",
    "LAKE_SWEEP_SECONDS",
    "LAKE_UI_URL",
)
"""What the backend reads besides: of the machine, or chosen by whoever runs it; no stack can know it."""


def build_declaration(folder: Folder) -> dict[str, Any]:
    """The declaration of a folder without faults, as JSON takes it; the same folder gives the same document.

    Returns:
        `datasets` in the order of their names, with what lands; `notebook_datasets`, whose rows notebooks read;
        `schemas`, the databases of the catalog; `jobs`, as CreateJob takes them, with placeholders; `variables`, that
        the stack tells the backend.
    """
    return {
        "format": FORMAT,
        "datasets": [_dataset(one) for one in sorted(folder.contracts, key=lambda one: one.name)],
        "notebook_datasets": sorted(_read_by_notebooks(folder)),
        "schemas": sorted(_schemas(folder)),
        "jobs": {kind: {"name": job.name, **job.body} for kind, job in define_jobs(JobPackage(CODE, {}), GLUE).items()},
        "variables": {
            "always": list(STACK_VARIABLES),
            "chosen": list(CHOSEN_VARIABLES),
            **{kind: list(names) for kind, names in WAREHOUSE_VARIABLES.items()},
        },
    }


def _dataset(contract: DatasetContract) -> dict[str, Any]:
    files = contract.arrives.files
    crawler = {"crawler": contract.catalog.crawler} if contract.catalog else {}
    return {
        "name": contract.name,
        "prefix": contract.arrives.prefix,
        # A regular expression is no matter of EventBridge: every key below the prefix is told then.
        "suffixes": sorted(files) if isinstance(files, list) else [],
        **crawler,
    }


def _schemas(folder: Folder) -> Iterable[str]:
    targets = [one for one in folder.contracts if one.target is not None]
    tables = [one.contract for one in folder.tables]
    return {LAKE_DATABASE, STAGING_SCHEMA, *(target_name(one).schema for one in (*targets, *tables))}


def _read_by_notebooks(folder: Folder) -> Iterable[str]:
    """Notebooks run where the orchestrator does, and may read the files of the datasets that they name."""
    datasets = {one.name for one in folder.contracts}
    return {read.owner for one in folder.notebooks for read in one.inputs} & datasets
