"""The data stack: everything that the AWS backend needs but the orchestrator itself."""

import aws_cdk as cdk
from constructs import Construct

from lake_infra.alarms import Alarms
from lake_infra.alerts import Alerts
from lake_infra.arrivals import Arrivals
from lake_infra.catalog import Catalog
from lake_infra.cluster import ClusterWarehouse
from lake_infra.crawlers import Crawlers, crawled_prefixes
from lake_infra.declaration import Declaration
from lake_infra.jobs import Jobs
from lake_infra.keys import DataKey
from lake_infra.logs import Logs
from lake_infra.names import Names
from lake_infra.network import Network
from lake_infra.network_parameters import NetworkParameters
from lake_infra.options import Options
from lake_infra.outputs import add_outputs
from lake_infra.roles.copy import CopyRole
from lake_infra.roles.crawler import CrawlerRole
from lake_infra.roles.deployer import DeployerRole
from lake_infra.roles.flow_logs import FlowLogsRole
from lake_infra.roles.janitor import JanitorRole
from lake_infra.roles.jobs import JobsRole
from lake_infra.roles.orchestrator import OrchestratorRole, Reached
from lake_infra.secrets import PiiKey
from lake_infra.serverless import ServerlessWarehouse
from lake_infra.storage import Storage
from lake_infra.warehouse import DATABASE, PORT

_WAREHOUSES = {"serverless": ServerlessWarehouse, "cluster": ClusterWarehouse}


class LakeStack(cdk.Stack):
    """One account's lake. Its account and region are those that it is deployed to."""

    def __init__(self, scope: Construct, name: str, *, declaration: Declaration, options: Options) -> None:
        super().__init__(
            scope,
            name,
            description="A data lake: storage, jobs, warehouse, arrivals and alerts",
            # Deployed without the command line of CDK, into an account that CDK has prepared nothing in.
            synthesizer=cdk.BootstraplessSynthesizer(),
        )
        names = Names(self)
        key = DataKey(self, names=names).key
        storage = Storage(self, names=names, key=key)
        secret = PiiKey(self, names=names, key=key).secret
        jobs_role = JobsRole(self, names=names, key_arn=key.key_arn, secret_arn=secret.secret_arn)
        copy_role = CopyRole(self, names=names, key_arn=key.key_arn, warehouse=options.warehouse)
        logs = Logs(self, names=names, key=key, jobs_role=jobs_role.name)
        flow_logs_role = FlowLogsRole(self, names=names).role
        network = Network(self, options=options, flow_logs=logs.flow, flow_logs_role=flow_logs_role)
        NetworkParameters(self, names=names, network=network)
        arrivals = Arrivals(self, names=names, declaration=declaration, bucket=storage.landing.bucket_name)
        alerts = Alerts(self, names=names, key=key)
        Catalog(self, names=names, schemas=declaration.schemas)
        jobs = Jobs(
            self,
            names=names,
            declaration=declaration,
            key=key,
            code_bucket=storage.code.bucket_name,
            role_arn=jobs_role.role.role_arn,
        )
        self._add_crawlers(names, declaration, key_arn=key.key_arn, configuration=jobs.security_configuration)
        warehouse = _WAREHOUSES[options.warehouse](
            self, names=names, network=network, key=key, copy_role=copy_role.role.role_arn
        )
        OrchestratorRole(
            self,
            names=names,
            reached=Reached(
                key_arn=key.key_arn,
                queue_arn=arrivals.queue.queue_arn,
                topic_arn=alerts.topic.topic_arn,
                jobs=jobs.names,
                crawlers=bool(crawled_prefixes(declaration.datasets)),
                notebook_datasets=declaration.notebook_datasets,
                logins=warehouse.logins,
            ),
        )
        JanitorRole(self, names=names, key_arn=key.key_arn)
        jobs_role_arn = jobs_role.role.role_arn
        DeployerRole(self, names=names, key_arn=key.key_arn, jobs_role_arn=jobs_role_arn, jobs=jobs.names)
        alarms = Alarms(
            self,
            names=names,
            topic=alerts.topic,
            queue=arrivals.queue,
            dead_letters=arrivals.dead_letters,
            jobs=jobs.names,
        )
        if isinstance(warehouse, ServerlessWarehouse):
            alarms.watch_capacity(self, warehouse.workgroup)
        add_outputs(
            self,
            {
                "AWS_REGION": self.region,
                "LAKE_ALERT_TOPIC": alerts.topic.topic_arn,
                "LAKE_ARRIVALS_QUEUE": arrivals.queue.queue_url,
                "LAKE_BACKEND": "aws",
                "LAKE_BUCKET": storage.lake.bucket_name,
                "LAKE_CODE_BUCKET": storage.code.bucket_name,
                "LAKE_GLUE_CRAWLER_PREFIX": names.named(""),
                "LAKE_GLUE_DATABASE_PREFIX": names.database_prefix,
                "LAKE_KMS_KEY": key.key_arn,
                "LAKE_LANDING_BUCKET": storage.landing.bucket_name,
                "LAKE_PII_KEY_FROM": secret.secret_arn,
                "LAKE_REDSHIFT_COPY_ROLE": copy_role.role.role_arn,
                "LAKE_REDSHIFT_DATABASE": DATABASE,
                "LAKE_REDSHIFT_PORT": str(PORT),
                "LAKE_GLUE_PYTHON_MODULES": jobs.modules.value,
                **jobs.variables,
                **warehouse.variables,
            },
            given={"LAKE_GLUE_PYTHON_MODULES": jobs.modules.given},
        )

    def _add_crawlers(self, names: Names, declaration: Declaration, *, key_arn: str, configuration: str) -> None:
        """Nothing, where no dataset names a crawler."""
        prefixes = sorted({prefix for found in crawled_prefixes(declaration.datasets).values() for prefix in found})
        if prefixes:
            role = CrawlerRole(self, names=names, key_arn=key_arn, prefixes=prefixes).role
            Crawlers(
                self,
                names=names,
                datasets=declaration.datasets,
                role_arn=role.role_arn,
                configuration=configuration,
            )
