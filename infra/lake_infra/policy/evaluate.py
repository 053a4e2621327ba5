"""Answers one request as AWS does within one account: a deny always wins, else somebody has to allow it.

Of most resources either the role's own policies or the resource's policy may allow. A key (KMS) and a role (to take it)
let in nobody whom their own policy does not name; where it names the account, it leaves the answer to the role's policies.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lake_infra.policy.conditions import Context, holds
from lake_infra.policy.documents import Principal, Statement
from lake_infra.policy.errors import UnknownPrincipalError
from lake_infra.policy.template import Policies, Role
from lake_infra.policy.wildcards import matches_action, matches_arn

ASSUME = "sts:AssumeRole"


@dataclass(frozen=True)
class Request:
    """Who wants to do what.

    Attributes:
        principal: a role's logical id or ARN, or a service such as `events.amazonaws.com`.
        resource: an ARN, or `*` for actions that have no resource.
        context: keys of conditions. What every request over TLS of a role says is added where it is not given.
    """

    principal: str
    action: str
    resource: str
    context: Context = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Decision:
    """The answer. `statements` are those that decided: the denying ones, else the allowing ones, else none."""

    allowed: bool
    reason: str
    statements: tuple[Statement, ...] = ()


def decide(policies: Policies, request: Request) -> Decision:
    """Whether a request is allowed.

    Raises:
        PolicyError: a policy that matters holds what is not known, or the role is not there.
    """
    role = policies.role(request.principal)
    if role is None and not request.principal.endswith(".amazonaws.com"):
        raise UnknownPrincipalError(request.principal)
    asked = _Asked(request, role, policies.account.number, _context(policies, request, role))
    own = role.allows if role else ()
    guard = _guard(policies, request)
    denying = [each for each in (*own, *_of_boundary(role), *guard) if each.effect == "Deny" and asked.is_meant(each)]
    if denying:
        return Decision(False, "denied", tuple(denying))
    return _allowed(asked, own, guard, must_be_let_in=_must_be_let_in(request))


def _allowed(
    asked: "_Asked", own: Iterable[Statement], guard: Iterable[Statement], *, must_be_let_in: bool
) -> Decision:
    by_role = [each for each in own if each.effect == "Allow" and asked.is_meant(each)]
    by_resource = [each for each in guard if each.effect == "Allow" and asked.is_meant(each)]
    # Whom a resource lets in as everybody comes as a session, of which a boundary has nothing to say.
    as_anybody = any(principal.name == "*" for each in by_resource for principal in each.principals or ())
    if not (as_anybody or _within_boundary(asked)):
        return Decision(False, "the permissions boundary of the role does not allow it")
    directly = [each for each in by_resource if asked.is_named(each)]
    if directly:
        return Decision(True, "the policy of the resource allows it", tuple(directly + by_role))
    if by_role and (by_resource or not must_be_let_in):
        return Decision(True, "a policy of the role allows it", tuple(by_role + by_resource))
    if by_role:
        return Decision(False, "the policy of the resource does not let it in")
    return Decision(False, "nothing allows it")


@dataclass(frozen=True)
class _Asked:
    """A request beside what is known of who makes it."""

    request: Request
    role: Role | None
    account: str
    context: Context

    def is_meant(self, statement: Statement) -> bool:
        """Whether a statement speaks of this request."""
        return (
            self._principal(statement)
            and self._action(statement)
            and self._resource(statement)
            and all(holds(each, self.context, statement.where) for each in statement.conditions)
        )

    def is_named(self, statement: Statement) -> bool:
        """Whether a statement of a resource lets in this very principal, not only the account it is of."""
        return any(self._is(each) and not self._is_account(each) for each in statement.principals or ())

    def _principal(self, statement: Statement) -> bool:
        if statement.principals is not None:
            return any(map(self._is, statement.principals))
        return statement.not_principals is None or not any(map(self._is, statement.not_principals))

    def _is(self, principal: Principal) -> bool:
        if principal.name == "*":
            return principal.kind == "AWS"
        if principal.kind == "Service":
            return self.role is None and principal.name == self.request.principal
        return self.role is not None and (self._is_account(principal) or principal.name == self.role.arn)

    def _is_account(self, principal: Principal) -> bool:
        return principal.name == self.account or principal.name.endswith(f"::{self.account}:root")

    def _action(self, statement: Statement) -> bool:
        if statement.not_actions:
            return not any(matches_action(each, self.request.action) for each in statement.not_actions)
        return any(matches_action(each, self.request.action) for each in statement.actions)

    def _resource(self, statement: Statement) -> bool:
        where, arn = statement.where, self.request.resource
        if statement.not_resources:
            return not any(matches_arn(each, arn, where) for each in statement.not_resources)
        if not statement.resources:
            # Of a trust policy: the role itself is meant.
            return True
        return any(matches_arn(each, arn, where) for each in statement.resources)


def _guard(policies: Policies, request: Request) -> tuple[Statement, ...]:
    """The policy of the resource: of an object that of its bucket, of a role its trust policy."""
    if request.action.lower() == ASSUME.lower():
        target = policies.role(request.resource)
        if target is None:
            raise UnknownPrincipalError(request.resource)
        return target.trust
    owner = request.resource.split("/", 1)[0] if ":s3:::" in request.resource else request.resource
    return policies.resources.get(owner, ())


def _must_be_let_in(request: Request) -> bool:
    service = request.action.split(":", 1)[0].lower()
    return service == "kms" or request.action.lower() == ASSUME.lower()


def _within_boundary(asked: "_Asked") -> bool:
    if asked.role is None or asked.role.boundary is None:
        return True
    return any(each.effect == "Allow" and asked.is_meant(each) for each in asked.role.boundary)


def _of_boundary(role: Role | None) -> tuple[Statement, ...]:
    return role.boundary or () if role else ()


def _context(policies: Policies, request: Request, role: Role | None) -> Context:
    """What a request says of itself beside what is given."""
    account = policies.account.number
    own: Mapping[str, str] = {"aws:PrincipalArn": role.arn, "aws:PrincipalAccount": account} if role else {}
    told = {
        "aws:SecureTransport": "true",
        "aws:PrincipalIsAWSService": "false" if role else "true",
        "aws:ResourceAccount": account,
        **own,
    }
    given = {name.lower() for name in request.context}
    return {**{name: value for name, value in told.items() if name.lower() not in given}, **request.context}
