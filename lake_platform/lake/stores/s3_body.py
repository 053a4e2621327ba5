"""The body of an object of S3 as a stream that goes on where its connection broke."""

import io
from collections.abc import Callable
from typing import Any

from botocore.exceptions import (
    ClientError,
    FlexibleChecksumError,
    HTTPClientError,
    ReadTimeoutError,
    ResponseStreamingError,
)
from botocore.exceptions import IncompleteReadError as CutError
from urllib3.exceptions import HTTPError

from lake_platform.errors import BucketUnavailableError

_BROKEN = (CutError, HTTPClientError, HTTPError, ReadTimeoutError, ResponseStreamingError, ConnectionError)
_MOST_BREAKS = 5
"""In a row, without a byte in between."""


class Body(io.RawIOBase):
    """Reads an object; the answer is asked for at once.

    What was cut is asked for from there on, and only of the same object: one that was replaced meanwhile is an error,
    never the end of another content.

    Args:
        ask: GetObject, given Range and IfMatch.
        url: for messages.
    """

    def __init__(self, ask: Callable[..., Any], url: str) -> None:
        self._ask, self._url = ask, url
        answer = ask()
        self._body: Any = answer["Body"]
        self._etag: str = answer["ETag"]
        self._left: int = answer["ContentLength"]
        self._at = self._breaks = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while True:
            try:
                # Behind the last byte too: there the client compares the checksum.
                block = self._body.read(min(len(buffer), max(self._left, 1)))
                if self._left and not block:
                    raise ConnectionError("the answer ended too early")
            except FlexibleChecksumError as error:
                raise BucketUnavailableError(*self._place, f"its bytes came damaged: {error}") from error
            except _BROKEN as error:
                self._go_on(error)
                continue
            buffer[: len(block)] = block
            self._at, self._left, self._breaks = self._at + len(block), self._left - len(block), 0
            return len(block)

    def close(self) -> None:
        if not self.closed:
            self._body.close()
        super().close()

    @property
    def _place(self) -> tuple[str, str]:
        bucket, _, key = self._url.removeprefix("s3://").partition("/")
        return bucket, key

    def _go_on(self, error: Exception) -> None:
        self._breaks += 1
        self._body.close()
        if self._breaks > _MOST_BREAKS:
            raise BucketUnavailableError(*self._place, f"cut after {self._at} bytes ({error}).") from error
        try:
            self._body = self._ask(Range=f"bytes={self._at}-", IfMatch=self._etag)["Body"]
        except ClientError as refused:
            # 412, which alone the store leaves as it is.
            raise BucketUnavailableError(*self._place, "it was replaced while it was read.") from refused
