"""The account that a template is deployed to, and what its resources are called there: names, ARNs, `Ref`, by kind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Account:
    """What a template does not say itself.

    Attributes:
        number: twelve digits.
        parameters: values of parameters; the template's defaults stand for those that are not here.
        resources: names of resources by their logical id, where the template leaves them to CloudFormation or where
            others are wanted; else a name is made of the stack's and the logical id.
        imports: values of exports of other stacks.
    """

    number: str = "111122223333"
    region: str = "eu-central-1"
    partition: str = "aws"
    stack: str = "lake"
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    resources: Mapping[str, str] = field(default_factory=dict[str, str])
    imports: Mapping[str, str] = field(default_factory=dict[str, str])

    def arn(self, service: str, resource: str) -> str:
        """An ARN in this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.number}:{resource}"

    def global_arn(self, service: str, resource: str) -> str:
        """An ARN of this account in no region, as those of IAM are."""
        return f"arn:{self.partition}:{service}::{self.number}:{resource}"


@dataclass(frozen=True)
class Kind:
    """A kind of resource: the property that names it, its ARN by the name, and what `Ref` gives, the name by default."""

    name: str
    arn: Callable[[Account, str], str]
    ref: Callable[[Account, str], str] = lambda account, name: name


def _in_region(service: str, form: str) -> Callable[[Account, str], str]:
    return lambda account, name: account.arn(service, form.format(name))


def _of_account(service: str, form: str) -> Callable[[Account, str], str]:
    return lambda account, name: account.global_arn(service, form.format(name))


def _queue_url(account: Account, name: str) -> str:
    return f"https://sqs.{account.region}.amazonaws.com/{account.number}/{name}"


_TOPIC = _in_region("sns", "{}")
_SECRET = _in_region("secretsmanager", "secret:{}-AbCdEf")
_MANAGED = _of_account("iam", "policy/{}")
_TASK = _in_region("ecs", "task-definition/{}:1")
_BALANCER = _in_region("elasticloadbalancing", "loadbalancer/app/{}/0123456789abcdef")

KINDS: Mapping[str, Kind] = {
    "AWS::CloudWatch::Alarm": Kind("AlarmName", _in_region("cloudwatch", "alarm:{}")),
    "AWS::ECS::Cluster": Kind("ClusterName", _in_region("ecs", "cluster/{}")),
    "AWS::ECS::TaskDefinition": Kind("Family", _TASK, _TASK),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": Kind("Name", _BALANCER, _BALANCER),
    "AWS::Events::Rule": Kind("Name", _in_region("events", "rule/{}")),
    "AWS::Glue::Crawler": Kind("Name", _in_region("glue", "crawler/{}")),
    "AWS::Glue::Job": Kind("Name", _in_region("glue", "job/{}")),
    "AWS::IAM::ManagedPolicy": Kind("ManagedPolicyName", _MANAGED, _MANAGED),
    "AWS::IAM::Role": Kind("RoleName", _of_account("iam", "role/{}")),
    "AWS::KMS::Key": Kind("KeyId", _in_region("kms", "key/{}")),
    "AWS::Logs::LogGroup": Kind("LogGroupName", _in_region("logs", "log-group:{}:*")),
    "AWS::RDS::DBInstance": Kind("DBInstanceIdentifier", _in_region("rds", "db:{}")),
    "AWS::Redshift::Cluster": Kind("ClusterIdentifier", _in_region("redshift", "cluster:{}")),
    "AWS::S3::Bucket": Kind("BucketName", lambda account, name: f"arn:{account.partition}:s3:::{name}"),
    "AWS::SNS::Topic": Kind("TopicName", _TOPIC, _TOPIC),
    "AWS::SQS::Queue": Kind("QueueName", _in_region("sqs", "{}"), _queue_url),
    "AWS::SecretsManager::Secret": Kind("Name", _SECRET, _SECRET),
}
"""Kinds that policies speak of. A kind that is not here is an error where a policy needs its ARN."""

ATTRIBUTES: Mapping[tuple[str, str], Callable[[Account, str], str]] = {
    ("AWS::KMS::Key", "KeyId"): lambda account, name: name,
    ("AWS::SNS::Topic", "TopicArn"): _TOPIC,
    ("AWS::SNS::Topic", "TopicName"): lambda account, name: name,
    ("AWS::SQS::Queue", "QueueName"): lambda account, name: name,
    ("AWS::SQS::Queue", "QueueUrl"): _queue_url,
    ("AWS::SecretsManager::Secret", "Id"): _SECRET,
    ("AWS::IAM::ManagedPolicy", "PolicyArn"): _MANAGED,
    ("AWS::RDS::DBInstance", "DbiResourceId"): lambda account, name: "db-ABCDEFGHIJKL",
    ("AWS::RDS::DBInstance", "MasterUserSecret.SecretArn"): _in_region("secretsmanager", "secret:rds!db-{}-AbCdEf"),
    ("AWS::RedshiftServerless::Workgroup", "Workgroup.WorkgroupArn"): _in_region("redshift-serverless", "workgroup/{}"),
    ("AWS::RedshiftServerless::Namespace", "Namespace.NamespaceArn"): _in_region("redshift-serverless", "namespace/{}"),
}
"""What `Fn::GetAtt` gives beside `Arn`, which every kind has."""

NAMED_BY: Mapping[str, str] = {
    "AWS::RedshiftServerless::Workgroup": "WorkgroupName",
    "AWS::RedshiftServerless::Namespace": "NamespaceName",
    "AWS::Glue::SecurityConfiguration": "Name",
    **{kind: about.name for kind, about in KINDS.items()},
}
"""The property that names a resource, by kind."""


def default_name(account: Account, logical_id: str, properties: Mapping[str, Any], kind: str) -> object:
    """The value of the property that names a resource, else what CloudFormation might make."""
    told = properties.get(NAMED_BY.get(kind, ""))
    if told is not None:
        return told
    made = f"{account.stack}-{logical_id}"
    return made.lower() if kind == "AWS::S3::Bucket" else made
