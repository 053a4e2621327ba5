"""The objects that COPY reads: a directory that plays S3, or S3 itself."""

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, Protocol, cast

from lake_platform.local.redshift.refusal import RedshiftError

SPOOLED = 1 << 24
_ATTEMPTS = 10
"""How often S3 is asked: Redshift is patient with it too."""
ENDPOINT_VARIABLES = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")


class Objects(Protocol):
    """Read access to objects named `s3://bucket/key`."""

    def size(self, uri: str) -> int | None:
        """The bytes of an object, None where there is none."""
        ...

    def open(self, uri: str) -> IO[bytes]:
        """The content of an object as a file in which one can seek."""
        ...

    def find(self, prefix: str) -> list[str]:
        """The objects whose names begin with this, in order."""
        ...


class DirectoryObjects:
    """A directory with one folder per bucket."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def size(self, uri: str) -> int | None:
        path = self._path(uri)
        return path.stat().st_size if path.is_file() else None

    def open(self, uri: str) -> IO[bytes]:
        return self._path(uri).open("rb")

    def find(self, prefix: str) -> list[str]:
        bucket, key = split_uri(prefix)
        folder = self._path(prefix) if prefix.endswith("/") else self._path(prefix).parent
        found: list[str] = []
        for path in folder.rglob("*") if folder.is_dir() else ():
            name = path.relative_to(self._root / bucket).as_posix()
            if path.is_file() and name.startswith(key):
                found.append(f"s3://{bucket}/{name}")
        return sorted(found)

    def _path(self, uri: str) -> Path:
        bucket, key = split_uri(uri)
        if ".." in (bucket, *key.split("/")) or not bucket:
            raise RedshiftError(f"S3 object name {uri!r} is not valid", "XX000")
        return self._root / bucket / key.lstrip("/")


class S3Objects:
    """S3 through a boto3 client. Objects are spooled to a temporary file, so that memory stays bounded."""

    def __init__(self, client: Callable[[], Any]) -> None:
        self._make = client
        self._made: Any = None

    def size(self, uri: str) -> int | None:
        bucket, key = split_uri(uri)
        try:
            return int(self._client.head_object(Bucket=bucket, Key=key)["ContentLength"])
        except self._client.exceptions.ClientError as error:
            if error.response["Error"]["Code"] in ("404", "NoSuchKey", "NoSuchBucket"):
                return None
            raise RedshiftError(f"S3ServiceException: {error}", "XX000") from error

    def open(self, uri: str) -> IO[bytes]:
        bucket, key = split_uri(uri)
        spool = cast("IO[bytes]", tempfile.SpooledTemporaryFile(SPOOLED))  # noqa: SIM115
        self._client.download_fileobj(bucket, key, spool)
        spool.seek(0)
        return spool

    def find(self, prefix: str) -> list[str]:
        bucket, key = split_uri(prefix)
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key)
        return [f"s3://{bucket}/{item['Key']}" for page in pages for item in page.get("Contents", [])]

    @property
    def _client(self) -> Any:
        if self._made is None:
            self._made = self._make()
        return self._made


def choose_objects(home: Path, environ: Mapping[str, str] | None = None) -> Objects:
    """S3 where the environment names an endpoint of it (moto, MinIO), else `$LAKE_HOME/s3/<bucket>/`."""
    env = os.environ if environ is None else environ
    url = next((env[name] for name in ENDPOINT_VARIABLES if env.get(name)), None)
    return DirectoryObjects(home / "s3") if url is None else S3Objects(lambda: _client_for(url))


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def _client_for(url: str) -> Any:
    import boto3
    from botocore.config import Config

    retries: Any = {"mode": "standard", "total_max_attempts": _ATTEMPTS}
    return boto3.client("s3", endpoint_url=url, config=Config(retries=retries))
