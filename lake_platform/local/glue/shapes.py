"""Requests and answers in the shapes of Glue's own service model, as botocore has it."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, cast

import botocore.session
from botocore.validate import ParamValidator

from lake_platform.local.glue.refusals import GlueError, invalid


class GlueModel:
    """The service model of Glue: a request that differs from it is refused, as Glue does."""

    def __init__(self) -> None:
        self._service: Any = botocore.session.get_session().get_service_model("glue")

    def require_valid(self, operation: str, request: Mapping[str, Any]) -> None:
        """Raises `GlueError` where the operation, a field or a type is not in the model."""
        if operation not in self._service.operation_names:
            raise GlueError("UnknownOperationException", f"Glue has no operation {operation}")
        shape = self._service.operation_model(operation).input_shape
        unknown = sorted(set(request) - set(shape.members))
        if unknown:
            raise invalid(f"Unknown field {unknown[0]}")
        report: Any = ParamValidator().validate(dict(request), shape)
        if report.has_errors():
            raise invalid(str(report.generate_report()))


def plain(value: Any) -> Any:
    """A value as the JSON protocol has it: times are seconds since 1970."""
    if isinstance(value, dt.datetime):
        return value.timestamp()
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in cast("list[Any]", value)]
    return value
