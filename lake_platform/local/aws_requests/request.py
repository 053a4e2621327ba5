"""One signed request of AWS: the access key, the operation by Amazon's own name, and the ARNs of what it names."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from lake_platform.local.aws_requests.arns import arn_of
from lake_platform.local.aws_requests.s3 import s3_operation, s3_reads

_SCOPE = re.compile(r"Credential=([^/,\s]+)/\d+/([^/]+)/([^/]+)/aws4_request")


@dataclass(frozen=True, kw_only=True)
class Wire:
    """A request as HTTP has it: the names of headers in small letters, the target not unquoted."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, kw_only=True)
class AwsRequest:
    """Who asks for what.

    Attributes:
        key_id: the access key that has signed; empty for what nobody has signed.
        call: `service.Operation`, the service as in the signature.
        resources: ARNs; a request without one has `*`.
        reads: ARNs of what is read to copy it; the service authorizes that as a call of its own.
    """

    key_id: str
    call: str
    resources: tuple[str, ...]
    reads: tuple[str, ...] = ()


def read_request(wire: Wire) -> AwsRequest:
    """What a request says. An operation that cannot be told is named by method and path."""
    scope = _SCOPE.search(wire.headers.get("authorization", ""))
    key_id, region, service = scope.groups() if scope else ("", "", "unsigned")
    if service == "s3":
        operation, resources = s3_operation(wire.method, wire.target, wire.headers, body=wire.body)
        reads = s3_reads(wire.headers)
        return AwsRequest(key_id=key_id, call=f"s3.{operation}", resources=resources, reads=reads)
    operation, parameters = _called(wire)
    resource = arn_of(service, operation, parameters, region=region)
    return AwsRequest(key_id=key_id, call=f"{service}.{operation}", resources=(resource,))


def needs_body(wire: Wire) -> bool:
    """Whether the body says what is asked: of S3 only the list of objects to delete does."""
    return "/s3/aws4_request" not in wire.headers.get("authorization", "") or _deletes_many(wire)


def _deletes_many(wire: Wire) -> bool:
    return wire.method == "POST" and urlsplit(wire.target).query.split("&")[0] in ("delete", "delete=")


def _called(wire: Wire) -> tuple[str, Mapping[str, Any]]:
    """Operation and parameters of the JSON and the query protocol."""
    target = wire.headers.get("x-amz-target")
    if target is not None:
        return target.rpartition(".")[2], cast("dict[str, Any]", json.loads(wire.body or b"{}"))
    form = parse_qs((wire.body or urlsplit(wire.target).query.encode()).decode("utf-8", "replace"))
    if "Action" in form:
        return form["Action"][0], {name: values[0] for name, values in form.items()}
    return f"{wire.method} {urlsplit(wire.target).path}", {}
