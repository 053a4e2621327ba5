"""What a call names, as ARNs: the narrowest thing that its parameters tell."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

ACCOUNT = "123456789012"
"""The account that the servers here play."""

Parameters = Mapping[str, Any]


def arn_of(service: str, operation: str, parameters: Parameters, *, region: str) -> str:
    """The ARN, or `*` for a call that names nothing."""
    told = _NAMED.get(service)
    name = told(operation, parameters) if told is not None else None
    if name is None:
        return "*"
    return name if name.startswith("arn:") else f"arn:aws:{service}:{region}:{ACCOUNT}:{name}"


def _queue(_: str, parameters: Parameters) -> str | None:
    url = parameters.get("QueueUrl")
    return urlsplit(url).path.rpartition("/")[2] if url else parameters.get("QueueName")


def _topic(_: str, parameters: Parameters) -> str | None:
    return parameters.get("TopicArn") or parameters.get("Name")


def _secret(_: str, parameters: Parameters) -> str | None:
    named = parameters.get("SecretId") or parameters.get("Name")
    return named if named is None or named.startswith("arn:") else f"secret:{named}"


def _parameter(_: str, parameters: Parameters) -> str | None:
    named = parameters.get("Name")
    return None if named is None else f"parameter/{named.lstrip('/')}"


def _log(_: str, parameters: Parameters) -> str | None:
    group, stream = parameters.get("logGroupName"), parameters.get("logStreamName")
    if group is None:
        return None
    return f"log-group:{group}:log-stream:{stream}" if stream else f"log-group:{group}"


def _glue(operation: str, parameters: Parameters) -> str:
    """Jobs and crawlers by their name, what the catalog holds as table, database or catalog."""
    if "ResourceArn" in parameters:
        return parameters["ResourceArn"]
    if "Crawler" in operation:
        return f"crawler/{parameters['Name']}" if "Name" in parameters else "*"
    if "Job" in operation:
        named = parameters.get("JobName") or parameters.get("Name")
        return f"job/{named}" if named else "*"
    database = parameters.get("DatabaseName") or _database(operation, parameters)
    table = _table(operation, parameters)
    return f"table/{database}/{table}" if table else f"database/{database}" if database else "catalog"


def _database(operation: str, parameters: Parameters) -> str | None:
    inside = parameters.get("DatabaseInput", {}).get("Name")
    return inside or (parameters.get("Name") if operation.endswith("Database") else None)


def _table(operation: str, parameters: Parameters) -> str | None:
    inside = parameters.get("TableName") or parameters.get("TableInput", {}).get("Name")
    return inside or (parameters.get("Name") if operation.endswith("Table") else None)


_NAMED: Mapping[str, Callable[[str, Parameters], str | None]] = {
    "glue": _glue,
    "logs": _log,
    "secretsmanager": _secret,
    "sns": _topic,
    "sqs": _queue,
    "ssm": _parameter,
}
