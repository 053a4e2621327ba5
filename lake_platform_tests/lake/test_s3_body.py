"""Bodies that are cut, against the real client: a server of our own cuts them."""

import hashlib
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest
from botocore.config import Config

from lake_platform.errors import BucketUnavailableError
from lake_platform.lake.stores.s3 import S3Store

CONTENT = bytes(range(256)) * 4096


class CuttingS3(ThreadingHTTPServer):
    """Gives one object and breaks off after `cut` bytes of each answer, `cuts` times."""

    content = CONTENT
    cut = 300_000
    cuts = 0
    asked: list[str]
    checksum = ""


class _Handler(BaseHTTPRequestHandler):
    server: CuttingS3  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        whole = self.server.content
        etag = f'"{hashlib.md5(whole).hexdigest()}"'
        if self.headers.get("If-Match") not in (None, etag):
            self.send_error(412)
            return
        wanted = re.match(r"bytes=(\d+)-", self.headers.get("Range") or "")
        body = whole[int(wanted[1]) :] if wanted else whole
        self.server.asked.append(self.headers.get("Range") or "whole")
        self.send_response(206 if wanted else 200)
        self.send_header("ETag", etag)
        self.send_header("Content-Length", str(len(body)))
        if self.server.checksum:
            self.send_header("x-amz-checksum-crc32", self.server.checksum)
        self.end_headers()
        self.server.cuts -= 1
        self.wfile.write(body if self.server.cuts < 0 else body[: self.server.cut])

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 its name in the standard library
        pass


@pytest.fixture
def cutting() -> Iterator[tuple[CuttingS3, S3Store]]:
    with CuttingS3(("127.0.0.1", 0), _Handler) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        client = boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{server.server_port}",
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(proxies={}, retries={"max_attempts": 1}),
        )
        yield server, S3Store(client, "lake")
        client.close()
        server.shutdown()
        thread.join()


def test_a_body_that_is_cut_is_read_on_from_there(cutting: tuple[CuttingS3, S3Store]) -> None:
    server, store = cutting
    server.cuts = 2

    assert store.read("k") == CONTENT
    assert server.asked == ["whole", "bytes=300000-", "bytes=600000-"]


def test_a_body_that_is_cut_without_a_byte_is_given_up_as_transient(cutting: tuple[CuttingS3, S3Store]) -> None:
    server, store = cutting
    server.cuts, server.cut = 100, 0

    with pytest.raises(BucketUnavailableError, match="cut after 0 bytes"):
        store.read("k")
    assert len(server.asked) == 6


def test_an_object_that_was_replaced_meanwhile_is_not_joined(cutting: tuple[CuttingS3, S3Store]) -> None:
    server, store = cutting
    server.cuts = 1
    with store.open("k") as stream:
        stream.read(1000)
        server.content = CONTENT[::-1]

        with pytest.raises(BucketUnavailableError, match="replaced"):
            stream.read()


def test_bytes_that_came_damaged_are_told(cutting: tuple[CuttingS3, S3Store]) -> None:
    server, store = cutting
    server.checksum = "AAAAAA=="

    with pytest.raises(BucketUnavailableError, match="came damaged"):
        store.read("k")
