"""The two Glue jobs, as the platform declares them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_glue as glue
from aws_cdk import aws_kms as kms
from constructs import Construct

from lake_infra.declaration import Declaration
from lake_infra.names import Names
from lake_infra.parameters import is_given, number, text

TAGS = {"application": "lake_platform"}
"""Those that `lake deploy-jobs` gives."""


class Jobs(Construct):
    """The jobs, and the security configuration of what Glue itself writes.

    `lake deploy-jobs` uploads the code and puts the same definition right. The digest of the code is a parameter, so
    that a change of code is none of the template.

    Attributes:
        prefix: of the names of the jobs.
        names: of the jobs.
        security_configuration: its name.
        variables: what the backend reads of them.
        modules: what they are given besides.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        names: Names,
        declaration: Declaration,
        key: kms.Key,
        code_bucket: str,
        role_arn: str,
    ) -> None:
        super().__init__(scope, "Jobs")
        self.prefix = names.named("")
        self.security_configuration = self._secure(names, key)
        self._sizes = _sizes(scope, declaration.jobs["validate"])
        known = {
            "CodeBucket": code_bucket,
            "CodeDigest": _digest(scope),
            "JobPrefix": self.prefix,
            "JobsRole": role_arn,
        }
        modules = PythonModules.read(scope)
        for kind, told in declaration.jobs.items():
            body = fill(told, known)
            arguments = {**body["DefaultArguments"], "--additional-python-modules": modules.argument}
            self._job(kind, {**body, "DefaultArguments": arguments})
        self.modules = modules
        self.names = [f"{self.prefix}{kind}" for kind in declaration.jobs]
        self.variables = {
            "LAKE_GLUE_CONCURRENT_RUNS": self._sizes["MaxConcurrentRuns"],
            "LAKE_GLUE_JOB_PREFIX": self.prefix,
            "LAKE_GLUE_ROLE": role_arn,
            "LAKE_GLUE_SECURITY_CONFIGURATION": self.security_configuration,
            "LAKE_GLUE_TIMEOUT_MINUTES": self._sizes["Timeout"],
            "LAKE_GLUE_WORKERS": self._sizes["NumberOfWorkers"],
            "LAKE_GLUE_WORKER_TYPE": self._sizes["WorkerType"],
        }

    def _secure(self, names: Names, key: kms.Key) -> str:
        configuration = glue.CfnSecurityConfiguration
        return configuration(
            self,
            "SecurityConfiguration",
            name=names.named("jobs"),
            encryption_configuration=configuration.EncryptionConfigurationProperty(
                cloud_watch_encryption=configuration.CloudWatchEncryptionProperty(
                    cloud_watch_encryption_mode="SSE-KMS", kms_key_arn=key.key_arn
                ),
                job_bookmarks_encryption=configuration.JobBookmarksEncryptionProperty(
                    job_bookmarks_encryption_mode="CSE-KMS", kms_key_arn=key.key_arn
                ),
                s3_encryptions=[
                    configuration.S3EncryptionProperty(s3_encryption_mode="SSE-KMS", kms_key_arn=key.key_arn)
                ],
            ),
        ).ref

    def _job(self, kind: str, declared: Mapping[str, Any]) -> None:
        """All that is declared: a field that CloudFormation does not have is an error of this call."""
        sizes = {name: self._sizes[name] for name in ("NumberOfWorkers", "Timeout", "WorkerType")}
        runs = glue.CfnJob.ExecutionPropertyProperty(max_concurrent_runs=self._sizes["MaxConcurrentRuns"])
        known = {"ExecutionProperty": runs, "Command": glue.CfnJob.JobCommandProperty(**_snake(declared["Command"]))}
        body = _snake({**declared, **sizes, **known})
        glue.CfnJob(
            self, kind.capitalize(), **body, security_configuration=self.security_configuration, tags=dict(TAGS)
        )


@dataclass(frozen=True, kw_only=True)
class PythonModules:
    """What transforms need besides: an argument of the jobs, of which the backend has to know.

    The backend refuses to start jobs with other arguments than it would deploy.

    Attributes:
        value: `name==version`, separated by commas; empty for none.
        given: the condition that there are any.
    """

    value: str
    given: cdk.CfnCondition

    @classmethod
    def read(cls, scope: Construct) -> "PythonModules":
        value = text(
            scope,
            "JobPythonModules",
            "",
            pattern=r"\S*",
            problem="`name==version` without spaces, separated by commas, or nothing",
            told="LAKE_GLUE_PYTHON_MODULES: what transforms need besides, name==version separated by commas",
        )
        return cls(value=value, given=is_given(scope, "HasPythonModules", value))

    @property
    def argument(self) -> cdk.IResolvable:
        """The value; left out where it is empty."""
        return cdk.Fn.condition_if(self.given.logical_id, self.value, cdk.Aws.NO_VALUE)


def fill(told: Any, known: Mapping[str, str]) -> Any:
    """The same document with the placeholders in its texts filled in."""
    if isinstance(told, Mapping):
        return {name: fill(value, known) for name, value in told.items()}
    if isinstance(told, str):
        for name, value in known.items():
            told = told.replace(f"${{{name}}}", value)
    return told


def _snake(fields: Mapping[str, Any]) -> dict[str, Any]:
    """`MaxRetries` as CDK spells it: `max_retries`."""
    return {re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower(): value for name, value in fields.items()}


def _sizes(scope: Construct, declared: Mapping[str, Any]) -> dict[str, Any]:
    runs = declared["ExecutionProperty"]["MaxConcurrentRuns"]
    return {
        "NumberOfWorkers": number(
            scope, "JobWorkers", declared["NumberOfWorkers"], least=2, told="The most workers of a run"
        ),
        "Timeout": number(
            scope, "JobTimeoutMinutes", declared["Timeout"], least=1, told="Glue ends a run that takes longer"
        ),
        "MaxConcurrentRuns": number(scope, "JobConcurrentRuns", runs, least=1, told="Runs of each job at once"),
        "WorkerType": text(
            scope,
            "JobWorkerType",
            declared["WorkerType"],
            pattern=r"[GR]\.[0-9]+X",
            problem="a kind of worker, such as G.1X",
            told="Kind of the workers",
        ),
    }


def _digest(scope: Construct) -> str:
    return text(
        scope,
        "CodeDigest",
        pattern="[0-9a-f]{16}",
        problem="`code` of `lake build-jobs --json`",
        told="Digest of the code of the jobs: `code` of `lake build-jobs --json`",
    )
