"""From pydantic's errors to faults that an author understands."""

from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from lake_platform.contract.document import Document
from lake_platform.contract.faults import Location, closest

_FIELDS = "docs/dataset.md, docs/table.md and docs/notebook.md list the fields"
_KINDS = {
    "string_type": "a text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping of fields",
    "model_attributes_type": "a mapping of fields",
}


def explain(document: Document, detail: ErrorDetails, model: type[BaseModel]) -> None:
    """Adds the fault that one error of pydantic about a model stands for."""
    at: Location = ("attributes", *_own_path(detail["loc"]))
    message, hint = _message(detail, at, model)
    document.fault(at, message, hint)


def _message(detail: ErrorDetails, at: Location, model: type[BaseModel]) -> tuple[str, str]:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return f"unknown key {at[-1]!r}", closest(str(at[-1]), _fields_at(at[1:-1], model))
    if kind == "missing":
        return f"{at[-1]!r} is missing", _FIELDS
    if kind == "literal_error":
        return f"{_shown(detail['input'])} is not one of {context['expected']}", ""
    if kind in _KINDS:
        return f"{_shown(detail['input'])} is not {_KINDS[kind]}", _type_hint(kind, detail["input"])
    if kind == "value_error":
        return str(context["error"]), ""
    if kind == "too_short":
        return "the list is empty", _FIELDS
    return f"{_shown(detail['input'])}: {detail['msg'][:1].lower()}{detail['msg'][1:]}", ""


def _type_hint(kind: str, given: object) -> str:
    if kind == "string_type" and isinstance(given, bool | int | float):
        return f'put it in quotes: "{str(given).lower() if isinstance(given, bool) else given}"'
    if kind == "string_type" and given is None:
        return 'write a text, "" for an empty one'
    if kind == "bool_type" and isinstance(given, str) and given.lower() in ("yes", "no", "on", "off"):
        return "yes, no, on and off are texts here, as in JSON"
    if kind == "list_type":
        return "write it in brackets: [a, b]"
    return ""


def _shown(given: object) -> str:
    if given is None:
        return "nothing"
    if isinstance(given, dict | list):
        return "a mapping" if isinstance(given, dict) else "a list"
    return repr(given) if not isinstance(given, bool) else str(given).lower()


def _own_path(at: tuple[int | str, ...]) -> Location:
    """Without the steps that pydantic adds for the branches of a union: `files.list[str]`."""
    return tuple(step for step in at if isinstance(step, int) or not (step == "str" or step.startswith("list[")))


def _fields_at(at: Location, model: type[BaseModel]) -> list[str]:
    """The fields of the model at a path below another one."""
    for step in at:
        if isinstance(step, int):
            continue
        field = next((f for name, f in model.model_fields.items() if step in (name, f.alias)), None)
        inner = _model_in(field.annotation) if field else None
        if inner is None:
            break
        model = inner
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for arg in get_args(annotation) if (found := _model_in(arg))), None)
