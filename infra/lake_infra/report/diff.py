"""`lake infra diff`: what would change if a template were deployed in place of another."""

from collections.abc import Iterator, Sequence

from lake_infra.policy.intrinsics import Template
from lake_infra.report.changes import Change, Changes, Kind, compare
from lake_infra.report.permissions import PermissionChanges, compare_permissions

_SIGNS: dict[Kind, str] = {"added": "+", "removed": "-", "changed": "~", "replaced": "!"}


def render_diff(before: Template, after: Template) -> str:
    """The differences in words, empty where there are none.

    Raises:
        PolicyError: a policy of one of them cannot be read.
    """
    changes, permissions = compare(before, after), compare_permissions(before, after)
    sections = {
        "Resources (+ new, - gone, ~ changed, ! replaced)": list(_resources(changes.resources)),
        "Permissions": list(_permissions(permissions)),
        "Parameters, outputs, conditions": list(changes.others),
    }
    parts = ["\n".join([f"{title}:", *(f"  {line}" for line in lines)]) for title, lines in sections.items() if lines]
    return "\n\n".join([*parts, _summary(changes, permissions)]) if parts else ""


def _resources(changes: Sequence[Change]) -> Iterator[str]:
    for change in changes:
        yield f"{_SIGNS[change.kind]} {change.type} {change.logical_id}"
        yield from (f"    {detail}" for detail in change.details)


def _permissions(changes: PermissionChanges) -> Iterator[str]:
    yield from (f"+ {grant}" for grant in changes.added)
    yield from (f"- {grant}" for grant in changes.removed)


def _summary(changes: Changes, permissions: PermissionChanges) -> str:
    count = {kind: sum(each.kind == kind for each in changes.resources) for kind in _SIGNS}
    told = ", ".join(f"{number} {kind}" for kind, number in count.items())
    return f"{told}; {len(permissions.added)} permission(s) more, {len(permissions.removed)} less"
