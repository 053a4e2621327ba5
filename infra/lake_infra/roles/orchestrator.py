"""The role of Dagster's processes: landed files in, documents in and out, runs of jobs, the catalog, the warehouse.

It writes no rows, and reads those alone that notebooks read. Its permissions are managed policies, so that they can be
given to whatever Dagster runs on; the role is for tasks of ECS.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aws_cdk import aws_iam as iam
from constructs import Construct

from lake_infra.names import Names
from lake_infra.roles.lake_keys import COPIES, DOCUMENTS, PAGES, keys
from lake_infra.roles.statements import allow, through
from lake_infra.roles.trust import of_this_account

NOTEBOOK_DATASETS = 40
"""Of one policy: forty prefixes fit into the 6,144 characters of a managed policy, whatever the names are."""
_OURS = "The catalog's databases and tables of this lake, by their prefix."
_RUNS = "Runs make the keys below these prefixes."


@dataclass(frozen=True, kw_only=True)
class Login:
    """How the orchestrator gets temporary credentials of the warehouse: actions, and the ARNs that they are on."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Reached:
    """What the orchestrator reaches.

    Attributes:
        jobs: names of the Glue jobs.
        crawlers: names of the crawlers that datasets name.
        notebook_datasets: whose processed rows notebooks read.
    """

    key_arn: str
    queue_arn: str
    topic_arn: str
    jobs: Sequence[str]
    crawlers: Sequence[str]
    notebook_datasets: Sequence[str]
    logins: Sequence[Login]


class OrchestratorRole(Construct):
    """The role, and its policies by their own names.

    Attributes:
        policies: what the role may; for another role that Dagster runs as.
    """

    def __init__(self, scope: Construct, *, names: Names, reached: Reached) -> None:
        super().__init__(scope, "OrchestratorRole")
        self._names, self._reached = names, reached
        self.policies = [self._data(), self._services(), *self._notebooks()]
        self.role = iam.Role(
            self,
            "Role",
            role_name=names.named("orchestrator"),
            description="Dagster of the lake",
            assumed_by=of_this_account(self, "ecs-tasks.amazonaws.com"),
            managed_policies=self.policies,
        )

    def _policy(self, name: str, kind: str, told: str) -> iam.ManagedPolicy:
        return iam.ManagedPolicy(self, name, managed_policy_name=self._names.named(kind), description=told)

    def _data(self) -> iam.ManagedPolicy:
        """Buckets and their key."""
        names = self._names
        policy = self._policy("Data", "orchestrator-data", "What Dagster reads and writes in the buckets of the lake")
        landing = names.bucket_arn("landing")
        allow(policy, ["s3:GetBucketVersioning", "s3:ListBucket", "s3:ListBucketVersions"], [landing])
        allow(policy, ["s3:GetObject"], [f"{landing}/*"], why_a_pattern="Producers name what lands.")
        allow(policy, ["s3:ListBucket"], [names.bucket_arn("lake")])
        written = [*DOCUMENTS, *COPIES, *PAGES]
        allow(policy, ["s3:GetObject", "s3:PutObject"], keys(names, written), why_a_pattern=_RUNS)
        # Of what is large enough to be uploaded in parts.
        allow(policy, ["s3:AbortMultipartUpload"], keys(names, COPIES), why_a_pattern=_RUNS)
        actions, key = ["kms:Decrypt", "kms:GenerateDataKey"], self._reached.key_arn
        allow(policy, actions, [key], conditions=through(policy, "s3", "sns"))
        return policy

    def _services(self) -> iam.ManagedPolicy:
        """Jobs, catalog, queue, topic, warehouse."""
        names, reached = self._names, self._reached
        policy = self._policy("Services", "orchestrator-services", "The services that Dagster of the lake calls")
        allow(
            policy,
            ["glue:BatchStopJobRun", "glue:GetJob", "glue:GetJobRun", "glue:GetJobRuns", "glue:StartJobRun"],
            [names.arn("glue", f"job/{job}") for job in reached.jobs],
        )
        self._allow_catalog(policy)
        if reached.crawlers:
            crawlers = [names.arn("glue", f"crawler/{name}") for name in reached.crawlers]
            allow(policy, ["glue:GetCrawler", "glue:StartCrawler"], crawlers)
        allow(
            policy,
            ["logs:GetLogEvents"],
            [names.arn("logs", f"log-group:/aws-glue/jobs/{names.named('jobs')}-role/*")],
            why_a_pattern="Runs name the streams.",
        )
        allow(policy, ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage"], [reached.queue_arn])
        allow(policy, ["sns:Publish"], [reached.topic_arn])
        for login in reached.logins:
            allow(policy, login.actions, login.resources)
        return policy

    def _allow_catalog(self, policy: iam.ManagedPolicy) -> None:
        names = self._names
        ours = [
            names.arn("glue", "catalog"),
            names.arn("glue", f"database/{names.database_prefix}*"),
            names.arn("glue", f"table/{names.database_prefix}*"),
        ]
        read = ["BatchGetPartition", "GetDatabases", "GetPartitions", "GetTable", "GetTables", "GetTableVersions"]
        write = ["BatchCreatePartition", "BatchUpdatePartition", "CreateDatabase", "CreateTable", "UpdateTable"]
        allow(policy, [f"glue:{action}" for action in sorted(read + write)], ours, why_a_pattern=_OURS)

    def _notebooks(self) -> Iterator[iam.ManagedPolicy]:
        """The rows that notebooks read: they run where Dagster runs."""
        datasets = sorted(self._reached.notebook_datasets)
        for number, start in enumerate(range(0, len(datasets), NOTEBOOK_DATASETS), start=1):
            told = "The processed rows that notebooks of the lake read"
            policy = self._policy(f"Notebooks{number}", f"orchestrator-notebooks-{number}", told)
            prefixes = [f"processed/{dataset}" for dataset in datasets[start : start + NOTEBOOK_DATASETS]]
            allow(policy, ["s3:GetObject"], keys(self._names, prefixes), why_a_pattern=_RUNS)
            yield policy
