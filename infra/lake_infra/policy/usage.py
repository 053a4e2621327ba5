"""What a role may do and has not done: by the calls that were recorded."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lake_infra.policy.calls import Permission
from lake_infra.policy.documents import Statement
from lake_infra.policy.template import Role
from lake_infra.policy.wildcards import matches_action, matches_arn


@dataclass(frozen=True, order=True)
class Allowed:
    """One action that a role may do on what one pattern names."""

    action: str
    resource: str


def unused(role: Role, permissions: Sequence[Permission]) -> list[Allowed]:
    """What no permission of recorded calls needed, each action and pattern by itself."""
    found = {each for statement in role.allows if statement.effect == "Allow" for each in _allowed(statement)}
    return sorted(each for each in found if not _is_used(each, permissions))


def _allowed(statement: Statement) -> Iterable[Allowed]:
    return (Allowed(action, resource) for action in statement.actions for resource in statement.resources)


def _is_used(allowed: Allowed, permissions: Iterable[Permission]) -> bool:
    return any(
        matches_action(allowed.action, needed.action) and matches_arn(allowed.resource, needed.resource, allowed.action)
        for needed in permissions
    )
