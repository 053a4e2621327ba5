"""What the environment says of the AWS backend beside the Glue jobs."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from lake_platform.errors import SettingsError
from lake_platform.settings import aws_region

Tls = Literal["verify-full", "verify-ca", "off"]
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, kw_only=True)
class WarehouseSettings:
    """How to reach Redshift: one of `workgroup`, `cluster` and `host`.

    Attributes:
        workgroup: LAKE_REDSHIFT_WORKGROUP, a Serverless workgroup; credentials come from IAM.
        cluster: LAKE_REDSHIFT_CLUSTER, a provisioned cluster; credentials come from IAM for `user`.
        host: LAKE_REDSHIFT_HOST, where there is a user with a password; with the others, where their own name does
            not lead to them.
        port: LAKE_REDSHIFT_PORT.
        database: LAKE_REDSHIFT_DATABASE.
        user: LAKE_REDSHIFT_USER, of a cluster or of a host.
        copy_role: LAKE_REDSHIFT_COPY_ROLE, the ARN with which COPY reads the lake; `default` is the warehouse's own.
        tls: LAKE_REDSHIFT_TLS, what is checked of the certificate; `off` only to an address of this machine.
    """

    workgroup: str | None
    cluster: str | None
    host: str | None
    port: int
    database: str
    user: str | None
    copy_role: str
    tls: Tls

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> "WarehouseSettings":
        """Raises SettingsError for what is missing or cannot be used; the message names the variable."""
        workgroup, cluster = env.get("LAKE_REDSHIFT_WORKGROUP"), env.get("LAKE_REDSHIFT_CLUSTER")
        host, user = env.get("LAKE_REDSHIFT_HOST"), env.get("LAKE_REDSHIFT_USER")
        if workgroup and cluster:
            raise SettingsError("LAKE_REDSHIFT_WORKGROUP and LAKE_REDSHIFT_CLUSTER are both set: set one of them")
        if not (workgroup or cluster or host):
            raise SettingsError(
                "LAKE_REDSHIFT_WORKGROUP is not set: set it to the Serverless workgroup, or LAKE_REDSHIFT_CLUSTER to the "
                "cluster, or LAKE_REDSHIFT_HOST to a host whose user has a password"
            )
        if not workgroup and not user:
            raise SettingsError("LAKE_REDSHIFT_USER is not set: a cluster or a host needs the database user")
        if not (workgroup or cluster) and not env.get("LAKE_REDSHIFT_PASSWORD"):
            raise SettingsError("LAKE_REDSHIFT_PASSWORD is not set: LAKE_REDSHIFT_HOST alone has no IAM credentials")
        return cls(
            workgroup=workgroup or None,
            cluster=cluster or None,
            host=host or None,
            port=_port(env),
            database=env.get("LAKE_REDSHIFT_DATABASE") or "dev",
            user=user or None,
            copy_role=_copy_role(env),
            tls=_tls(env, host, iam=bool(workgroup or cluster)),
        )


@dataclass(frozen=True, kw_only=True)
class AwsSettings:
    """Everything but the Glue jobs, whose settings are beside their code.

    Attributes:
        region: AWS_REGION or AWS_DEFAULT_REGION.
        kms_key: LAKE_KMS_KEY, the ARN of the key for what the platform writes; None leaves it to the buckets.
        database_prefix: LAKE_GLUE_DATABASE_PREFIX, of the databases of the Glue Data Catalog.
        crawler_prefix: LAKE_GLUE_CRAWLER_PREFIX, before the names of the crawlers that datasets name.
        arrivals_queue: LAKE_ARRIVALS_QUEUE, the URL of the queue that is told of landed files; None is none.
        sweep_seconds: LAKE_SWEEP_SECONDS, between two looks at a dataset of which the queue says nothing.
        alert_topic: LAKE_ALERT_TOPIC, the ARN of the topic that the end of each run is told; None is none.
    """

    region: str
    kms_key: str | None
    database_prefix: str
    crawler_prefix: str
    arrivals_queue: str | None
    sweep_seconds: int
    alert_topic: str | None
    warehouse: WarehouseSettings

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> "AwsSettings":
        """Raises SettingsError for what is missing or cannot be used; the message names the variable."""
        env = os.environ if environ is None else environ
        region = aws_region(env)
        if not region:
            raise SettingsError(
                "AWS_REGION is not set: set it to the region of the buckets, the jobs and the warehouse"
            )
        topic = _arn(env, "LAKE_ALERT_TOPIC", "an SNS topic")
        queue = env.get("LAKE_ARRIVALS_QUEUE") or None
        if queue is not None and not queue.startswith(("https://", "http://")):
            raise SettingsError(f"LAKE_ARRIVALS_QUEUE is {queue!r}: set it to the URL of an SQS queue")
        return cls(
            region=region,
            kms_key=_arn(env, "LAKE_KMS_KEY", "a key of KMS"),
            database_prefix=env.get("LAKE_GLUE_DATABASE_PREFIX", ""),
            crawler_prefix=env.get("LAKE_GLUE_CRAWLER_PREFIX", ""),
            arrivals_queue=queue,
            sweep_seconds=_seconds(env),
            alert_topic=topic,
            warehouse=WarehouseSettings.from_environment(env),
        )


def _arn(env: Mapping[str, str], name: str, what: str) -> str | None:
    text = env.get(name) or None
    if text is not None and not text.startswith("arn:"):
        raise SettingsError(f"{name} is {text!r}: set it to the ARN of {what}")
    return text


def _copy_role(env: Mapping[str, str]) -> str:
    """`default`, or the ARN; of roles that are chained, all of them with commas between."""
    name = "LAKE_REDSHIFT_COPY_ROLE"
    if env.get(name) in (None, "", "default"):
        return "default"
    return _arn(env, name, "a role that is attached to the warehouse, or leave it out for the default one") or "default"


def _port(env: Mapping[str, str]) -> int:
    text = env.get("LAKE_REDSHIFT_PORT") or "5439"
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise SettingsError(f"LAKE_REDSHIFT_PORT is {text!r}: set it to a port, or leave it out for 5439")
    return int(text)


def _seconds(env: Mapping[str, str]) -> int:
    text = env.get("LAKE_SWEEP_SECONDS") or "900"
    if not text.isdecimal():
        raise SettingsError(f"LAKE_SWEEP_SECONDS is {text!r}: set it to whole seconds, or leave it out for 900")
    return int(text)


def _tls(env: Mapping[str, str], host: str | None, *, iam: bool) -> Tls:
    text = env.get("LAKE_REDSHIFT_TLS") or "verify-full"
    if text not in ("verify-full", "verify-ca", "off"):
        raise SettingsError(f"LAKE_REDSHIFT_TLS is {text!r}: set it to verify-full, verify-ca or off")
    if text == "off" and (iam or host not in LOOPBACK):
        raise SettingsError(
            "LAKE_REDSHIFT_TLS=off is for LAKE_REDSHIFT_HOST on this machine only, such as the end of a tunnel: "
            "set it to verify-full"
        )
    return text
