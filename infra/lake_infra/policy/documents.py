"""Policy documents as plain values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from lake_infra.policy.errors import PolicyFormError

Effect = Literal["Allow", "Deny"]
_MEMBERS = frozenset(
    {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition"}
)
_PRINCIPALS = ("AWS", "Service", "Federated")


@dataclass(frozen=True)
class Condition:
    """One line of a condition: all lines of a statement have to hold, any of `values` is enough for one."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Principal:
    """Who a statement of a resource policy is about; `kind` is AWS, Service or Federated, `*` is everybody."""

    kind: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement. Of each pair (`actions`, `not_actions`), one is empty.

    Attributes:
        where: the policy and the place in it, for people.
        principals: None in an identity policy.
    """

    where: str
    sid: str
    effect: Effect
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    principals: tuple[Principal, ...] | None = None
    not_principals: tuple[Principal, ...] | None = None
    conditions: tuple[Condition, ...] = ()


def read_identity_policy(document: object, where: str) -> tuple[Statement, ...]:
    """The statements of a policy of a role.

    Raises:
        PolicyFormError: AWS would not take it.
    """
    statements = _statements(document, where)
    for each in statements:
        if each.principals is not None or each.not_principals is not None:
            raise PolicyFormError("a policy of a role names no principal", each.where)
        if not (each.resources or each.not_resources):
            raise PolicyFormError("a statement of a policy of a role needs Resource or NotResource", each.where)
    return statements


def read_resource_policy(document: object, where: str) -> tuple[Statement, ...]:
    """The statements of a policy of a resource.

    Raises:
        PolicyFormError: AWS would not take it, or it has no resource, whose reach would not be certain.
    """
    statements = read_trust_policy(document, where)
    for each in statements:
        if not (each.resources or each.not_resources):
            raise PolicyFormError("a statement of a resource's policy needs Resource or NotResource", each.where)
    return statements


def read_trust_policy(document: object, where: str) -> tuple[Statement, ...]:
    """The statements of who may take a role; they name no resource, the role is meant.

    Raises:
        PolicyFormError: AWS would not take it.
    """
    statements = _statements(document, where)
    for each in statements:
        if each.principals is None and each.not_principals is None:
            raise PolicyFormError("a statement of a resource's policy needs Principal or NotPrincipal", each.where)
        if each.effect == "Allow" and each.not_principals is not None:
            raise PolicyFormError("Allow with NotPrincipal lets in everybody else: name who is meant", each.where)
    return statements


def _statements(document: object, where: str) -> tuple[Statement, ...]:
    if not isinstance(document, dict):
        raise PolicyFormError("a policy document is a mapping", where)
    body = cast("dict[str, Any]", document)
    if body.get("Version") != "2012-10-17":
        raise PolicyFormError(
            "Version has to be 2012-10-17: an older one reads wildcards and variables otherwise", where
        )
    found = body.get("Statement", [])
    listed = cast("list[Any]", found) if isinstance(found, list) else [found]
    return tuple(_statement(each, f"{where}[{number}]") for number, each in enumerate(listed))


def _statement(body: object, where: str) -> Statement:
    if not isinstance(body, dict):
        raise PolicyFormError("a statement is a mapping", where)
    told = cast("dict[str, Any]", body)
    unknown = sorted(set(told) - _MEMBERS)
    if unknown:
        raise PolicyFormError(f"unknown members of a statement: {', '.join(unknown)}", where)
    effect = told.get("Effect")
    if effect != "Allow" and effect != "Deny":
        raise PolicyFormError("Effect is neither Allow nor Deny", where)
    if ("Action" in told) == ("NotAction" in told):
        raise PolicyFormError("a statement has either Action or NotAction", where)
    if "Resource" in told and "NotResource" in told:
        raise PolicyFormError("a statement has Resource or NotResource, not both", where)
    return Statement(
        where=where,
        sid=str(told.get("Sid", "")),
        effect=effect,
        actions=_texts(told.get("Action"), where),
        not_actions=_texts(told.get("NotAction"), where),
        resources=_texts(told.get("Resource"), where),
        not_resources=_texts(told.get("NotResource"), where),
        principals=_principals(told.get("Principal"), where),
        not_principals=_principals(told.get("NotPrincipal"), where),
        conditions=tuple(_conditions(told.get("Condition", {}), where)),
    )


def _principals(told: object, where: str) -> tuple[Principal, ...] | None:
    if told is None:
        return None
    if told == "*":
        return (Principal("AWS", "*"),)
    if not isinstance(told, dict):
        raise PolicyFormError('a principal is "*" or a mapping', where)
    body = cast("dict[str, Any]", told)
    unknown = sorted(set(body) - set(_PRINCIPALS))
    if unknown:
        raise PolicyFormError(f"unknown kinds of principals: {', '.join(unknown)}", where)
    return tuple(Principal(kind, name) for kind, names in body.items() for name in _texts(names, where))


def _conditions(told: object, where: str) -> Iterable[Condition]:
    if not isinstance(told, dict):
        raise PolicyFormError("Condition is a mapping", where)
    for operator, lines in cast("dict[str, Mapping[str, Any]]", told).items():
        for key, values in lines.items():
            yield Condition(operator, key, _texts(values, where))


def _texts(told: object, where: str) -> tuple[str, ...]:
    """One text or a list of them; truth values and numbers as JSON writes them."""
    if told is None:
        return ()
    found = cast("list[object]", told) if isinstance(told, list) else [told]
    return tuple(_text(each, where) for each in found)


def _text(value: object, where: str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if not isinstance(value, str):
        raise PolicyFormError(f"{value!r} is no text", where)
    if "${" in value:
        raise PolicyFormError(f"the policy variable in {value!r} is not known here", where)
    return value
