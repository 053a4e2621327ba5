"""A bucket of S3. The boto3 client is handed in, and how often a request is tried is its own setting."""

import io
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from botocore.exceptions import ClientError

from lake_platform.errors import BucketRefusedError, ObjectKeyError, ObjectNotFoundError, WriteConflictError
from lake_platform.lake.store import ObjectInfo, RefusedKey, key_problem, refused_key

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
_REFUSED = frozenset({"403", "AccessDenied", "NoSuchBucket", "InvalidAccessKeyId", "SignatureDoesNotMatch"})
_NO_VERSION = "null"
"""The version id of objects that were written while the bucket kept no versions."""


class S3Store:
    """Objects of one bucket.

    Args:
        versioned: whether the bucket keeps versions; asked for at first use where it is not said.
    """

    def __init__(self, client: "S3Client", bucket: str, *, versioned: bool | None = None) -> None:
        self._client = client
        self._bucket = bucket
        self._versioned = versioned

    @property
    def bucket(self) -> str:
        return self._bucket

    def url(self, key: str) -> str:
        return f"s3://{self._bucket}/{key}"

    def list(self, prefix: str, *, start_after: str | None = None) -> Iterator[ObjectInfo | RefusedKey]:
        for found in self._pages(prefix, start_after):
            problem = key_problem(found["Key"])
            yield refused_key(found["Key"], problem) if problem else self._info(found["Key"], found, found["Size"])

    def head(self, key: str) -> ObjectInfo | None:
        if key_problem(key) is not None:
            return None
        try:
            with self._told(key):
                found = self._client.head_object(Bucket=self._bucket, Key=key)
        except ObjectNotFoundError:
            return None
        return self._info(key, cast("dict[str, Any]", found), found["ContentLength"])

    def read(self, key: str) -> bytes:
        with self.open(key) as stream:
            return stream.read()

    def open(self, key: str) -> BinaryIO:
        if key_problem(key) is not None:
            raise ObjectNotFoundError(self._bucket, key)
        with self._told(key):
            body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"]
        return io.BufferedReader(_Body(body), 1 << 20)

    def put(self, key: str, data: bytes | BinaryIO) -> None:
        self._check(key)
        with self._told(key):
            if isinstance(data, bytes):
                self._client.put_object(Bucket=self._bucket, Key=key, Body=data)
            else:
                # In parts where it is large; the transfer closes what it is given.
                self._client.upload_fileobj(cast("BinaryIO", _Kept(data)), self._bucket, key)

    def put_if_absent(self, key: str, data: bytes | BinaryIO) -> bool:
        self._check(key)
        try:
            with self._told(key):
                self._client.put_object(Bucket=self._bucket, Key=key, Body=data, IfNoneMatch="*")
        except ClientError as error:
            if _code(error) not in ("412", "PreconditionFailed"):
                raise
            return False
        return True

    def delete(self, key: str) -> None:
        if key_problem(key) is None:
            with self._told(key):
                self._client.delete_object(Bucket=self._bucket, Key=key)

    def keeps_versions(self) -> bool:
        """Whether an identity is a version id; where we may not ask, it is not."""
        if self._versioned is None:
            try:
                status = self._client.get_bucket_versioning(Bucket=self._bucket).get("Status")
            except ClientError as error:
                if _code(error) not in ("403", "AccessDenied"):
                    raise
                status = None
            self._versioned = status == "Enabled"
        return self._versioned

    def _pages(self, prefix: str, start_after: str | None) -> Iterator[dict[str, Any]]:
        versions = self.keeps_versions()
        name, marker, members = (
            ("list_object_versions", "KeyMarker", "Versions")
            if versions
            else ("list_objects_v2", "StartAfter", "Contents")
        )
        # Each paginator has types of its own, which say nothing of the parameters that both take.
        pages = (
            cast("Any", self._client)
            .get_paginator(name)
            .paginate(Bucket=self._bucket, Prefix=prefix, **({marker: start_after} if start_after else {}))
        )
        with self._told(prefix):
            for page in pages:
                yield from (found for found in page.get(members, []) if not versions or found["IsLatest"])

    def _info(self, key: str, found: dict[str, Any], size: int) -> ObjectInfo:
        version = found.get("VersionId", _NO_VERSION) if self.keeps_versions() else _NO_VERSION
        identity = f"{found['ETag'].strip(chr(34))}-{size}" if version == _NO_VERSION else f"v-{version}"
        return ObjectInfo(key=key, size=size, modified=found["LastModified"], identity=identity)

    def _check(self, key: str) -> None:
        problem = key_problem(key)
        if problem is not None:
            raise ObjectKeyError(self._bucket, key, problem)

    @contextmanager
    def _told(self, key: str) -> Generator[None]:
        """S3's own errors in our words; what is none of them goes on as it is."""
        try:
            yield
        except ClientError as error:
            code = _code(error)
            if code in ("409", "ConditionalRequestConflict"):
                raise WriteConflictError(self._bucket, key) from error
            if code in _MISSING:
                raise ObjectNotFoundError(self._bucket, key) from error
            if code in _REFUSED:
                raise BucketRefusedError(self._bucket, key, code) from error
            raise


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


class _Body(io.RawIOBase):
    """The body of an answer as a plain stream."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        block = self._body.read(len(buffer))
        buffer[: len(block)] = block
        return len(block)

    def close(self) -> None:
        if not self.closed:
            self._body.close()
        super().close()


class _Kept:
    """A stream that its reader cannot close."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        return self._stream.read(size)
