"""The values of a template's intrinsic functions, with names that are given."""

import re
from collections.abc import Mapping
from typing import Any, cast

from lake_infra.policy.account import ATTRIBUTES, KINDS, Account, default_name
from lake_infra.policy.errors import UnknownIntrinsicError

Template = Mapping[str, Any]
_NOTHING = object()
"""`AWS::NoValue`: what holds it is left out."""
_REFERENCE = re.compile(r"\$\{([^!}][^}]*)\}")
_LITERAL = re.compile(r"\$\{!([^}]*)\}")


class Resolver:
    """Resolves values of one template. Nothing is guessed: what has no value here is an error."""

    def __init__(self, template: Template, account: Account) -> None:
        self._template, self._account = template, account
        self._resources = cast("dict[str, dict[str, Any]]", template.get("Resources", {}))

    def resolve(self, value: object, where: str) -> Any:
        """The value with every intrinsic in it replaced.

        Raises:
            UnknownIntrinsicError: of one the value is not known.
        """
        if isinstance(value, list):
            found = [self.resolve(each, where) for each in cast("list[object]", value)]
            return [each for each in found if each is not _NOTHING]
        if not isinstance(value, dict):
            return value
        body = cast("dict[str, object]", value)
        if len(body) == 1 and (name := next(iter(body))) and (name == "Ref" or name.startswith("Fn::")):
            return self._function(name, body[name], where)
        pairs = {name: self.resolve(each, where) for name, each in body.items()}
        return {name: each for name, each in pairs.items() if each is not _NOTHING}

    def name(self, logical_id: str) -> str:
        """What a resource is called."""
        if logical_id in self._account.resources:
            return self._account.resources[logical_id]
        about = self._resources[logical_id]
        told = default_name(self._account, logical_id, about.get("Properties", {}), about["Type"])
        return str(self.resolve(told, logical_id))

    def holds(self, condition: str, where: str) -> bool:
        """Whether a condition of the template holds."""
        conditions = self._template.get("Conditions", {})
        if condition not in conditions:
            raise UnknownIntrinsicError(f"the condition {condition}", where)
        return self._truth(conditions[condition], where)

    def _function(self, name: str, argument: Any, where: str) -> Any:
        match name:
            case "Ref":
                return self._ref(str(argument), where)
            case "Fn::GetAtt":
                logical_id, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
                return self._attribute(logical_id, attribute, where)
            case "Fn::Join":
                return argument[0].join(map(str, self.resolve(argument[1], where)))
            case "Fn::Sub":
                return self._sub(argument, where)
            case "Fn::Select":
                return self.resolve(argument[1], where)[int(self.resolve(argument[0], where))]
            case "Fn::Split":
                return str(self.resolve(argument[1], where)).split(argument[0])
            case "Fn::If":
                return self.resolve(argument[1 if self.holds(argument[0], where) else 2], where)
            case "Fn::ImportValue":
                return self._given(self._account.imports, str(self.resolve(argument, where)), where, "the export")
            case _:
                raise UnknownIntrinsicError(name, where)

    def _ref(self, name: str, where: str) -> Any:
        if name == "AWS::NoValue":
            return _NOTHING
        pseudo = self._pseudo()
        if name in pseudo:
            return pseudo[name]
        if name in self._resources:
            kind = self._resources[name]["Type"]
            return KINDS[kind].ref(self._account, self.name(name)) if kind in KINDS else self.name(name)
        return self._parameter(name, where)

    def _parameter(self, name: str, where: str) -> str:
        if name in self._account.parameters:
            return self._account.parameters[name]
        default = self._template.get("Parameters", {}).get(name, {}).get("Default")
        if default is None:
            raise UnknownIntrinsicError(f"the parameter {name}", where)
        return str(default)

    def _attribute(self, logical_id: str, attribute: str, where: str) -> str:
        if logical_id not in self._resources:
            raise UnknownIntrinsicError(f"the resource {logical_id}", where)
        kind = self._resources[logical_id]["Type"]
        make = KINDS[kind].arn if attribute == "Arn" and kind in KINDS else ATTRIBUTES.get((kind, attribute))
        if make is None:
            raise UnknownIntrinsicError(f"the attribute {attribute} of {logical_id} ({kind})", where)
        return make(self._account, self.name(logical_id))

    def _sub(self, argument: Any, where: str) -> str:
        text, given = (argument, {}) if isinstance(argument, str) else argument
        values = cast("dict[str, object]", given)

        def value(found: re.Match[str]) -> str:
            name = found[1]
            if name in values:
                return str(self.resolve(values[name], where))
            logical_id, dot, attribute = name.partition(".")
            if dot:
                return self._attribute(logical_id, attribute, where)
            return str(self._ref(name, where))

        return _LITERAL.sub(r"${\1}", _REFERENCE.sub(value, text))

    def _truth(self, value: Any, where: str) -> bool:
        ((name, argument),) = value.items()
        match name:
            case "Fn::Equals":
                left, right = self.resolve(argument, where)
                return str(left) == str(right)
            case "Fn::Not":
                return not self._truth(argument[0], where)
            case "Fn::And":
                return all(self._truth(each, where) for each in argument)
            case "Fn::Or":
                return any(self._truth(each, where) for each in argument)
            case "Condition":
                return self.holds(argument, where)
            case _:
                raise UnknownIntrinsicError(f"{name} in a condition", where)

    def _pseudo(self) -> Mapping[str, str]:
        account = self._account
        return {
            "AWS::AccountId": account.number,
            "AWS::Region": account.region,
            "AWS::Partition": account.partition,
            "AWS::StackName": account.stack,
            "AWS::StackId": account.arn("cloudformation", f"stack/{account.stack}/0"),
            "AWS::URLSuffix": "amazonaws.com",
        }

    def _given(self, values: Mapping[str, str], name: str, where: str, what: str) -> str:
        if name not in values:
            raise UnknownIntrinsicError(f"{what} {name}", where)
        return values[name]
