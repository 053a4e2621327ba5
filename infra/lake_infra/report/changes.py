"""How two templates differ in resources, parameters and outputs."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from lake_infra.report.replacement import replacing_properties

Template = Mapping[str, Any]
Kind = Literal["added", "removed", "changed", "replaced"]
_KEPT = ("Retain", "RetainExceptOnCreate")
_LONGEST = 80
"""Characters of a value that are shown."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One resource that differs.

    Attributes:
        details: what differs of a resource that stays, and what becomes of one that goes: a sentence each.
    """

    kind: Kind
    type: str
    logical_id: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class Changes:
    """What differs besides permissions; `others` are sentences about parameters, outputs and conditions."""

    resources: tuple[Change, ...]
    others: tuple[str, ...]


def compare(before: Template, after: Template) -> Changes:
    """The changes that would make the first template the second, in the order of logical ids."""
    old, new = (cast("dict[str, dict[str, Any]]", template.get("Resources", {})) for template in (before, after))
    found = (_change(logical_id, old.get(logical_id), new.get(logical_id)) for logical_id in sorted({*old, *new}))
    return Changes(tuple(each for each in found if each is not None), tuple(_others(before, after)))


def _change(logical_id: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> Change | None:
    if old is None:
        assert new is not None
        return Change(kind="added", type=new["Type"], logical_id=logical_id)
    if new is None:
        return Change(kind="removed", type=old["Type"], logical_id=logical_id, details=(_fate(old, "DeletionPolicy"),))
    if old == new:
        return None
    if old["Type"] != new["Type"]:
        told = (f"Type: {old['Type']} → {new['Type']}", _replaced(old))
        return Change(kind="replaced", type=new["Type"], logical_id=logical_id, details=told)
    differing = list(_differences(old, new))
    forcing = replacing_properties(old["Type"])
    replaced = forcing is not None and any(_forces(path, forcing) for path, _ in differing)
    details = [f"{path.removeprefix('Properties/')}: {told}" for path, told in differing]
    if forcing is None:
        details.append(f"whether {old['Type']} is replaced is not known here")
    if replaced:
        details.append(_replaced(old))
    return Change(
        kind="replaced" if replaced else "changed", type=old["Type"], logical_id=logical_id, details=tuple(details)
    )


def _forces(path: str, forcing: frozenset[str]) -> bool:
    """Whether a property, or one that holds it or is in it, can only be set when a resource is made."""
    inside = path.removeprefix("Properties/")
    return path.startswith("Properties/") and any(
        inside == each or inside.startswith(f"{each}/") or each.startswith(f"{inside}/") for each in forcing
    )


def _replaced(old: Mapping[str, Any]) -> str:
    return f"of the one before: {_fate(old, 'UpdateReplacePolicy')}"


def _fate(resource: Mapping[str, Any], policy: str) -> str:
    """What becomes of a resource that goes."""
    told = resource.get(policy, "Delete")
    if told == "Snapshot" or "FinalSnapshotName" in resource.get("Properties", {}):
        return "it is deleted after a snapshot"
    return "it stays, outside of the stack" if told in _KEPT else "it is deleted"


def _differences(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """The smallest parts that differ, by their path."""
    if isinstance(old, dict) and isinstance(new, dict) and not (_is_function(old) or _is_function(new)):
        before, after = cast("dict[str, Any]", old), cast("dict[str, Any]", new)
        for name in sorted({*before, *after}):
            yield from _differences(before.get(name), after.get(name), f"{path}/{name}" if path else name)
    elif old != new:
        yield path, f"{_shown(old)} → {_shown(new)}"


def _is_function(value: Mapping[str, Any]) -> bool:
    return len(value) == 1 and next(iter(value)).startswith(("Ref", "Fn::"))


def _shown(value: object) -> str:
    if value is None:
        return "(none)"
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _others(before: Template, after: Template) -> Iterator[str]:
    for section, word in (("Parameters", "parameter"), ("Outputs", "output"), ("Conditions", "condition")):
        old, new = before.get(section, {}), after.get(section, {})
        for name in sorted({*old, *new}):
            if name not in old:
                needed = word == "parameter" and "Default" not in new[name]
                yield f"+ {word} {name}" + (", which has no default: give it a value" if needed else "")
            elif name not in new:
                yield f"- {word} {name}"
            else:
                yield from (f"~ {word} {name} {path}: {told}" for path, told in _differences(old[name], new[name]))
