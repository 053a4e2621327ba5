"""From a call of AWS to the permissions that it needs: actions of IAM on resources.

A call may need more than its name says: who reads a key that is not there hears so only if he may list the bucket, what
is encrypted needs the key, the catalog asks for catalog, database and table, and a job brings its role along. The
account hears of it at the first call that is refused; here it is one table.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lake_infra.policy.conditions import Context
from lake_infra.policy.errors import UnknownCallError


@dataclass(frozen=True, kw_only=True)
class Call:
    """One recorded call: by which actor, `service.Operation`, and the ARN of what it names."""

    actor: str
    call: str
    resource: str


@dataclass(frozen=True)
class Permission:
    """What a call needs: an action on a resource, in the context that the service gives."""

    action: str
    resource: str
    context: Context = field(default_factory=dict[str, str])


@dataclass(frozen=True, kw_only=True)
class Means:
    """What calls rely on besides what they name.

    Attributes:
        key: ARN of the key that encrypts buckets, topic and secrets.
        jobs_role: ARN of the role that the Glue jobs bring along.
    """

    key: str
    jobs_role: str


def read_calls(file: Path) -> list[Call]:
    """The calls of a record that `lake rehearse --calls FILE` wrote."""
    return [Call(**each) for each in json.loads(file.read_text(encoding="utf-8"))]


def permissions_of(call: Call, means: Means) -> list[Permission]:
    """Everything that one call needs.

    Raises:
        UnknownCallError: nobody has written down what the operation needs.
    """
    found = _NEEDED.get(call.call)
    if found is None:
        raise UnknownCallError(call.call)
    return [permission for each in found for permission in each(call.resource, means)]


_Needed = Callable[[str, Means], Iterator[Permission]]


def _on(action: str) -> _Needed:
    """The action on what the call names."""

    def needed(resource: str, _: Means) -> Iterator[Permission]:
        yield Permission(action, resource)

    return needed


def _on_bucket(action: str) -> _Needed:
    """The action on the bucket of an object; what a listing is asked for is no part of a record, so no prefix is told."""

    def needed(resource: str, _: Means) -> Iterator[Permission]:
        yield Permission(action, resource.split("/", 1)[0])

    return needed


def _key(service: str, *actions: str) -> _Needed:
    """The key, used by a service of AWS on behalf of whoever calls it."""

    def needed(resource: str, means: Means) -> Iterator[Permission]:
        via = {"kms:ViaService": f"{service}.{_region(means.key)}.amazonaws.com"}
        for action in actions:
            yield Permission(f"kms:{action}", means.key, via)

    return needed


def _catalog(action: str, *, tables: str = "") -> _Needed:
    """The catalog, the database and the table. Of a listing, which names a database alone, `tables` are those of it."""

    def needed(resource: str, _: Means) -> Iterator[Permission]:
        head, path = resource.rsplit(":", 1)
        kind, name = path.split("/", 1) if "/" in path else (path, "")
        yield Permission(action, f"{head}:catalog")
        if kind in ("database", "table"):
            yield Permission(action, f"{head}:database/{name.split('/', 1)[0]}")
        if kind == "table":
            yield Permission(action, resource)
        elif tables:
            yield Permission(action, f"{head}:table/{name}/{tables}")

    return needed


def _role_of_jobs(_: str, means: Means) -> Iterator[Permission]:
    yield Permission("iam:PassRole", means.jobs_role, {"iam:PassedToService": "glue.amazonaws.com"})


def _region(arn: str) -> str:
    return arn.split(":")[3]


_READ = (_on("s3:GetObject"), _on_bucket("s3:ListBucket"), _key("s3", "Decrypt"))
_WRITE = (_on("s3:PutObject"), _key("s3", "GenerateDataKey"))
# Parts of an upload are decrypted when they are put together.
_UPLOAD = (*_WRITE, _key("s3", "Decrypt"))

_NEEDED: Mapping[str, tuple[_Needed, ...]] = {
    "s3.AbortMultipartUpload": (_on("s3:AbortMultipartUpload"),),
    "s3.CompleteMultipartUpload": _UPLOAD,
    "s3.CopyObject": _WRITE,
    "s3.CreateMultipartUpload": _UPLOAD,
    "s3.DeleteObject": (_on("s3:DeleteObject"),),
    "s3.DeleteObjects": (_on("s3:DeleteObject"),),
    "s3.GetBucketLocation": (_on("s3:GetBucketLocation"),),
    "s3.GetBucketVersioning": (_on("s3:GetBucketVersioning"),),
    "s3.GetObject": _READ,
    "s3.HeadBucket": (_on("s3:ListBucket"),),
    "s3.HeadObject": _READ,
    "s3.ListMultipartUploads": (_on("s3:ListBucketMultipartUploads"),),
    "s3.ListObjectVersions": (_on("s3:ListBucketVersions"),),
    "s3.ListObjects": (_on("s3:ListBucket"),),
    "s3.ListObjectsV2": (_on("s3:ListBucket"),),
    "s3.ListParts": (_on("s3:ListMultipartUploadParts"),),
    "s3.PutObject": _WRITE,
    "s3.UploadPart": _UPLOAD,
    "glue.BatchCreatePartition": (_catalog("glue:BatchCreatePartition"),),
    "glue.BatchGetPartition": (_catalog("glue:BatchGetPartition"),),
    "glue.BatchStopJobRun": (_on("glue:BatchStopJobRun"),),
    "glue.BatchUpdatePartition": (_catalog("glue:BatchUpdatePartition"),),
    "glue.CreateDatabase": (_catalog("glue:CreateDatabase"),),
    # Its tags are an action of their own.
    "glue.CreateJob": (_on("glue:CreateJob"), _on("glue:TagResource"), _role_of_jobs),
    "glue.CreateTable": (_catalog("glue:CreateTable"),),
    "glue.GetCrawler": (_on("glue:GetCrawler"),),
    "glue.GetDatabases": (_catalog("glue:GetDatabases"),),
    "glue.GetJob": (_on("glue:GetJob"),),
    "glue.GetJobRun": (_on("glue:GetJobRun"),),
    "glue.GetJobRuns": (_on("glue:GetJobRuns"),),
    "glue.GetPartitions": (_catalog("glue:GetPartitions"),),
    "glue.GetTable": (_catalog("glue:GetTable"),),
    "glue.GetTableVersions": (_catalog("glue:GetTableVersions"),),
    "glue.GetTables": (_catalog("glue:GetTables", tables="*"),),
    "glue.StartCrawler": (_on("glue:StartCrawler"),),
    "glue.StartJobRun": (_on("glue:StartJobRun"),),
    "glue.UpdateJob": (_on("glue:UpdateJob"), _role_of_jobs),
    "glue.UpdateTable": (_catalog("glue:UpdateTable"),),
    "logs.CreateLogGroup": (_on("logs:CreateLogGroup"),),
    "logs.CreateLogStream": (_on("logs:CreateLogStream"),),
    "logs.GetLogEvents": (_on("logs:GetLogEvents"),),
    "logs.PutLogEvents": (_on("logs:PutLogEvents"),),
    "redshift-serverless.GetCredentials": (_on("redshift-serverless:GetCredentials"),),
    "redshift-serverless.GetWorkgroup": (_on("redshift-serverless:GetWorkgroup"),),
    "redshift.DescribeClusters": (_on("redshift:DescribeClusters"),),
    "redshift.GetClusterCredentials": (_on("redshift:GetClusterCredentials"),),
    "secretsmanager.GetSecretValue": (_on("secretsmanager:GetSecretValue"), _key("secretsmanager", "Decrypt")),
    # A topic that is encrypted needs the key of whoever publishes.
    "sns.Publish": (_on("sns:Publish"), _key("sns", "GenerateDataKey", "Decrypt")),
    "sqs.ChangeMessageVisibility": (_on("sqs:ChangeMessageVisibility"),),
    "sqs.ChangeMessageVisibilityBatch": (_on("sqs:ChangeMessageVisibility"),),
    "sqs.DeleteMessage": (_on("sqs:DeleteMessage"),),
    "sqs.DeleteMessageBatch": (_on("sqs:DeleteMessage"),),
    "sqs.ReceiveMessage": (_on("sqs:ReceiveMessage"),),
    "ssm.GetParameter": (_on("ssm:GetParameter"),),
}
"""What each operation needs."""
