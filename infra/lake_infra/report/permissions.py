"""Which permissions two templates give differently, in words: who, what, on which resource, when."""

from collections.abc import Iterator
from dataclasses import dataclass

from lake_infra.policy.account import Account
from lake_infra.policy.documents import Condition, Statement
from lake_infra.policy.intrinsics import Template
from lake_infra.policy.template import Policies, read_policies

ACCOUNT = Account(number="111122223333", region="eu-central-1")
"""Stands for the account that a template is deployed to; it is the same on both sides of a comparison."""


@dataclass(frozen=True, order=True)
class Grant:
    """One action on one resource that somebody may do, or never may.

    Attributes:
        when: conditions in words; empty where there is none.
    """

    who: str
    may: bool
    action: str
    resource: str
    when: str = ""

    def __str__(self) -> str:
        verb = "may" if self.may else "may never"
        return f"{self.who} {verb} {self.action} on {self.resource}" + (f" where {self.when}" if self.when else "")


@dataclass(frozen=True)
class PermissionChanges:
    """Grants that would come and go."""

    added: tuple[Grant, ...]
    removed: tuple[Grant, ...]


def compare_permissions(before: Template, after: Template) -> PermissionChanges:
    """What the second template allows and denies otherwise than the first, statement by statement.

    A deny that comes is among the added ones. A grant that two statements give counts once.

    Raises:
        PolicyError: a template holds what is not known here.
    """
    old, new = (set(grants(read_policies(each, _account(each)))) for each in (before, after))
    return PermissionChanges(tuple(sorted(new - old)), tuple(sorted(old - new)))


def grants(policies: Policies) -> Iterator[Grant]:
    """Everything that the policies of a template say, one action and one resource at a time."""
    for role in policies.roles.values():
        name = f"role {role.arn.rpartition('/')[2]}"
        for statement in role.allows:
            yield from _of(statement, name)
        for statement in role.trust:
            for who in _principals(statement):
                yield from _of(statement, who, resource=name)
    for name, statements in policies.elsewhere.items():
        for statement in statements:
            yield from _of(statement, f"role {name}")
    for arn, statements in policies.resources.items():
        for statement in statements:
            for who in _principals(statement):
                yield from _of(statement, who, resource=arn if _is_itself(statement) else None)


def _account(template: Template) -> Account:
    """Parameters without a default get a value that names them."""
    parameters = template.get("Parameters", {})
    return Account(
        number=ACCOUNT.number,
        region=ACCOUNT.region,
        parameters={name: f"<{name}>" for name, body in parameters.items() if "Default" not in body},
    )


def _of(statement: Statement, who: str, resource: str | None = None) -> Iterator[Grant]:
    when = " and ".join(map(_condition, statement.conditions))
    actions = statement.actions or [f"anything but {each}" for each in statement.not_actions]
    resources = statement.resources or [f"anything but {each}" for each in statement.not_resources]
    for action in actions:
        for each in [resource] if resource else resources:
            yield Grant(who, statement.effect == "Allow", action, each, when)


def _principals(statement: Statement) -> list[str]:
    told = [_principal(each.kind, each.name) for each in statement.principals or ()]
    return told + [f"everybody but {each.name}" for each in statement.not_principals or ()]


def _principal(kind: str, name: str) -> str:
    if name == "*":
        return "everybody"
    if kind == "AWS" and name.endswith(":root"):
        return "whom the account lets"
    return f"role {name.rpartition('/')[2]}" if ":role/" in name else name


def _is_itself(statement: Statement) -> bool:
    """In the policy of a key `*` is that key."""
    return statement.resources == ("*",)


def _condition(condition: Condition) -> str:
    return f"{condition.key} {condition.operator} {' or '.join(condition.values)}"
