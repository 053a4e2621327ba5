"""A bucket of S3. The boto3 client is handed in, and how often a request is tried is its own setting."""

import io
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar, cast

from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import BotoCoreError, ClientError

from lake_platform.errors import (
    BucketRefusedError,
    BucketUnavailableError,
    ObjectKeyError,
    ObjectNotFoundError,
    WriteConflictError,
)
from lake_platform.lake.store import ObjectInfo, RefusedKey, key_problem, refused_key
from lake_platform.lake.stores.s3_body import Body

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

T = TypeVar("T")
_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
_REFUSED = frozenset({"403", "AccessDenied", "NoSuchBucket", "InvalidAccessKeyId", "SignatureDoesNotMatch"})
# The answer to HEAD has no body that says why: S3 gives 400 there where a token has expired.
_EXPIRED = frozenset({"400", "ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
_NO_VERSION = "null"
"""The version id of objects that were written while the bucket kept no versions."""


class S3Store:
    """Objects of one bucket.

    Args:
        client: one, or how to make one. Only one that can be made anew outlives credentials that expire and are
            renewed outside of this process.
        versioned: whether the bucket keeps versions; asked for at first use where it is not said.
        kms_key: ARN of the key that S3 encrypts what is written here with; None leaves it to the bucket.
    """

    def __init__(
        self,
        client: "S3Client | Callable[[], S3Client]",
        bucket: str,
        *,
        versioned: bool | None = None,
        kms_key: str | None = None,
    ) -> None:
        self._make = client if callable(client) else None
        self._made: S3Client | None = None if callable(client) else client
        self._bucket = bucket
        self._versioned = versioned
        self._headers: dict[str, str] = (
            {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key} if kms_key is not None else {}
        )

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
            found = self._call(key, lambda client: client.head_object(Bucket=self._bucket, Key=key))
        except ObjectNotFoundError:
            return None
        return self._info(key, cast("dict[str, Any]", found), found["ContentLength"])

    def read(self, key: str) -> bytes:
        with self.open(key) as stream:
            return stream.read()

    def open(self, key: str) -> BinaryIO:
        if key_problem(key) is not None:
            raise ObjectNotFoundError(self._bucket, key)

        def ask(**part: str) -> Any:
            return self._call(key, lambda client: client.get_object(Bucket=self._bucket, Key=key, **cast("Any", part)))

        return io.BufferedReader(Body(ask, f"s3://{self._bucket}/{key}"), 1 << 20)

    def put(self, key: str, data: bytes | BinaryIO) -> None:
        self._check(key)
        if isinstance(data, bytes):
            self._call(key, lambda client: client.put_object(**self._written(key), Body=data))
            return
        rewind = _rewinding(data)

        def upload(client: "S3Client") -> None:
            rewind()
            # In parts where it is large; the transfer closes what it is given.
            client.upload_fileobj(cast("BinaryIO", _Kept(data)), self._bucket, key, ExtraArgs=self._headers)

        self._call(key, upload)

    def put_if_absent(self, key: str, data: bytes | BinaryIO) -> bool:
        self._check(key)
        rewind = _rewinding(data)

        def write(client: "S3Client") -> None:
            rewind()
            client.put_object(**self._written(key), Body=data, IfNoneMatch="*")

        try:
            self._call(key, write)
        except ClientError as error:
            if _code(error) not in ("412", "PreconditionFailed"):
                raise
            return False
        return True

    def delete(self, key: str) -> None:
        if key_problem(key) is None:
            self._call(key, lambda client: client.delete_object(Bucket=self._bucket, Key=key))

    def keeps_versions(self) -> bool:
        """Whether an identity is a version id; where we may not ask, it is not."""
        if self._versioned is None:
            try:
                status = self._call("", lambda client: client.get_bucket_versioning(Bucket=self._bucket)).get("Status")
            except BucketRefusedError as error:
                if error.code not in ("403", "AccessDenied"):
                    raise
                status = None
            self._versioned = status == "Enabled"
        return self._versioned

    def _pages(self, prefix: str, start_after: str | None) -> Iterator[dict[str, Any]]:
        versions = self.keeps_versions()
        members = "Versions" if versions else "Contents"
        place: dict[str, str] = {("KeyMarker" if versions else "StartAfter"): start_after} if start_after else {}
        while True:
            page = self._page(prefix, place, versions=versions)
            yield from (found for found in page.get(members, []) if not versions or found["IsLatest"])
            if not page.get("IsTruncated"):
                return
            if not versions:
                place = {"ContinuationToken": page["NextContinuationToken"]}
            else:
                place = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}

    def _page(self, prefix: str, place: dict[str, str], *, versions: bool) -> dict[str, Any]:
        def ask(client: "S3Client") -> Any:
            # Each has types of its own, which say nothing of the parameters that both take.
            listing = cast("Any", client.list_object_versions if versions else client.list_objects_v2)
            return listing(Bucket=self._bucket, Prefix=prefix, **place)

        return self._call(prefix, ask)

    def _info(self, key: str, found: dict[str, Any], size: int) -> ObjectInfo:
        version = found.get("VersionId", _NO_VERSION) if self.keeps_versions() else _NO_VERSION
        identity = f"{found['ETag'].strip(chr(34))}-{size}" if version == _NO_VERSION else f"v-{version}"
        return ObjectInfo(key=key, size=size, modified=found["LastModified"], identity=identity)

    def _check(self, key: str) -> None:
        problem = key_problem(key)
        if problem is not None:
            raise ObjectKeyError(self._bucket, key, problem)

    def _written(self, key: str) -> dict[str, Any]:
        return {"Bucket": self._bucket, "Key": key, **self._headers}

    def _call(self, key: str, ask: "Callable[[S3Client], T]") -> "T":
        """Asks once; once more with a new client where the credentials of the present one have expired."""
        with self._told(key):
            try:
                return ask(self._client())
            except ClientError as error:
                if self._make is None or _code(error) not in _EXPIRED:
                    raise
                self._made = None
                return ask(self._client())

    def _client(self) -> "S3Client":
        if self._made is None:
            assert self._make is not None
            self._made = self._make()
        return self._made

    @contextmanager
    def _told(self, key: str) -> Generator[None]:
        """S3's own errors in our words; a condition that did not hold goes on as it is."""
        try:
            yield
        except ClientError as error:
            code = _code(error)
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if code in ("409", "ConditionalRequestConflict"):
                raise WriteConflictError(self._bucket, key) from error
            if code in _MISSING:
                raise ObjectNotFoundError(self._bucket, key) from error
            if code in _REFUSED:
                raise BucketRefusedError(self._bucket, key, code) from error
            if code in _EXPIRED or code in ("SlowDown", "Throttling", "RequestTimeout") or status >= 500:
                raise BucketUnavailableError(self._bucket, key, f"{code}: {error}") from error
            raise
        except (BotoCoreError, S3UploadFailedError) as error:
            raise BucketUnavailableError(self._bucket, key, str(error)) from error


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _rewinding(data: bytes | BinaryIO) -> Callable[[], object]:
    """Goes back to where a stream stands now; one that cannot is written once."""
    if isinstance(data, bytes) or not data.seekable():
        return lambda: None
    begin = data.tell()
    return lambda: data.seek(begin)


class _Kept:
    """A stream that its reader cannot close."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        return self._stream.read(size)
