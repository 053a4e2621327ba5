"""Event messages of S3: which keys of a bucket were written. Three forms: from S3, through SNS, through EventBridge."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import unquote_plus

from lake_platform.errors import UnreadableMessageError


@dataclass(frozen=True)
class LandedKey:
    """An object that was written."""

    bucket: str
    key: str


def landed_keys(body: str) -> tuple[LandedKey, ...]:
    """The objects that a message says were written; none for a test message or a deletion.

    Raises:
        UnreadableMessageError: the message is of no form that is known; it is a matter of the dead-letter queue.
    """
    told = _document(body)
    if told.get("Type") == "Notification" and isinstance(told.get("Message"), str):
        return landed_keys(told["Message"])
    if told.get("Event") == "s3:TestEvent":
        return ()
    try:
        if "Records" in told:
            return tuple(_records(told["Records"]))
        if told.get("source") == "aws.s3":
            return _event_bridge(told)
    except (AttributeError, KeyError, TypeError) as error:
        raise UnreadableMessageError(f"{error!r} is missing or of another type") from error
    raise UnreadableMessageError("it is neither of S3 nor of SNS nor of EventBridge")


def _document(body: str) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except ValueError as error:
        raise UnreadableMessageError(f"it is no JSON ({error})") from error
    if not isinstance(told, dict):
        raise UnreadableMessageError("it is no JSON object")
    return cast("dict[str, Any]", told)


def _records(records: Iterable[Mapping[str, Any]]) -> Iterable[LandedKey]:
    for record in records:
        version = str(record["eventVersion"])
        if version.split(".")[0] != "2":
            raise UnreadableMessageError(f"its eventVersion is {version}, and this version of the platform knows 2.x")
        name = str(record["eventName"]).removeprefix("s3:")
        if name.startswith(("ObjectCreated:", "ObjectRestore:Completed")):
            # Here keys are encoded as in a form; EventBridge has them as they are.
            yield LandedKey(record["s3"]["bucket"]["name"], unquote_plus(record["s3"]["object"]["key"]))


def _event_bridge(told: Mapping[str, Any]) -> tuple[LandedKey, ...]:
    if str(told["version"]) != "0":
        raise UnreadableMessageError(f"its version is {told['version']}, and this version of the platform knows 0")
    if told["detail-type"] not in ("Object Created", "Object Restore Completed"):
        return ()
    return (LandedKey(str(told["detail"]["bucket"]["name"]), str(told["detail"]["object"]["key"])),)
