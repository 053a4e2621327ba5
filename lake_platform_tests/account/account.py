"""Where the tests against a real account find it: variables, what each is for, and names that nobody else has."""

import os
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from lake_platform.aws.calls import connect

BATCH = 1000
"""Objects in one call of DeleteObjects."""
VARIABLES: Mapping[str, str] = {
    "LAKE_TEST_AWS_REGION": "the region of all the others",
    "LAKE_TEST_AWS_BUCKET": "a bucket for these tests alone",
    "LAKE_TEST_AWS_KMS_KEY": "the ARN of a key that may encrypt objects of the bucket",
    "LAKE_TEST_AWS_QUEUE": "the URL of a queue that is told of what lands in the bucket",
    "LAKE_TEST_AWS_TOPIC": "the ARN of a topic",
    "LAKE_TEST_AWS_TOPIC_QUEUE": "the URL of a queue that has subscribed to the topic",
    "LAKE_TEST_AWS_DATABASE_PREFIX": "how the databases of the Glue Data Catalog begin that these tests make",
    "LAKE_TEST_AWS_GLUE_ROLE": "the ARN of a role for Glue jobs, which reads and writes the bucket",
    "LAKE_TEST_AWS_CRAWLER_ROLE": "the ARN of a role for crawlers, which reads the bucket and writes the catalog",
    "LAKE_TEST_AWS_REDSHIFT_WORKGROUP": "a Serverless workgroup",
    "LAKE_TEST_AWS_REDSHIFT_CLUSTER": "a cluster, instead of a workgroup",
    "LAKE_TEST_AWS_REDSHIFT_HOST": "a host whose user has a password, instead of these two",
    "LAKE_TEST_AWS_REDSHIFT_PORT": "its port",
    "LAKE_TEST_AWS_REDSHIFT_DATABASE": "its database",
    "LAKE_TEST_AWS_REDSHIFT_USER": "the user of a cluster or a host",
    "LAKE_TEST_AWS_REDSHIFT_PASSWORD": "the password of that user on a host",
    "LAKE_TEST_AWS_REDSHIFT_TLS": "off, for a host that is a tunnel's end",
    "LAKE_TEST_AWS_REDSHIFT_COPY_ROLE": "the ARN of the role with which COPY reads the bucket",
}


@dataclass
class Account:
    """The account, and what this test makes in it.

    Attributes:
        unique: a name of this test alone; everything that it makes is called so or begins so.
        undo: what takes back what was made; the last first.
    """

    unique: str = field(default_factory=lambda: f"laketest{uuid.uuid4().hex[:12]}")
    undo: list[Callable[[], object]] = field(default_factory=list[Callable[[], object]])

    def value(self, variable: str) -> str:
        """What a variable says; the test is skipped where it says nothing."""
        if not os.environ.get(variable):
            pytest.skip(f"{variable} is not set: {VARIABLES[variable]}")
        return os.environ[variable]

    def client(self, service: str) -> Any:
        """A client of boto3, by the ordinary chain; closed at the end."""
        client = connect(service)
        self.undo.append(client.close)
        return client

    def bucket(self) -> str:
        """The bucket; what this test has made in it is deleted at the end, in all versions."""
        bucket = self.value("LAKE_TEST_AWS_BUCKET")
        self.undo.append(lambda: self._empty(bucket))
        return bucket

    def clean(self) -> None:
        """Takes everything back, also where one of it fails."""
        failed: list[Exception] = []
        for undo in reversed(self.undo):
            try:
                undo()
            except Exception as error:
                failed.append(error)
        if failed:
            raise ExceptionGroup(f"not everything of {self.unique} was deleted", failed)

    def _empty(self, bucket: str) -> None:
        client = connect("s3")
        pages = client.get_paginator("list_object_versions").paginate(Bucket=bucket)
        mine = [
            {"Key": each["Key"], "VersionId": each["VersionId"]}
            for page in pages
            for each in (*page.get("Versions", []), *page.get("DeleteMarkers", []))
            if self.unique in each["Key"]
        ]
        for start in range(0, len(mine), BATCH):
            client.delete_objects(Bucket=bucket, Delete={"Objects": mine[start : start + BATCH], "Quiet": True})
        client.close()
