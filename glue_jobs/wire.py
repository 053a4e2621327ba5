"""Frozen dataclasses to JSON and back, strictly: a field too many, one too few or one of a wrong type is an error."""

import dataclasses
import json
import types
import typing
from typing import Any, Literal, TypeVar, Union, cast

from glue_jobs.errors import WireFormatError

FORMAT_VERSION = 1

T = TypeVar("T")


def to_wire(value: Any) -> str:
    """One JSON object with its kind and format version; fields marked as secret are left out."""
    body = _plain(value)
    return json.dumps(
        {"kind": type(value).__name__, "format_version": FORMAT_VERSION, **body}, ensure_ascii=False, indent=1
    )


def from_wire(kind: type[T], text: str) -> T:
    """The dataclass that `to_wire` made this text of.

    Raises:
        WireFormatError: it is another kind or version, or differs from the dataclass anywhere.
    """
    try:
        document: Any = json.loads(text)
    except ValueError as error:
        raise WireFormatError(kind.__name__, "the document", f"is not JSON ({error})") from error
    if not isinstance(document, dict):
        raise WireFormatError(kind.__name__, "the document", "is not an object")
    body = dict(cast("dict[str, Any]", document))
    for name, wanted in (("kind", kind.__name__), ("format_version", FORMAT_VERSION)):
        if (found := body.pop(name, None)) != wanted:
            raise WireFormatError(kind.__name__, name, f"is {found!r}, not {wanted!r}")
    return _build(kind, body, kind.__name__)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        fields = [field for field in dataclasses.fields(value) if not field.metadata.get("secret")]
        return {field.name: _plain(getattr(value, field.name)) for field in fields}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in cast("dict[str, Any]", value).items()}
    return value


def _build(kind: type[T], body: Any, where: str) -> T:
    if not isinstance(body, dict):
        raise WireFormatError(kind.__name__, where, "is not an object")
    given = cast("dict[str, Any]", body)
    hints = typing.get_type_hints(kind)
    fields = {field.name: field for field in dataclasses.fields(cast("Any", kind))}
    if unknown := sorted(set(given) - set(fields)):
        raise WireFormatError(kind.__name__, where, f"has the unknown field {unknown[0]!r}")
    for name, field in fields.items():
        optional = field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
        if name not in given and not optional:
            raise WireFormatError(kind.__name__, where, f"lacks the field {name!r}")
    return kind(**{name: _value(hints[name], item, f"{where}.{name}") for name, item in given.items()})


def _value(hint: Any, item: Any, where: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if dataclasses.is_dataclass(hint):
        return _build(cast("type[Any]", hint), item, where)
    if origin in (Union, types.UnionType):
        return None if item is None else _value(next(a for a in arguments if a is not type(None)), item, where)
    if origin is tuple:
        _require(isinstance(item, list), where, "is not a list")
        return tuple(_value(arguments[0], part, f"{where}[{at}]") for at, part in enumerate(item))
    if origin is dict:
        _require(isinstance(item, dict), where, "is not an object")
        return {key: _value(arguments[1], part, f"{where}.{key}") for key, part in item.items()}
    if origin is Literal:
        _require(item in arguments, where, f"is {item!r}, not one of {', '.join(map(str, arguments))}")
        return item
    if hint is object:
        return item
    accepted = (int, float) if hint is float else hint
    _require(
        isinstance(item, accepted) and isinstance(item, bool) == (hint is bool),
        where,
        f"is {item!r}, not a {hint.__name__}",
    )
    return float(item) if hint is float else item


def _require(holds: bool, where: str, fault: str) -> None:
    if not holds:
        raise WireFormatError("document", where, fault)
