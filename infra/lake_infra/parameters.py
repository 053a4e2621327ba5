"""What is chosen when a template is deployed."""

import aws_cdk as cdk
from constructs import Construct


def number(scope: Construct, name: str, default: int, *, least: int, told: str, most: int | None = None) -> int:
    """A whole number of the stack's parameters, as a token."""
    return cdk.CfnParameter(
        scope, name, type="Number", default=default, min_value=least, max_value=most, description=told
    ).value_as_number


def text(scope: Construct, name: str, default: str | None = None, *, pattern: str, problem: str, told: str) -> str:
    """A text of the stack's parameters, as a token; without a default it has to be given."""
    return cdk.CfnParameter(
        scope,
        name,
        type="String",
        default=default,
        allowed_pattern=pattern,
        constraint_description=problem,
        description=told,
    ).value_as_string


def is_given(scope: Construct, name: str, value: str) -> cdk.CfnCondition:
    """The condition that a parameter which may be left empty is not."""
    return cdk.CfnCondition(scope, name, expression=cdk.Fn.condition_not(cdk.Fn.condition_equals(value, "")))
