"""The role of Dagster's processes: landed files in, documents in and out, runs of jobs, the catalog, the warehouse.

It writes no rows, and reads those alone that notebooks read. Its permissions are managed policies, so that they can be
given to whatever Dagster runs on; the role is for tasks of ECS, and for who may take it by their own policies.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aws_cdk import aws_iam as iam
from constructs import Construct

from lake_infra.names import Names
from lake_infra.roles.lake_keys import COPIES, DOCUMENTS, PAGES, job_logs, keys
from lake_infra.roles.many import reading_policies
from lake_infra.roles.statements import allow, through
from lake_infra.roles.trust import of_this_account

_CRAWLERS = "The crawlers of this lake, by their prefix."
_OURS = "Databases and tables of this lake, by their prefix."
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
        crawlers: whether any dataset names a crawler.
        notebook_datasets: whose processed rows notebooks read.
    """

    key_arn: str
    queue_arn: str
    topic_arn: str
    jobs: Sequence[str]
    crawlers: bool
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
            assumed_by=iam.CompositePrincipal(
                of_this_account(self, "ecs-tasks.amazonaws.com"),
                # People with the command line, and other hosts: whom of the account their own policies let.
                iam.AccountRootPrincipal(),
            ),
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
        allow(policy, ["s3:GetObject", "s3:PutObject"], keys(names, [*DOCUMENTS, *COPIES]), why_a_pattern=_RUNS)
        allow(policy, ["s3:PutObject"], keys(names, PAGES), why_a_pattern=_RUNS)
        # Dagster Pipes takes away what it has told a run.
        contexts = names.bucket_arn("lake", "jobs/*/context/*")
        allow(policy, ["s3:DeleteObject"], [contexts], why_a_pattern=_RUNS)
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
            crawlers = names.arn("glue", f"crawler/{names.named('*')}")
            allow(policy, ["glue:GetCrawler", "glue:StartCrawler"], [crawlers], why_a_pattern=_CRAWLERS)
        allow(
            policy,
            ["logs:GetLogEvents"],
            [job_logs(names)],
            why_a_pattern="Glue names the groups, runs name the streams.",
        )
        allow(policy, ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage"], [reached.queue_arn])
        allow(policy, ["sns:Publish"], [reached.topic_arn])
        for login in reached.logins:
            allow(policy, login.actions, login.resources)
        return policy

    def _allow_catalog(self, policy: iam.ManagedPolicy) -> None:
        names = self._names
        databases = [names.arn("glue", "catalog"), names.arn("glue", f"database/{names.database_prefix}*")]
        allow(policy, ["glue:CreateDatabase", "glue:GetDatabases"], databases, why_a_pattern=_OURS)
        read = ["BatchGetPartition", "GetPartitions", "GetTable", "GetTableVersions", "GetTables"]
        write = ["BatchCreatePartition", "BatchUpdatePartition", "CreateTable", "UpdateTable"]
        tables = [*databases, names.arn("glue", f"table/{names.database_prefix}*")]
        allow(policy, [f"glue:{action}" for action in sorted(read + write)], tables, why_a_pattern=_OURS)

    def _notebooks(self) -> Iterator[iam.ManagedPolicy]:
        """The rows that notebooks read: they run where Dagster runs."""
        prefixes = [f"processed/{dataset}" for dataset in self._reached.notebook_datasets]
        return reading_policies(
            self,
            "notebook-rows",
            names=self._names,
            resources=keys(self._names, prefixes),
            told="The processed rows that notebooks of the lake read",
            why_a_pattern=_RUNS,
        )
