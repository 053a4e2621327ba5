"""Deploying the Glue jobs: code by its content, a numbered document for each deployment, then the jobs themselves.

The documents decide, not Glue: whoever deploys applies the newest one and looks again, so that of two deployments at
once both jobs end as the later one says. Each document holds whole job definitions, and code is never overwritten:
going back is another deployment.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

from glue_jobs.protocol import JobName
from lake_platform.errors import DeploymentError, DocumentFormatError, WriteConflictError
from lake_platform.spark.glue.client import GlueCalls
from lake_platform.spark.glue.deployed import apply_job
from lake_platform.spark.glue.job import GlueJob, code_key, define_jobs, jar_key
from lake_platform.spark.glue.package import JobPackage
from lake_platform.spark.glue.settings import GlueSettings

FORMAT_VERSION = 1
_MOST_TRIES = 20


class CodeStore(Protocol):
    """What this module needs of the code bucket."""

    def read(self, key: str) -> bytes: ...

    def put_if_absent(self, key: str, data: bytes) -> bool: ...

    def head(self, key: str) -> object | None: ...


@dataclass(frozen=True)
class Deployment:
    """One deployment. `restores` is the number of the one that it went back to."""

    number: int
    code: str
    jobs: Mapping[str, Mapping[str, Any]]
    restores: int | None = None

    @property
    def origin(self) -> int:
        return self.restores or self.number


class Deployments:
    """The deployments of the jobs with one prefix.

    Args:
        glue: calls of Glue, patient with what passes.
    """

    def __init__(self, store: CodeStore, glue: GlueCalls, settings: GlueSettings) -> None:
        self._store, self._glue, self._settings = store, glue, settings

    def latest(self) -> Deployment | None:
        number = 1
        while self._store.head(self._key(number)) is not None:
            number += 1
        return self._read(number - 1) if number > 1 else None

    def deploy(self, package: JobPackage, jars: Sequence[Path]) -> Deployment:
        """Uploads what is not there yet, writes the deployment down and applies it.

        Returns:
            What is deployed at the end: a later deployment, where one came in between.

        Raises:
            DeploymentError: no role is set.
        """
        if not self._settings.role:
            raise DeploymentError("LAKE_GLUE_ROLE is not set: the jobs need the ARN of the role that they run with.")
        for name, data in package.files.items():
            self._upload(code_key(package.digest, name), data)
        for jar in jars:
            self._upload(jar_key(jar.name), jar.read_bytes())
        jobs = define_jobs(package, self._settings)
        return self._publish(package.digest, _bodies(jobs), restores=None)

    def go_back(self) -> Deployment:
        """Deploys what was deployed before the present code.

        Raises:
            DeploymentError: there is nothing before it.
        """
        now = self.latest()
        earlier = now.origin - 1 if now else 0
        while now is not None and earlier >= 1:
            found = self._read(earlier)
            if found.restores is None and found.code != now.code:
                return self._publish(found.code, found.jobs, restores=found.number)
            earlier -= 1
        raise DeploymentError(
            f"There is no deployment before the present one below the prefix {self._settings.job_prefix!r}: nothing to go back to."
        )

    def apply_latest(self) -> Deployment:
        """Makes the jobs what the newest document says, also where another deployment comes in between."""
        for _ in range(_MOST_TRIES):
            wanted = self.latest()
            if wanted is None:
                raise DeploymentError("Nothing was deployed yet: run `lake deploy-jobs`.")
            for name, body in wanted.jobs.items():
                apply_job(self._glue, GlueJob(name, body))
            newest = self.latest()
            if newest is not None and newest.number == wanted.number:
                return wanted
        raise DeploymentError("Other deployments came in between again and again: try again when they are done.")

    def _publish(self, code: str, jobs: Mapping[str, Mapping[str, Any]], *, restores: int | None) -> Deployment:
        for _ in range(_MOST_TRIES):
            last = self.latest()
            if last is not None and (last.code, last.jobs, last.restores) == (code, jobs, restores):
                break
            deployment = Deployment((last.number if last else 0) + 1, code, jobs, restores)
            if self._put(self._key(deployment.number), _document(deployment)):
                break
        return self.apply_latest()

    def _upload(self, key: str, data: bytes) -> None:
        """The name holds the digest or the version; what has the name already must be the same."""
        if not self._put(key, data) and self._store.read(key) != data:
            raise DeploymentError(
                f"s3://{self._settings.code_bucket}/{key} is there already with another content: somebody changed it. "
                "The role of `lake deploy-jobs` may not delete: have an administrator of the account look at it and delete it "
                "(the bucket keeps its versions), then deploy again."
            )

    def _put(self, key: str, data: bytes) -> bool:
        """Whether it was absent. Where two write at the same moment, S3 may let neither: then it is asked again."""
        for _ in range(_MOST_TRIES):
            try:
                return self._store.put_if_absent(key, data)
            except WriteConflictError:
                continue
        raise DeploymentError(f"{key} is written by others again and again: try again when they are done.")

    def _read(self, number: int) -> Deployment:
        key = self._key(number)
        body = cast("dict[str, Any]", json.loads(self._store.read(key)))
        if body.get("format_version") != FORMAT_VERSION:
            raise DocumentFormatError(key, body.get("format_version"), FORMAT_VERSION)
        return Deployment(number, body["code"], body["jobs"], body["restores"])

    def _key(self, number: int) -> str:
        return f"glue/deployments/{self._settings.job_prefix}/{number:06d}.json"


def _bodies(jobs: Mapping[JobName, GlueJob]) -> dict[str, Mapping[str, Any]]:
    return {job.name: job.body for job in jobs.values()}


def _document(deployment: Deployment) -> bytes:
    body = {
        "format_version": FORMAT_VERSION,
        "code": deployment.code,
        "restores": deployment.restores,
        "jobs": deployment.jobs,
    }
    return json.dumps(body, indent=1, sort_keys=True).encode()
