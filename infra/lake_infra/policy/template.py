"""The policies of a template: what roles may, whom resources let in, who may take a role."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from lake_infra.policy.account import KINDS, Account
from lake_infra.policy.documents import Statement, read_identity_policy, read_resource_policy, read_trust_policy
from lake_infra.policy.errors import PolicyFormError
from lake_infra.policy.intrinsics import Resolver, Template


@dataclass(frozen=True, kw_only=True)
class Role:
    """A role of the template.

    Attributes:
        trust: who may take it.
        allows: all statements of its policies, whether inline or attached.
        boundary: statements of its permissions boundary; None where it has none.
    """

    logical_id: str
    arn: str
    trust: tuple[Statement, ...]
    allows: tuple[Statement, ...]
    boundary: tuple[Statement, ...] | None


@dataclass(frozen=True, kw_only=True)
class Policies:
    """All policies of a template.

    Attributes:
        roles: by logical id.
        resources: statements of policies of buckets, queues, topics, keys and secrets, by the ARN of what has them.
        elsewhere: statements for roles that another template has, by their names.
    """

    account: Account
    roles: Mapping[str, Role]
    resources: Mapping[str, tuple[Statement, ...]]
    elsewhere: Mapping[str, tuple[Statement, ...]]

    def role(self, text: str) -> Role | None:
        """A role by its logical id or ARN."""
        found = self.roles.get(text)
        return found or next((role for role in self.roles.values() if role.arn == text), None)


def read_policies(template: Template, account: Account, *, managed: Mapping[str, object] | None = None) -> Policies:
    """Reads the policies of a template.

    Args:
        managed: documents of managed policies that the template does not hold, by ARN, such as those of AWS.

    Raises:
        PolicyError: something in them is not known, or AWS would not take it.
    """
    reader = _Reader(template, account, managed or {})
    return Policies(
        account=account,
        roles=reader.roles(),
        resources=reader.resource_policies(),
        elsewhere=reader.elsewhere(),
    )


def joined(first: Policies, second: Policies) -> Policies:
    """The policies of two templates of one account, roles by their ARNs; what one says of roles of the other counts."""
    elsewhere = {**first.elsewhere, **second.elsewhere}
    roles = [*first.roles.values(), *second.roles.values()]
    named = {role.arn.rpartition("/")[2] for role in roles}
    return Policies(
        account=first.account,
        roles={role.arn: _with(role, elsewhere) for role in roles},
        resources={**first.resources, **second.resources},
        elsewhere={name: statements for name, statements in elsewhere.items() if name not in named},
    )


def _with(role: Role, elsewhere: Mapping[str, tuple[Statement, ...]]) -> Role:
    return replace(role, allows=role.allows + elsewhere.get(role.arn.rpartition("/")[2], ()))


_RESOURCE_POLICIES: Mapping[str, tuple[str, str]] = {
    "AWS::S3::BucketPolicy": ("Bucket", "AWS::S3::Bucket"),
    "AWS::SQS::QueuePolicy": ("Queues", "AWS::SQS::Queue"),
    "AWS::SNS::TopicPolicy": ("Topics", "AWS::SNS::Topic"),
    "AWS::SecretsManager::ResourcePolicy": ("SecretId", "AWS::SecretsManager::Secret"),
}
"""Policies that are resources of their own: the property that names what they are about, and its kind."""


class _Reader:
    def __init__(self, template: Template, account: Account, managed: Mapping[str, object]) -> None:
        self._account, self._managed = account, managed
        self._resolver = Resolver(template, account)
        everything = cast("dict[str, dict[str, Any]]", template.get("Resources", {}))
        self._resources = {
            logical_id: body
            for logical_id, body in everything.items()
            if "Condition" not in body or self._resolver.holds(body["Condition"], logical_id)
        }

    def roles(self) -> dict[str, Role]:
        return {logical_id: self._role(logical_id, body) for logical_id, body in self._of("AWS::IAM::Role")}

    def resource_policies(self) -> dict[str, tuple[Statement, ...]]:
        found: dict[str, tuple[Statement, ...]] = {}
        for kind, (member, about) in _RESOURCE_POLICIES.items():
            for logical_id, body in self._of(kind):
                statements = read_resource_policy(
                    self._document(body, logical_id, "PolicyDocument", "ResourcePolicy"), logical_id
                )
                for arn in self._meant(body[member], about, logical_id):
                    found[arn] = found.get(arn, ()) + statements
        for logical_id, body in self._of("AWS::KMS::Key"):
            statements = read_resource_policy(self._document(body, logical_id, "KeyPolicy"), logical_id)
            found[self._arn(logical_id)] = statements
        return found

    def _role(self, logical_id: str, body: Mapping[str, Any]) -> Role:
        allows: list[Statement] = []
        for policy in self._resolver.resolve(body.get("Policies", []), logical_id):
            allows += read_identity_policy(policy["PolicyDocument"], f"{logical_id}/{policy['PolicyName']}")
        for arn in self._resolver.resolve(body.get("ManagedPolicyArns", []), logical_id):
            allows += self._managed_policy(arn, logical_id)
        for policy_id, policy in self._attached(logical_id):
            allows += read_identity_policy(self._document(policy, policy_id, "PolicyDocument"), policy_id)
        boundary = self._resolver.resolve(body.get("PermissionsBoundary"), logical_id)
        return Role(
            logical_id=logical_id,
            arn=self._arn(logical_id),
            trust=read_trust_policy(
                self._document(body, logical_id, "AssumeRolePolicyDocument"), f"{logical_id}/trust"
            ),
            allows=tuple(allows),
            boundary=self._managed_policy(boundary, logical_id) if boundary else None,
        )

    def elsewhere(self) -> dict[str, tuple[Statement, ...]]:
        """Policies for roles that are not in this template."""
        own = {self._resolver.name(logical_id) for logical_id, _ in self._of("AWS::IAM::Role")}
        found: dict[str, tuple[Statement, ...]] = {}
        for policy_id, policy, names in self._attaching():
            for name in names:
                if name not in own:
                    statements = read_identity_policy(self._document(policy, policy_id, "PolicyDocument"), policy_id)
                    found[name] = found.get(name, ()) + statements
        return found

    def _attached(self, role: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Policies that say themselves that they are of a role."""
        name = self._resolver.name(role)
        return ((policy_id, policy) for policy_id, policy, names in self._attaching() if name in names)

    def _attaching(self) -> Iterator[tuple[str, Mapping[str, Any], list[str]]]:
        """Policies that say themselves which roles they are of, with the names of these."""
        for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy"):
            for policy_id, policy in self._of(kind):
                told = [policy["RoleName"]] if kind == "AWS::IAM::RolePolicy" else policy.get("Roles", [])
                yield policy_id, policy, self._resolver.resolve(told, policy_id)

    def _managed_policy(self, arn: str, where: str) -> tuple[Statement, ...]:
        for policy_id, policy in self._of("AWS::IAM::ManagedPolicy"):
            if self._arn(policy_id) == arn:
                return read_identity_policy(self._document(policy, policy_id, "PolicyDocument"), policy_id)
        if arn not in self._managed:
            raise PolicyFormError(f"the managed policy {arn} is not in the template: give its document", where)
        return read_identity_policy(self._managed[arn], arn)

    def _document(self, body: Mapping[str, Any], where: str, *members: str) -> object:
        told = next((body[member] for member in members if member in body), None)
        return self._resolver.resolve(told, where)

    def _meant(self, told: object, kind: str, where: str) -> Iterator[str]:
        """The ARNs of what a policy is about: named by `Ref` (a name, a URL) or by its ARN."""
        found = self._resolver.resolve(told, where)
        for text in cast("list[str]", found) if isinstance(found, list) else [str(found)]:
            if text.startswith("arn:"):
                yield text
            else:
                yield KINDS[kind].arn(self._account, text.rsplit("/", 1)[-1])

    def _arn(self, logical_id: str) -> str:
        return self._resolver.resolve({"Fn::GetAtt": [logical_id, "Arn"]}, logical_id)

    def _of(self, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for logical_id, body in self._resources.items():
            if body["Type"] == kind:
                yield logical_id, body.get("Properties", {})
