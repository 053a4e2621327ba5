"""Operations of S3 by Amazon's names. Its protocol has no name on the wire: method, path and query tell them apart."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.etree import ElementTree

import botocore.session

_COPY_SOURCE = "x-amz-copy-source"
_BUCKET, _OBJECT = "/{Bucket}", "/{Bucket}/{Key+}"
_OTHER_HOSTS = frozenset({"ListDirectoryBuckets"})


@dataclass(frozen=True)
class _Shape:
    """What a request must have to be of this operation."""

    operation: str
    method: str
    path: str
    query: frozenset[str]
    headers: frozenset[str]


def s3_operation(method: str, target: str, headers: Mapping[str, str], *, body: bytes) -> tuple[str, tuple[str, ...]]:
    """The operation, and the ARNs of its bucket, its object or each object it deletes.

    Args:
        target: with the bucket in the path.
        headers: names in small letters.
    """
    at = urlsplit(target)
    bucket, _, key = unquote(at.path).lstrip("/").partition("/")
    query = parse_qsl(at.query, keep_blank_values=True)
    told = frozenset(part for name, value in query for part in (name, f"{name}={value}"))
    operation = _matched(method, _OBJECT if key else _BUCKET if bucket else "/", told, headers)
    if not bucket:
        return operation, ("*",)
    if operation == "DeleteObjects":
        return operation, tuple(_arn(bucket, each) for each in _deleted(body))
    return operation, (_arn(bucket, key),)


def s3_reads(headers: Mapping[str, str]) -> tuple[str, ...]:
    """The ARN of the object that a copy reads."""
    source = unquote(headers.get(_COPY_SOURCE, "").partition("?")[0])
    return (_arn(*source.lstrip("/").split("/", 1)),) if source else ()


def _matched(method: str, path: str, told: frozenset[str], headers: Mapping[str, str]) -> str:
    """The operation whose demands are met and that demands most."""
    fitting = [
        shape
        for shape in _shapes()
        if shape.method == method
        and shape.path == path
        and shape.query <= told
        and all(name in headers for name in shape.headers)
    ]
    best = max(fitting, key=lambda shape: len(shape.query) + len(shape.headers), default=None)
    return best.operation if best is not None else f"{method} {path}"


@cache
def _shapes() -> tuple[_Shape, ...]:
    """Of the service model that boto3 has, the names that are in use before those that they have replaced."""
    model: Any = botocore.session.get_session().get_service_model("s3")
    operations = [model.operation_model(name) for name in model.operation_names if name not in _OTHER_HOSTS]
    return tuple(_shape(each) for each in sorted(operations, key=lambda each: each.deprecated))


def _shape(operation: Any) -> _Shape:
    path, _, literal = str(operation.http["requestUri"]).partition("?")
    members: Mapping[str, Any] = operation.input_shape.members if operation.input_shape else {}
    required = [members[name] for name in operation.input_shape.required_members] if members else []
    asked = {place: _named(required, place) for place in ("querystring", "header")}
    return _Shape(
        operation=operation.name,
        method=operation.http["method"],
        path=path,
        query=frozenset(part for part in literal.split("&") if part) | asked["querystring"],
        headers=frozenset(name.lower() for name in asked["header"]),
    )


def _named(members: list[Any], place: str) -> frozenset[str]:
    return frozenset(str(each.serialization["name"]) for each in members if each.serialization.get("location") == place)


def _deleted(body: bytes) -> list[str]:
    root = ElementTree.fromstring(body)
    return [each.text or "" for each in root.iter() if each.tag.rpartition("}")[2] == "Key"]


def _arn(bucket: str, key: str) -> str:
    return f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"
